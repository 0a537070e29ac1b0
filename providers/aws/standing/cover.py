"""Which roles of the specs may do all that a found identity may."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from providers.aws.effective.compare import compare
from providers.aws.effective.document import DocumentError, Names
from providers.aws.effective.evaluator import Principal, Request, allowed
from providers.aws.effective.world import World
from providers.aws.naming import ROLE
from reconciler.access import Verdict
from reconciler.access.beginnings import Beginnings
from reconciler.model import Address, Resource

_COVERED = frozenset({Verdict.EQUAL, Verdict.NARROWS})


_WILD = re.compile(r"[*?$]")
_Beginnings = tuple[tuple[str, str], ...]
"""Of the actions (in lower case) and resources that statements allow."""


@dataclass(frozen=True, slots=True)
class Cover:
    """The roles that are wanted, each with its composed access."""

    roles: Mapping[Address, tuple[Principal, _Beginnings]]
    _by_resource: Beginnings[Address] = field(default_factory=Beginnings)
    """By what the resources begin with that their statements are about."""

    @classmethod
    def of(cls, objects: Mapping[Address, Resource]) -> Cover:
        """Without roles whose access isn't known: theirs covers nothing."""
        world = World(objects)
        found = {address: _principal(world, address) for address in objects if address.type == ROLE}
        made = cls({address: (ours, _beginnings(ours)) for address, ours in found.items() if ours is not None})
        for address, (_, beginnings) in made.roles.items():
            for _, resource in beginnings:
                made._by_resource.add(resource, address)
        return made

    def covering(self, access: object) -> Iterator[Address]:
        """Roles whose access is equal or wider, by the algebra; none for an access that allows nothing."""
        if not isinstance(access, Principal) or compare(None, access).verdict is Verdict.EQUAL:
            return
        samples = [one for one in _samples(access) if allowed(access, one)]
        for address in self._candidates(samples):
            ours, beginnings = self.roles[address]
            # One request that it lacks is quickly found, and most lack one.
            likely = all(_may(beginnings, one) and allowed(ours, one) for one in samples)
            if likely and compare(ours, access).verdict in _COVERED:
                yield address

    def _candidates(self, samples: Iterable[Request]) -> Iterable[Address]:
        """Roles that have a statement which may be about each resource: of thousands, a few."""
        found = (self._by_resource.of(one.resource) for one in samples)
        return min(found, key=len, default=list(self.roles))


def _may(beginnings: _Beginnings, request: Request) -> bool:
    """Whether a statement isn't plainly about something else: quick, for the many that are."""
    action, resource = request.action.lower(), request.resource
    return any(action.startswith(one) and resource.startswith(two) for one, two in beginnings)


def _beginnings(principal: Principal) -> _Beginnings:
    return tuple(
        (_fixed(action.lower(), one.actions), _fixed(resource, one.resources))
        for policy in principal.identity
        for one in policy.statements
        if one.allows
        for action in one.actions.values
        for resource in (one.resources.values if one.resources else ("",))
    )


def _fixed(pattern: str, names: Names | None) -> str:
    """What all that a pattern describes begins with."""
    return "" if names is None or names.negated else _WILD.split(pattern, 1)[0]


def _principal(world: World, role: Address) -> Principal | None:
    try:
        return world.principal(world.role(role))
    except DocumentError:
        return None


def _samples(access: Principal) -> Iterator[Request]:
    """A request for each action and resource of each statement, its wildcards filled with anything."""
    for policy in access.identity:
        for one in policy.statements:
            resources = one.resources
            if not one.allows or one.actions.negated or resources is None or resources.negated:
                continue
            for action in one.actions.values:
                yield from (Request(_filled(action), _filled(name)) for name in resources.values)


def _filled(pattern: str) -> str:
    return pattern.replace("*", "x").replace("?", "x")
