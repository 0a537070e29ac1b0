"""Which roles of the specs may do all that a found login may do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from providers.mysql.effective.privilege import Patterns, Privilege, covered, wider
from providers.mysql.effective.world import World
from providers.mysql.names import ROLE
from reconciler.model import Address, Resource

_NO_PATTERNS = Patterns()
"""Intents name databases."""


@dataclass(frozen=True, slots=True)
class Cover:
    """The roles that are wanted, each with all that it may do."""

    roles: Mapping[Address, frozenset[Privilege]]
    _holders: dict[Privilege, list[Address]] = field(default_factory=dict)

    @classmethod
    def of(cls, objects: Mapping[Address, Resource]) -> Cover:
        """By their grants."""
        world = World(objects)
        made = cls({address: world.effective(address.key) for address in objects if address.type == ROLE})
        for address, held in made.roles.items():
            for one in held:
                made._holders.setdefault(one, []).append(address)
        return made

    def covering(self, access: object) -> Iterator[Address]:
        """Roles that hold each of its privileges, or the same on something wider."""
        if not isinstance(access, frozenset) or not access:
            return
        # Whoever covers all covers each: those that cover the rarest are few.
        candidates = min((self._of(one) for one in access), key=len)
        for address in candidates:
            held = self.roles[address]
            if all(covered(one, held, _NO_PATTERNS) for one in access):
                yield address

    def _of(self, one: Privilege) -> list[Address]:
        names = (one, *wider(one))
        return list(dict.fromkeys(address for name in names for address in self._holders.get(name, ())))
