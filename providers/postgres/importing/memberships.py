"""Which groups' rights a role has, and which groups it may become."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from providers.postgres.catalog import Member, Role
from reconciler.model import Lacking

_POWERS = {
    "superuser": "SUPERUSER",
    "create_role": "CREATEROLE",
    "create_database": "CREATEDB",
    "replication": "REPLICATION",
    "bypass_row_level_security": "BYPASSRLS",
}


@dataclass(frozen=True, slots=True)
class Memberships:
    """All of a cluster, by member."""

    roles: Mapping[int, Role]
    of_member: Mapping[int, tuple[Member, ...]]

    @classmethod
    def of(cls, roles: Iterable[Role], members: Iterable[Member]) -> Memberships:
        """By oid."""
        found: dict[int, list[Member]] = {}
        for one in members:
            found.setdefault(one.member_oid, []).append(one)
        return cls({role.oid: role for role in roles}, {oid: tuple(those) for oid, those in found.items()})

    def becomes(self, role: Role) -> list[int]:
        """Itself, and what it may become: by SET ROLE, step by step."""
        return self._closure([role.oid], lambda one: one.set_role is not False)

    def reached(self, role: Role) -> list[int]:
        """Whose rights it has: what it, or what it may become, inherits."""
        return self._closure(self.becomes(role), lambda one: one.inherit is not False)

    def is_superuser(self, role: Role) -> bool:
        """By itself, or by what it may become."""
        return any(self.roles[oid].superuser for oid in self.becomes(role) if oid in self.roles)

    def powers(self, role: Role) -> Iterator[Lacking]:
        """What it has that no intent gives: attributes, the server's own roles, and making others members."""
        for oid in self.becomes(role):
            found = self.roles.get(oid)
            has = [word for name, word in _POWERS.items() if getattr(found, name, False)]
            if found is not None and has:
                how = "it is" if found is role else f"it may become {found.name}, which is"
                yield Lacking(f"{how} {', '.join(has)}, which no intent gives", f'ALTER ROLE "{found.name}" NO{has[0]}')
        every = [one for oid in self.reached(role) for one in self.of_member.get(oid, ())]
        reached = set(self.reached(role))
        for group in sorted({one.group for one in every if one.group.startswith("pg_") and one.group_oid in reached}):
            yield Lacking(f"it is a member of {group}, which no intent gives")
        for group in sorted({one.group for one in every if one.admin}):
            yield Lacking(f"it may make others members of {group}, which no intent gives")

    def _closure(self, start: Iterable[int], takes: Callable[[Member], bool]) -> list[int]:
        found = list(start)
        for oid in found:
            found += [
                oid
                for oid in dict.fromkeys(one.group_oid for one in self.of_member.get(oid, ()) if takes(one))
                if oid not in found
            ]
        return found
