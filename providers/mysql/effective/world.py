"""One side of a change: who has what, by everything that is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from providers.mysql.effective.privilege import ROLE as GIVES
from providers.mysql.effective.privilege import Privilege
from providers.mysql.keys import GrantKey, MembershipKey
from providers.mysql.names import GRANT, MEMBERSHIP, NAMESAKE_GRANT, PUBLIC, PUBLIC_GRANT, ROLE
from providers.mysql.privileges import GRANT_OPTION, Kind
from providers.mysql.values import privileges_of
from reconciler.model import Address, Resource

_EVERYBODY = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What roles that aren't ours hold and have, where one of ours has them."""

    held: Mapping[GrantKey, frozenset[str]] = field(default_factory=dict)
    edges: frozenset[tuple[str, str]] = frozenset()
    """Role → role that it has."""
    folds: bool = False
    """Whether the server takes names of databases and tables in lower case."""
    administrators: frozenset[str] = frozenset()
    """Accounts named root, whose name everybody knows, that administer the server."""
    version: tuple[int, int] = (0, 0)
    """Of the server; zeros where it isn't known."""
    minter: frozenset[str] | None = None
    """What the account that makes logins holds on the whole server; None where none is named."""


class World:
    """Objects with their surroundings, by role."""

    def __init__(self, objects: Mapping[Address, Resource], around: object = None) -> None:
        self.objects = objects
        self.known = isinstance(around, Surroundings)
        self.around = around if isinstance(around, Surroundings) else Surroundings()
        self.roles = frozenset(address.key for address in objects if address.type == ROLE)

    @cached_property
    def grants(self) -> dict[str, list[tuple[Address | None, Privilege]]]:
        """By role, everybody's under an empty name; with the object that says so, if it is one of ours."""
        found: dict[str, list[tuple[Address | None, Privilege]]] = {}
        for address, one in self.objects.items():
            key = _key_of(address)
            if key is not None:
                option = bool(one.attributes.get("with_grant_option"))
                rows = ((address, each) for each in _privileges(key, privileges_of(one.attributes), option=option))
                found.setdefault(key.role, []).extend(rows)
        for key, privileges in self.around.held.items():
            names, option = privileges - {GRANT_OPTION}, GRANT_OPTION in privileges
            others = ((None, each) for each in _privileges(key, names, option=option))
            found.setdefault(key.role, []).extend(others)
        return found

    @cached_property
    def _edges(self) -> dict[str, list[tuple[str, bool]]]:
        found: dict[str, list[tuple[str, bool]]] = {}
        for address, one in self.objects.items():
            key = MembershipKey.parse(address.key) if address.type == MEMBERSHIP else None
            if key is not None and not key.member.host:
                admin = bool(one.attributes.get("with_admin_option"))
                found.setdefault(key.member.user, []).append((key.role, admin))
            marker = str(one.attributes.get("marker") or "") if address.type == ROLE else ""
            if marker:
                found.setdefault(address.key, []).append((marker, False))
        for member, role in self.around.edges:
            found.setdefault(member, []).append((role, False))
        return found

    @cached_property
    def _joined(self) -> dict[str, list[Address]]:
        found: dict[str, list[Address]] = {}
        for address in self.objects:
            key = MembershipKey.parse(address.key) if address.type == MEMBERSHIP else None
            if key is not None and not key.member.host:
                found.setdefault(key.member.user, []).append(address)
        return found

    def memberships(self, role: str) -> list[Address]:
        """The objects by which a role has others by itself."""
        return self._joined.get(role, [])

    def reached(self, role: str) -> frozenset[str]:
        """The role and all that it has, through whatever circles; and all that everybody was given."""
        seen, queue = {role}, [role, PUBLIC]
        while queue:
            for other, _ in self._edges.get(queue.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    queue.append(other)
        return frozenset(seen - {PUBLIC} | {role})

    def below(self, role: str) -> frozenset[str]:
        """The role and all roles that have it."""
        downs: dict[str, set[str]] = {}
        for member, groups in self._edges.items():
            for group, _ in groups:
                downs.setdefault(group, set()).add(member)
        seen, queue = {role}, [role]
        while queue:
            for other in downs.get(queue.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    queue.append(other)
        return frozenset(seen | self.roles if PUBLIC in seen else seen)

    def is_there(self, role: str) -> bool:
        """Whether it is one of the objects."""
        return role in self.roles

    def strange(self, role: str) -> frozenset[str]:
        """Roles that it has and of which nothing is known."""
        read = {key.role for key in self.around.held} | {member for member, _ in self.around.edges}
        return self.reached(role) - self.roles - read if not self.known else frozenset()

    def effective(self, role: str) -> frozenset[Privilege]:
        """All that a role may do once it is set: its own, that of roles that it has, and everybody's."""
        if not self.is_there(role):
            return frozenset()
        found = {one for name in (*self.reached(role), _EVERYBODY) for _, one in self.grants.get(name, ())}
        for name in self.reached(role):
            gives = (Privilege(GIVES, "", other, "", "GIVE") for other, admin in self._edges.get(name, ()) if admin)
            found.update(gives)
        return frozenset(found)

    def patterned(self, role: str) -> frozenset[Privilege]:
        """Grants by which, beside a pattern, one database's row hides what the pattern gives there.

        The server takes the most specific row only (MariaDB documentation, GRANT): so a row that goes may open another.
        """
        found = self.effective(role)
        if not any(one.kind == Kind.DATABASES for one in found):
            return frozenset()
        return frozenset(one for one in found if one.kind in {Kind.DATABASE, Kind.DATABASES})


def _key_of(address: Address) -> GrantKey | None:
    if address.type in {GRANT, NAMESAKE_GRANT}:
        return GrantKey.parse(address.key)
    return GrantKey.of_object(_EVERYBODY, address.key) if address.type == PUBLIC_GRANT else None


def _privileges(key: GrantKey, names: Iterable[str], *, option: bool) -> Iterable[Privilege]:
    """The right to pass on goes with all that is held on the object, also by another level's grant: so also alone."""
    held = list(names)
    for name in held:
        yield Privilege.of(key, name)
    for name in (held or ["USAGE"]) if option else ():
        yield Privilege.of(key, name, grantable=True)
