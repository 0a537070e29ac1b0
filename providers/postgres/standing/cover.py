"""Which roles of the specs may do all that a found login may do today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from providers.postgres.effective.catalogue import Privilege
from providers.postgres.effective.privileges import effective
from providers.postgres.effective.surroundings import Surroundings
from providers.postgres.effective.world import World
from providers.postgres.names import ROLE
from providers.postgres.privileges import Kind
from providers.postgres.standing.access import Held, held, is_something
from reconciler.model import Address, Resource

_NEWEST = Surroundings(version=10**6)
"""A server that knows every privilege: what is only wanted has no server yet."""


@dataclass(frozen=True, slots=True)
class Cover:
    """The group roles that are wanted, each with all that it may do directly."""

    roles: Mapping[Address, Held]
    _holders: dict[Privilege, list[Address]] = field(default_factory=dict)

    @classmethod
    def of(cls, objects: Mapping[Address, Resource]) -> Cover:
        """By their grants; what no statement can name counts for nothing."""
        world = World(objects, _NEWEST)
        made = cls({address: _held(world, address.key) for address in objects if address.type == ROLE})
        for address, ours in made.roles.items():
            for one in ours:
                made._holders.setdefault(one, []).append(address)
        return made

    def covering(self, access: object) -> Iterator[Address]:
        """Roles that hold each of its privileges, or the same on the whole table."""
        if not isinstance(access, frozenset) or not is_something(access):
            return
        # Whoever holds all holds each: those that hold the rarest are few.
        for address in min((self._with(one) for one in access), key=len):
            ours = self.roles[address]
            if all(one in ours or _whole(one) in ours for one in access):
                yield address

    def _with(self, one: Privilege) -> list[Address]:
        whole = _whole(one)
        found = (*self._holders.get(one, ()), *(self._holders.get(whole, ()) if whole else ()))
        return list(dict.fromkeys(found))


def _held(world: World, role: str) -> Held:
    privileges = effective(world.catalogue(world.reached(role), role), role)
    return held(frozenset(one for one in privileges if one.reachable and not one.via))


def _whole(column: Privilege) -> Privilege | None:
    """The table's privilege, which is every column's too."""
    return replace(column, kind=Kind.TABLE, column="") if column.kind == Kind.COLUMN else None
