"""How long a role's sessions last.

Source: AssumeRoleWithWebIdentity (DurationSeconds: 900 s to the role's maximum), UpdateRole (MaxSessionDuration: 3600 s
to 43200 s), "Revoke IAM role temporary security credentials".
"""

from __future__ import annotations

from collections.abc import Mapping

from providers.aws.naming import ROLE, duration_text
from reconciler.model import Address, Limit, Resource
from reconciler.provider import Pair

SHORTEST_ASKED = 900
"""Seconds: AWS STS gives no shorter session, however much the caller would like one."""
_EARLIER = "a session ends earlier only if the role's policies deny tokens issued before a time (aws:TokenIssueTime)"


def limit_of(pair: Pair, objects: Mapping[Address, Resource]) -> Limit | None:
    """The pair's role decides; None where it has none."""
    longest = [one.attributes["max_session_duration"] for one in objects.values() if one.address.type == ROLE]
    if not longest or not isinstance(longest[0], int):
        return None
    enforced = longest[0]
    if enforced <= pair.ttl:
        return Limit(enforced, f"the role's longest session; {_EARLIER}")
    shortest = duration_text(max(pair.ttl, SHORTEST_ASKED))
    why = f"a role's sessions can't be capped below {duration_text(enforced)}: the caller has to ask for {shortest}"
    return Limit(enforced, f"{why}; {_EARLIER}")
