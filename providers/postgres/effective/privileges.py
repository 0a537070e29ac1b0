"""Effective privileges of a role, as PostgreSQL's acl.c decides (aclmask, has_privs_of_role, pg_class_aclmask).

Functions that run as their owner, and views, give more than what is granted: they aren't looked into.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from providers.postgres.effective.catalogue import (
    ATTRIBUTE,
    DATABASE_OWNER,
    FUTURE,
    MEMBERSHIP,
    PUBLIC,
    AclItem,
    Catalogue,
    ObjectAcl,
    Privilege,
    RoleFacts,
    known,
)
from providers.postgres.privileges import Kind

_READ, _WRITE, _MAINTAIN = "pg_read_all_data", "pg_write_all_data", "pg_maintain"
_PREDEFINED = {"SELECT": _READ, "INSERT": _WRITE, "UPDATE": _WRITE, "DELETE": _WRITE, "MAINTAIN": _MAINTAIN}
_ANYWHERE = frozenset({*_PREDEFINED.values()})
"""Roles that need no grant on the object."""
_NOT_ON_CATALOGUES = frozenset({"INSERT", "UPDATE", "DELETE", "TRUNCATE", "USAGE"})
_BUILT_IN = {Kind.FUNCTION: "EXECUTE", Kind.TYPE: "USAGE"}
"""What PUBLIC gets on objects to come unless a default says otherwise."""
OWNERSHIP = "OWNERSHIP"


def effective(catalogue: Catalogue, role: str) -> frozenset[Privilege]:
    """What a role can do as itself (``via`` empty), and what after SET ROLE to each role that it may become.

    Ownership is a privilege of its own: it comes with every grant option, and with DROP and ALTER. INHERIT, SET and
    ADMIN of roles are privileges too, since they bring what will be granted to those roles later. A superuser has
    everything as itself, so that nothing is told of what it may become. Empty if there is no such role.
    """
    if role not in {facts.name for facts in catalogue.roles}:
        return frozenset()
    acting = _Acting.of(catalogue, role)
    found = set(acting.privileges(""))
    for other in settable(catalogue, role):
        found.add(Privilege(MEMBERSHIP, "", other, "", "SET"))
        if not acting.facts.superuser:
            found.update(_Acting.of(catalogue, other).privileges(other))
    return frozenset(found)


def inherited(catalogue: Catalogue, role: str) -> frozenset[str]:
    """Roles whose grants a role uses without SET ROLE, itself among them."""
    return _closure(catalogue, role, inheriting=True)


def settable(catalogue: Catalogue, role: str) -> frozenset[str]:
    """Other roles that a session of this role may become: the session's role counts, not the one it has become."""
    if _facts(catalogue, role).superuser:
        return frozenset(facts.name for facts in catalogue.roles) - {role}
    return _closure(catalogue, role, inheriting=False) - {role}


def _closure(catalogue: Catalogue, role: str, *, inheriting: bool) -> frozenset[str]:
    edges: dict[str, list[str]] = {catalogue.database_owner: [DATABASE_OWNER]}
    for one in catalogue.memberships:
        if one.inherit if inheriting else one.set_role:
            edges.setdefault(one.member, []).append(one.group)
    found, fresh = {role}, [role]
    while fresh:
        for group in edges.get(fresh.pop(), ()):
            if group not in found:
                found.add(group)
                fresh.append(group)
    return frozenset(found)


def _facts(catalogue: Catalogue, role: str) -> RoleFacts:
    return next((one for one in catalogue.roles if one.name == role), RoleFacts(role))


@lru_cache(maxsize=50_000)
def _held(acl: frozenset[AclItem], roles: frozenset[str]) -> frozenset[tuple[str, bool]]:
    """What a list gives to any of these roles: privileges, and whether with the grant option."""
    mine = [item for item in acl if item.grantee in roles]
    return frozenset((item.privilege, passing) for item in mine for passing in {False, item.grantable})


@dataclass(frozen=True, slots=True)
class _Acting:
    """A session whose current role is this one."""

    catalogue: Catalogue
    facts: RoleFacts
    roles: frozenset[str]
    """Whose grants count; PUBLIC among them."""
    reached: frozenset[str]
    """Schemas with USAGE."""

    @classmethod
    def of(cls, catalogue: Catalogue, role: str) -> _Acting:
        acting = cls(catalogue, _facts(catalogue, role), inherited(catalogue, role) | {PUBLIC}, frozenset())
        schemas = (one for one in catalogue.objects if one.kind == Kind.SCHEMA)
        return replace(acting, reached=frozenset(one.name for one in schemas if acting.has(one, "USAGE")))

    def privileges(self, via: str) -> Iterator[Privilege]:
        others = (*self.attributes(), *self.memberships(), *self.futures())
        yield from (replace(one, via=via) for one in others) if via else others
        for one in self.catalogue.objects:
            yield from self.on(one, via)

    def attributes(self) -> Iterator[Privilege]:
        facts = self.facts
        names = {
            "SUPERUSER": facts.superuser,
            "CREATEROLE": facts.create_role,
            "CREATEDB": facts.create_database,
            "REPLICATION": facts.replication,
            "BYPASSRLS": facts.bypass_row_level_security,
        }
        for name, has in names.items():
            if has or facts.superuser:
                yield Privilege(ATTRIBUTE, "", "", "", name)

    def memberships(self) -> Iterator[Privilege]:
        everything = {one.name for one in self.catalogue.roles} if self.facts.superuser else set()
        for role in {*self.roles, *everything} - {self.facts.name, PUBLIC}:
            yield Privilege(MEMBERSHIP, "", role, "", "INHERIT")
        for role in {one.group for one in self.catalogue.memberships if one.admin and one.member in self.roles}:
            yield Privilege(MEMBERSHIP, "", role, "", "ADMIN")
        for role in everything:
            yield Privilege(MEMBERSHIP, "", role, "", "ADMIN")

    def futures(self) -> Iterator[Privilege]:
        """On objects to come. Names say whose, of which kind and where."""
        everywhere = {(one.owner, one.kind) for one in self.catalogue.defaults if not one.schema}
        for one in self.catalogue.defaults:
            for item in one.acl:
                if self.counts(item.grantee):
                    yield _future(one.kind, one.owner, one.schema, item)
        for owner in {role.name for role in self.catalogue.roles}:
            for kind, privilege in _BUILT_IN.items():
                if (owner, kind) not in everywhere:
                    yield _future(kind, owner, "", AclItem(PUBLIC, privilege))

    def on(self, one: ObjectAcl, via: str) -> Iterator[Privilege]:
        reachable = not one.schema or one.schema in self.reached

        def told(privilege: str, grantable: bool = False, column: str = "") -> Privilege:
            kind = Kind.COLUMN if column else one.kind
            return Privilege(kind, one.schema, one.name, column, privilege, grantable, reachable, via)

        if self.owns(one):
            yield told(OWNERSHIP)
        # Most objects and columns have no list, or none for these roles: asked once for each, not for each privilege.
        columns = [(column.name, theirs) for column in one.columns if (theirs := _held(column.acl, self.roles))]
        held = _held(one.acl, self.roles)
        if not (held or columns or self.owns(one) or self.roles & _ANYWHERE):
            return
        for privilege in known(one.kind, self.catalogue.version):
            for grantable in (False, True):
                if self._has(one, privilege, grantable, held):
                    yield told(privilege, grantable)
                    continue
                for column, theirs in columns:
                    if (privilege, grantable) in theirs:
                        yield told(privilege, grantable, column)

    def counts(self, grantee: str) -> bool:
        return grantee in self.roles or self.facts.superuser

    def owns(self, one: ObjectAcl) -> bool:
        return one.owner in self.roles or self.facts.superuser

    def has(self, one: ObjectAcl, privilege: str, *, grantable: bool = False) -> bool:
        """What ``has_table_privilege`` and its like answer. An owner may have revoked its own, but can grant all."""
        return self._has(one, privilege, grantable, _held(one.acl, self.roles))

    def _has(self, one: ObjectAcl, privilege: str, grantable: bool, held: frozenset[tuple[str, bool]]) -> bool:
        if self.facts.superuser or (grantable and self.owns(one)):
            return True
        if one.system and privilege in _NOT_ON_CATALOGUES and not grantable:
            return False
        if (privilege, grantable) in held:
            return True
        return not grantable and self._predefined(one, privilege)

    def _predefined(self, one: ObjectAcl, privilege: str) -> bool:
        if one.kind == Kind.SCHEMA:
            return privilege == "USAGE" and bool(self.roles & {_READ, _WRITE})
        return one.kind in {Kind.TABLE, Kind.SEQUENCE} and _PREDEFINED.get(privilege) in self.roles


def _future(kind: str, owner: str, schema: str, item: AclItem) -> Privilege:
    where = f" in {schema}" if schema else ""
    return Privilege(FUTURE, "", f"{kind}s of {owner}{where}", "", item.privilege, item.grantable)
