"""Who is in what, through groups in groups, whatever circles these make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from providers.ldap.keys import MembershipKey
from providers.ldap.names import MEMBERSHIP, NESTING, PRIMARY
from reconciler.model import Address, Resource

IN = (MEMBERSHIP, PRIMARY)
"""Types that say that somebody is in a group by himself."""


@dataclass(slots=True)
class Graph:
    """Edges upward, from a member to its groups, and back."""

    up: dict[str, set[str]] = field(default_factory=dict)
    down: dict[str, set[str]] = field(default_factory=dict)
    edges: dict[str, dict[Address, str]] = field(default_factory=dict)
    """Member → the objects by which it is in groups, and those groups."""
    _above: dict[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, objects: Mapping[Address, Resource]) -> Graph:
        """Of everything that is known."""
        made = cls()
        for address, one in objects.items():
            key = MembershipKey.parse(address.key) if address.type in IN else None
            if key is not None:
                made.edges.setdefault(key.member, {})[address] = key.group
                made._join(key.member, key.group)
            elif address.type == NESTING:
                for group in groups_of(one):
                    made._join(address.key, group)
        return made

    def _join(self, member: str, group: str) -> None:
        self.up.setdefault(member, set()).add(group)
        self.down.setdefault(group, set()).add(member)

    def above(self, group: str) -> frozenset[str]:
        """The group and all that it is in."""
        if group not in self._above:
            self._above[group] = _closure(group, self.up)
        return self._above[group]

    def below(self, group: str) -> frozenset[str]:
        """The group and all that is in it."""
        return _closure(group, self.down)

    def direct(self, member: str) -> frozenset[str]:
        """Groups that a member is in by itself."""
        return frozenset(self.edges.get(member, {}).values())

    def effective(self, member: str) -> dict[str, str]:
        """Groups that a member comes to → the one by which it does; its own name for those that it is in by itself."""
        own = self.direct(member)
        found = dict.fromkeys(own, "")
        for group in sorted(own):
            for other in self.above(group):
                found.setdefault(other, group)
        return found


def groups_of(one: Resource) -> Iterable[str]:
    """The groups above one that isn't ours."""
    found = one.attributes.get("groups")
    return [str(group) for group in found] if isinstance(found, list | tuple) else []


def _closure(start: str, edges: Mapping[str, set[str]]) -> frozenset[str]:
    seen, queue = {start}, [start]
    while queue:
        for other in edges.get(queue.pop(), ()):
            if other not in seen:
                seen.add(other)
                queue.append(other)
    return frozenset(seen)
