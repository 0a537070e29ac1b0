"""Steps in one world of an account: each role composed, each part of a rule decided by the algebra."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from providers.aws.effective.compare import reaches
from providers.aws.effective.document import DocumentError, Policy, Statement
from providers.aws.effective.evaluator import Principal
from providers.aws.effective.reach import witness_of
from providers.aws.effective.world import Role, World, parsed
from providers.aws.gains.rules import CATALOGUE, Actions
from providers.aws.naming import ATTACHMENT, ROLE, ROLE_POLICY
from providers.aws.settings import AwsSettings
from reconciler.model import Address, Kind, Meeting, Resource, Spot, Step, Witness
from reconciler.provider import Scope

_ANY = ("*",)
_WHOLE_TEXT = "CreatePolicyVersion"
"""SetDefaultPolicyVersion chooses only among the versions that are there."""
_SERVICES = frozenset(
    action.partition(":")[0] for one in CATALOGUE.values() for way in one.ways for part in way for action in part
)


def steps(scope: Scope[AwsSettings], objects: Mapping[Address, Resource]) -> Iterator[Step]:
    """Of each role, and what its policies give where they speak of a service that the catalogue names."""
    world = World(objects)
    hanging: dict[str, list[Address]] = {}
    for address, one in objects.items():
        if address.type in (ROLE_POLICY, ATTACHMENT):
            hanging.setdefault(str(one.attributes["role"]), []).append(address)
    for address, one in objects.items():
        if address.type != ROLE:
            continue
        name = f"{scope.settings.account}:{address.key}"
        yield Step((Spot.of(address),), Spot.meeting(Meeting.AWS_ROLE, name), "sign as it", by=(address,))
        role = world.role(address)
        if role is not None and _concerns(role, world.managed):
            arn = f"{_iam(scope.settings)}role{one.attributes.get('path') or '/'}{address.key}"
            yield from _Look(address, role, world.managed, arn, tuple(hanging.get(address.key, ()))).steps()


@dataclass(frozen=True, slots=True)
class _Look:
    address: Address
    role: Role
    managed: Mapping[str, str]
    arn: str
    hanging: tuple[Address, ...]
    """Its inline policies and attachments."""

    def steps(self) -> Iterator[Step]:
        for entry in CATALOGUE.values():
            found = next((found for way in entry.ways if (found := self._way(way))), None)
            if found is not None:
                yield self._step(entry, found)

    def _way(self, way: tuple[tuple[str, ...], ...]) -> tuple[Witness, ...] | None:
        found: list[Witness] = []
        for part in way:
            witness = witness_of(self.role, self.managed, part, _ANY)
            if witness is None:
                return None
            found.append(witness)
        return tuple(found)

    def _step(self, entry: Actions, found: tuple[Witness, ...]) -> Step:
        itself = self._on_itself(entry)
        how = itself.request if itself else ", then ".join(one.request for one in found)
        unsure = [one.note for one in found if one.note and not one.certain]
        note = "" if itself else "; ".join(dict.fromkeys((*unsure, entry.note)))
        gives = Spot(Kind.ADMINISTRATOR, self.address.system)
        by = self.hanging if len(self.hanging) == 1 else (self.address,)
        return Step((Spot.of(self.address),), gives, how, entry.rule.id, itself is not None, note, by)

    def _on_itself(self, entry: Actions) -> Witness | None:
        """A request that changes the role itself, for certain: a boundary would hold what it gains."""
        if not entry.own or self.role.boundary:
            return None
        on_role = entry.rule.id != "A1"
        actions = tuple(one for one in entry.ways[0][0] if one.endswith("RolePolicy" if on_role else _WHOLE_TEXT))
        ours = sorted(one for one in self.role.attached if ":aws:policy/" not in one)
        targets = (self.arn,) if on_role else tuple(ours)
        held = unconditional(self.role, self.managed) if targets else None
        found = reaches(held, actions, targets) if held else None
        return found if found is not None and found.certain else None


def unconditional(role: Role, managed: Mapping[str, str]) -> Principal | None:
    """What a role has on no condition, every Deny counted; None where that isn't known.

    A request that a condition lets through may be one that the role can't make, or one that gives nothing: it may
    attach a single policy, or needs MFA.
    """
    if role.attached - managed.keys():
        return None
    try:
        policies = [parsed(text) for text in (*role.inline, *(managed[arn] for arn in role.attached))]
    except DocumentError:
        return None
    kept: list[Statement] = []
    for one in (statement for policy in policies for statement in policy.statements):
        varies = one.variables and one.resources is not None and any("${" in text for text in one.resources.values)
        if varies and not one.allows:
            return None
        if not one.allows:
            kept.append(replace(one, conditions=()))
        elif not varies and not one.conditions:
            kept.append(one)
    return Principal((Policy(tuple(kept)),), None)


def _concerns(role: Role, managed: Mapping[str, str]) -> bool:
    """Quick, for the many that have nothing of it."""
    texts = (*role.inline, *(managed.get(arn, "") for arn in role.attached))
    return any(not text or _speaks(text) for text in texts)


@lru_cache(maxsize=32_768)
def _speaks(text: str) -> bool:
    """Whether an Allow may be about one of the services; what isn't understood may be."""
    try:
        statements = parsed(text).statements
    except DocumentError:
        return True
    return any(
        one.allows and (one.actions.negated or any(map(_is_of_service, one.actions.values))) for one in statements
    )


def _is_of_service(action: str) -> bool:
    service = action.partition(":")[0].lower()
    return service in _SERVICES or "*" in service or "?" in service


def _iam(settings: AwsSettings) -> str:
    return f"arn:{settings.partition}:iam::{settings.account}:"
