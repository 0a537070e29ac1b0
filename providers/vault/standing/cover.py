"""Which JWT roles of the specs may do all that a found login may."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from providers.vault.effective.compare import compare
from providers.vault.effective.values import Policy, PolicyError
from providers.vault.effective.world import NotKnown, Surroundings, World, parsed
from providers.vault.names import JWT_ROLE
from providers.vault.standing.access import DEFAULT, Held
from reconciler.access import Verdict
from reconciler.model import Address, Resource

_COVERED = frozenset({Verdict.EQUAL, Verdict.NARROWS})


@dataclass(frozen=True, slots=True)
class Cover:
    """The JWT roles that are wanted, each with all of its policies."""

    roles: tuple[tuple[Address, tuple[Policy, ...]], ...]

    @classmethod
    def of(cls, objects: Mapping[Address, Resource]) -> Cover:
        """Without roles whose policies aren't known: theirs cover nothing."""
        world = World(objects, Surroundings(complete=True))
        found = ((address, _policies(world, address)) for address in objects if address.type == JWT_ROLE)
        return cls(tuple((address, policies) for address, policies in found if policies is not None))

    def covering(self, access: object) -> Iterator[Address]:
        """By the algebra, the policy ``default`` on both sides; none for a login that has nothing besides."""
        if not isinstance(access, Held):
            return
        try:
            default = parsed(DEFAULT, access.default, "")
            theirs = [default, *(parsed(*one) for one in access.texts)]
        except PolicyError:
            return
        if compare([default], theirs).verdict in _COVERED:
            return
        for address, ours in self.roles:
            if compare([default, *ours], theirs).verdict in _COVERED:
                yield address


def _policies(world: World, role: Address) -> tuple[Policy, ...] | None:
    try:
        names = world.names(role)
        return None if names is None else tuple(parsed(*one) for one in world.texts(names))
    except (NotKnown, PolicyError):
        return None
