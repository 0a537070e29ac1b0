"""What each login may do, without looking at the whole catalogue for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from providers.postgres.effective.catalogue import (
    ATTRIBUTE,
    FUTURE,
    MEMBERSHIP,
    PUBLIC,
    AclItem,
    Catalogue,
    Column,
    Membership,
    ObjectAcl,
    Privilege,
    RoleFacts,
)
from providers.postgres.effective.privileges import effective
from reconciler.model import Side, Width, Witness

_ATTRIBUTES = ("SUPERUSER", "CREATEROLE", "REPLICATION", "BYPASSRLS")
_ROLES = frozenset(
    {
        "pg_execute_server_program",
        "pg_read_server_files",
        "pg_write_server_files",
        "pg_read_all_data",
        "pg_write_all_data",
    }
)
"""The first three reach the server's host, and with it everything (PostgreSQL documentation, Predefined Roles)."""
_NOBODY = "\0"
"""No role can have this name."""


@dataclass(frozen=True)
class Access:
    """One catalogue, by whom it gives something. What everybody may is left out."""

    catalogue: Catalogue

    @cached_property
    def _objects(self) -> dict[str, list[ObjectAcl]]:
        found: dict[str, list[ObjectAcl]] = {}
        for one in self.catalogue.objects:
            columns = frozenset(Column(column.name, _named(column.acl)) for column in one.columns)
            mine = replace(one, acl=_named(one.acl), columns=columns)
            lists = (mine.acl, *(column.acl for column in columns))
            for role in {one.owner, *(item.grantee for acl in lists for item in acl)}:
                found.setdefault(role, []).append(mine)
        return found

    @cached_property
    def _memberships(self) -> dict[str, list[Membership]]:
        found: dict[str, list[Membership]] = {}
        for one in self.catalogue.memberships:
            found.setdefault(one.member, []).append(one)
        return found

    @cached_property
    def _roles(self) -> dict[str, RoleFacts]:
        return {facts.name: facts for facts in self.catalogue.roles}

    @cached_property
    def _bare(self) -> Catalogue:
        """Without whatever is of some roles only."""
        defaults = frozenset(replace(one, acl=_named(one.acl)) for one in self.catalogue.defaults)
        nothing: frozenset[ObjectAcl] = frozenset()
        return replace(self.catalogue, roles=frozenset(), memberships=frozenset(), objects=nothing, defaults=defaults)

    def privileges(self, role: str) -> frozenset[Privilege]:
        """Effective ones, but for what everybody has."""
        names = self._closure(role)
        small = replace(
            self._bare,
            roles=frozenset(self._roles[name] for name in names if name in self._roles) | {RoleFacts(_NOBODY)},
            memberships=frozenset(one for name in names for one in self._memberships.get(name, ())),
            objects=frozenset(one for name in names for one in self._objects.get(name, ())),
        )
        everybodys = effective(small, _NOBODY)
        found = effective(small, role)
        return frozenset(one for one in found if (replace(one, via="") if one.via else one) not in everybodys)

    def _closure(self, role: str) -> set[str]:
        found, fresh = {role}, [role]
        while fresh:
            for one in self._memberships.get(fresh.pop(), ()):
                if one.group not in found:
                    found.add(one.group)
                    fresh.append(one.group)
        return found


def _named(acl: frozenset[AclItem]) -> frozenset[AclItem]:
    everybodys = {item for item in acl if item.grantee == PUBLIC}
    return acl - everybodys if everybodys else acl


def widths(privileges: frozenset[Privilege]) -> Iterator[Width]:
    """What of it is more than any purpose needs: the most powerful first."""
    for name in _ATTRIBUTES:
        held = sorted(one for one in privileges if one.kind == ATTRIBUTE and one.privilege == name)
        if held:
            yield Width(Side.REACH, Witness(str(held[0])))
    members = {(one.name, one.privilege == "ADMIN") for one in privileges if one.kind == MEMBERSHIP and not one.via}
    for name, admin in sorted(members):
        if name in _ROLES and not admin:
            yield Width(Side.REACH, Witness(f"everything that {name} may", note="a member of it"))
        elif admin:
            yield Width(Side.REACH, Witness(f"ADMIN on role {name}", note="it may make anybody a member"))


Held = frozenset[Privilege]


def held(privileges: frozenset[Privilege]) -> Held:
    """To be compared: as if all that can be reached by SET ROLE, and whatever is in a schema, were had directly.

    Memberships are left out where what they bring counts by itself: not ADMIN, nor what the server's own roles bring.
    """
    return frozenset(replace(one, via="", reachable=True) for one in privileges if _counts(one))


def _counts(one: Privilege) -> bool:
    return one.kind != MEMBERSHIP or one.privilege == "ADMIN" or one.name.startswith("pg_")


def is_something(access: Held) -> bool:
    """Whether it allows anything today."""
    return any(one.kind not in (FUTURE, MEMBERSHIP) for one in access)
