"""What a user or a role may do, composed of all that hangs on it, and whether that is too wide to be a purpose's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from providers.aws.document import normalise
from providers.aws.effective.compare import TELLING, reaches
from providers.aws.effective.document import DocumentError, Statement
from providers.aws.effective.evaluator import Principal
from providers.aws.effective.world import parsed
from providers.aws.glob import meet, parse
from providers.aws.standing.gaps import Gaps
from providers.aws.width import too_wide
from reconciler.model import Side, Width, Witness

if TYPE_CHECKING:
    from providers.aws.client import AwsClient

_MANAGED = "texts of managed policies"
_ANY_ARN = frozenset({"", "arn", "arn:", "arn:aws", "arn:aws:"})
"""Before a wildcard: every resource."""


@dataclass(slots=True)
class Policies:
    """Managed policies by ARN, read when one is first named; and what groups give."""

    client: AwsClient
    gaps: Gaps
    groups: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)
    """Name → inline texts and ARNs."""
    _texts: dict[str, str | None] = field(default_factory=dict)

    def learn(self, group: Mapping[str, Any]) -> None:
        """A group of GetAccountAuthorizationDetails."""
        self.groups[group["GroupName"]] = (_inline(group, "GroupPolicyList"), _attached(group))

    def of(self, detail: Mapping[str, Any], inline: str) -> Principal | None:
        """All that a user or a role may do; None where a policy isn't known, or isn't understood."""
        texts, arns = list(_inline(detail, inline)), list(_attached(detail))
        for name in detail.get("GroupList", ()):
            more, named = self.groups.get(name, ((), ()))
            texts += more
            arns += named
        boundary = (detail.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        managed = [self._text(arn) for arn in dict.fromkeys(arns)]
        bounding = [self._text(boundary)] if boundary else None
        try:
            identity = tuple(parsed(text) for text in sorted(_known(texts + managed)))
            return Principal(identity, None if bounding is None else tuple(map(parsed, _known(bounding))))
        except DocumentError:
            return None

    def _text(self, arn: str) -> str | None:
        if arn not in self._texts:
            self._texts[arn] = self.gaps.read(_MANAGED, lambda: self._read(arn), None)
        return self._texts[arn]

    def _read(self, arn: str) -> str | None:
        version = self.client.read("get_policy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = self.client.read("get_policy_version", PolicyArn=arn, VersionId=version)["PolicyVersion"]
        return normalise(found["Document"])


def _known(texts: Iterable[str | None]) -> list[str]:
    found = list(texts)
    if None in found:
        raise DocumentError("a policy can't be read")
    return [text for text in found if text is not None]


def _inline(detail: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(normalise(one["PolicyDocument"]) for one in detail.get(name, ()))


def _attached(detail: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(one["PolicyArn"] for one in detail.get("AttachedManagedPolicies", ()))


@lru_cache(maxsize=4096)
def reach(principal: Principal) -> tuple[Width, ...]:
    """A request that shows that it may do more than any purpose needs; nothing where it may not."""
    for action, resource in _wide(principal):
        # Asked of all that is composed: a boundary or a Deny may take away what a statement gives.
        for asked in (*_telling(action), action):
            witness = reaches(principal, (asked,), (resource,))
            if witness is not None and witness.certain:
                return (Width(Side.REACH, Witness(witness.request, note=witness.note or _by(action, resource))),)
    return ()


def _by(action: str, resource: str) -> str:
    return f"by {action} on {resource}"


def _telling(action: str) -> Iterator[str]:
    """Of what stands behind a wildcard, what tells most."""
    if "*" in action:
        pattern = parse(action.lower(), variables=False)
        yield from (one for one in TELLING if meet(pattern, parse(one.lower(), variables=False)) is not None)


def _wide(principal: Principal) -> Iterator[tuple[str, str]]:
    for policy in principal.identity:
        for statement in policy.statements:
            if statement.allows:
                yield from _pairs(statement)


def _pairs(statement: Statement) -> Iterator[tuple[str, str]]:
    """Actions and resources of a statement that are too wide together. What a Not form leaves is nearly all."""
    resources = statement.resources
    actions = ("*",) if statement.actions.negated else statement.actions.values
    places = ("*",) if resources is None or resources.negated else resources.values
    for action in actions:
        for place in places:
            meant = place if place.count(":") >= 5 else "*" if place.rstrip("*") in _ANY_ARN and "*" in place else ""
            if meant and too_wide(action, meant):
                yield action, meant
