"""What the roles of a server hold, with the roles that they have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from providers.mysql import catalog
from providers.mysql.catalog import EVERYBODY, Member
from providers.mysql.keys import GrantKey
from providers.mysql.names import PUBLIC
from reconciler.model import Lacking

if TYPE_CHECKING:
    from providers.mysql.client import MysqlClient

Held = Mapping[GrantKey, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Roles:
    """By name."""

    held: Mapping[str, Held]
    has: Mapping[str, tuple[Member, ...]]
    """Roles that a role has."""

    @classmethod
    def of(cls, client: MysqlClient, found: Mapping[str, int]) -> Roles:
        """Of roles (name → global privileges)."""
        has: dict[str, list[Member]] = {}
        for edge in catalog.role_edges(client):
            has.setdefault(edge.account.user, []).append(edge)
        held: dict[str, dict[GrantKey, frozenset[str]]] = {}
        rows = (one for one in catalog.holdings(client, found) if not one.namesake)
        for key, privileges in catalog.together(rows).items():
            held.setdefault(key.role, {})[key] = privileges
        return cls(held, {name: tuple(those) for name, those in has.items()})

    def closure(self, start: Iterable[str]) -> set[str]:
        """Roles, with those that they have."""
        fresh = list(start)
        seen = set(fresh)
        while fresh:
            for edge in self.has.get(fresh.pop(), ()):
                if edge.role not in seen:
                    seen.add(edge.role)
                    fresh.append(edge.role)
        return seen

    def rows(self, names: Iterable[str]) -> Iterator[tuple[GrantKey, frozenset[str]]]:
        """What they hold by themselves."""
        for name in sorted(names):
            yield from self.held.get(EVERYBODY if name == PUBLIC else name, {}).items()

    def gives(self, names: Iterable[str], more: Iterable[Member] = ()) -> Iterator[Lacking]:
        """Roles that whoever has these may give away."""
        edges = [*more, *(edge for name in sorted(names) for edge in self.has.get(name, ()))]
        for role in dict.fromkeys(edge.role for edge in edges if edge.admin):
            yield Lacking(f"it may give role {role} to others, which no intent gives")
