"""Steps in one world of an account: each role composed, each part of a rule decided by the algebra."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from providers.aws.effective.compare import reaches
from providers.aws.effective.document import DocumentError, Policy, Statement
from providers.aws.effective.evaluator import Principal
from providers.aws.effective.reach import witness_of
from providers.aws.effective.world import Role, World, parsed
from providers.aws.gains.elsewhere import from_elsewhere, named_elsewhere
from providers.aws.gains.places import places
from providers.aws.gains.rules import CATALOGUE, Actions
from providers.aws.gains.spoken import ANY_SERVICE, spoken
from providers.aws.gains.trusts import trusts
from providers.aws.naming import ATTACHMENT, ROLE, ROLE_POLICY
from providers.aws.settings import AwsSettings
from reconciler.model import Address, Kind, Meeting, Resource, Spot, Step, Witness
from reconciler.provider import Scope

_ANY = ("*",)
_WHOLE_TEXT = "CreatePolicyVersion"
"""SetDefaultPolicyVersion chooses only among the versions that are there."""
_Way = tuple[tuple[str, ...], ...]


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
        if role is not None:
            path, own = str(one.attributes.get("path") or "/"), tuple(hanging.get(address.key, ()))
            yield from _Look(scope.settings, address, role, world.managed, path, own).steps()
    yield from trusts(objects)
    yield from from_elsewhere(scope.system)


@dataclass(frozen=True, slots=True)
class _Look:
    settings: AwsSettings
    address: Address
    role: Role
    managed: Mapping[str, str]
    path: str
    hanging: tuple[Address, ...]
    """Its inline policies and attachments."""

    @property
    def _spoken(self) -> frozenset[str]:
        """Services that its policies speak of: quick, for the many that have nothing of the catalogue."""
        return frozenset().union(*map(spoken, self._texts))

    def steps(self) -> Iterator[Step]:
        services = self._spoken
        for entry in CATALOGUE.values():
            ways = (way for way in entry.ways if _may_be(services, way))
            found = next((found for way in ways if (found := self._way(entry, way))), None)
            if found is not None:
                yield self._step(entry, found)
        yield from named_elsewhere(self.settings, self.address, self.role, self.managed, self._by)

    def _way(self, entry: Actions, way: _Way) -> tuple[Witness, ...] | None:
        found: list[Witness] = []
        for part in way:
            witness = witness_of(self.role, self.managed, part, self._on(entry, part))
            if witness is None:
                return None
            found.append(witness)
        return tuple(found)

    def _on(self, entry: Actions, part: tuple[str, ...]) -> tuple[str, ...]:
        return places(self.settings, entry.on.get(part[0], ()), self._texts) or _ANY

    @property
    def _texts(self) -> tuple[str, ...]:
        return (*self.role.inline, *(self.managed.get(arn, "") for arn in self.role.attached))

    @property
    def _by(self) -> tuple[Address, ...]:
        return self.hanging if len(self.hanging) == 1 else (self.address,)

    def _step(self, entry: Actions, found: tuple[Witness, ...]) -> Step:
        itself = self._on_itself(entry)
        how = itself.request if itself else ", then ".join(one.request for one in found)
        unsure = [one.note for one in found if one.note and not one.certain]
        note = "" if itself else "; ".join(dict.fromkeys(filter(None, (*unsure, entry.note))))
        if entry.meeting is None:
            gives, certain = Spot(Kind.ADMINISTRATOR, self.address.system), itself is not None
        else:
            gives, certain = Spot.meeting(entry.meeting), not unsure  # what that opens isn't, and says so
        return Step((Spot.of(self.address),), gives, how, entry.rule.id, certain, note, self._by)

    @property
    def _arn(self) -> str:
        return f"arn:{self.settings.partition}:iam::{self.settings.account}:role{self.path}{self.address.key}"

    def _on_itself(self, entry: Actions) -> Witness | None:
        """A request that changes the role itself, for certain: a boundary would hold what it gains."""
        if not entry.own or self.role.boundary:
            return None
        on_role = entry.rule.id != "A1"
        actions = tuple(one for one in entry.ways[0][0] if one.endswith("RolePolicy" if on_role else _WHOLE_TEXT))
        ours = sorted(one for one in self.role.attached if ":aws:policy/" not in one)
        targets = (self._arn,) if on_role else tuple(ours)
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


def _may_be(services: frozenset[str], way: _Way) -> bool:
    """Whether each part's service is spoken of."""
    return ANY_SERVICE in services or all(any(action.partition(":")[0] in services for action in part) for part in way)
