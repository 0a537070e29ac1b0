"""How long a membership stands: a directory ends none by itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from providers.ldap.moments import moment
from providers.ldap.names import MEMBERSHIP
from reconciler.model import Address, Limit, Resource

WHY = "a directory makes no login that ends by itself: membership stands for whoever holds the account's password"


def limit_of(objects: Mapping[Address, Resource]) -> Limit | None:
    """Until the last of a pair's memberships ends; None where it has none."""
    ends = [
        str(one.attributes["expires"])
        for address, one in objects.items()
        if address.type == MEMBERSHIP and one.attributes["expires"]
    ]
    if not ends:
        return None
    last = max(ends)
    left = (moment(last) - datetime.now(UTC)).total_seconds()
    return Limit(max(0, int(left)), WHY, hinges=f"the first apply after {last} takes it away", until=last)
