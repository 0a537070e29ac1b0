"""A second opinion on one privilege: whether a role has it, decided one question at a time.

It shares nothing with ``privileges`` but the catalogue, so that each can catch the other's mistakes. Source: acl.c
(has_privs_of_role, aclmask), and the documentation of GRANT, SET ROLE and predefined roles.
"""

from __future__ import annotations

from collections.abc import Callable

from providers.postgres.effective.catalogue import (
    ATTRIBUTE,
    DATABASE_OWNER,
    FUTURE,
    MEMBERSHIP,
    PUBLIC,
    AclItem,
    Catalogue,
    Membership,
    ObjectAcl,
    Privilege,
    RoleFacts,
)
from providers.postgres.privileges import Kind

_FLAGS: dict[str, Callable[[RoleFacts], bool]] = {
    "SUPERUSER": lambda role: role.superuser,
    "CREATEROLE": lambda role: role.create_role,
    "CREATEDB": lambda role: role.create_database,
    "REPLICATION": lambda role: role.replication,
    "BYPASSRLS": lambda role: role.bypass_row_level_security,
}
_WRITES = ("INSERT", "UPDATE", "DELETE")


def holds(catalogue: Catalogue, role: str, asked: Privilege) -> bool:
    """Whether the role has it, by itself or, where it says so, after SET ROLE. Objects to come aren't looked at."""
    facts = {one.name: one for one in catalogue.roles}
    if role not in facts:
        return False
    actor = asked.via or role
    if asked.via and not facts[role].superuser and asked.via not in _walk(catalogue, role, lambda one: one.set_role):
        return False
    me = facts.get(actor, RoleFacts(actor))
    if me.superuser or asked.kind == FUTURE:
        return True
    mine = _walk(catalogue, actor, lambda one: one.inherit)
    if asked.kind == ATTRIBUTE:
        return _FLAGS[asked.privilege](me)
    if asked.kind == MEMBERSHIP:
        return _is_member(catalogue, actor, mine, asked)
    return _has(catalogue, mine, asked)


def _has(catalogue: Catalogue, mine: set[str], asked: Privilege) -> bool:
    if asked.reachable and asked.schema and not _reaches(catalogue, mine, asked.schema):
        return False
    kind = Kind.TABLE if asked.kind == Kind.COLUMN else asked.kind
    return any(
        _on(one, mine, asked)
        for one in catalogue.objects
        if (one.schema, one.name) == (asked.schema, asked.name) and one.kind in (kind, asked.kind)
    )


def _reaches(catalogue: Catalogue, mine: set[str], schema: str) -> bool:
    """Whether statements can name what is in a schema."""
    usage = Privilege(Kind.SCHEMA, "", schema, "", "USAGE")
    return any(_on(one, mine, usage) for one in catalogue.objects if (one.kind, one.name) == (Kind.SCHEMA, schema))


def _walk(catalogue: Catalogue, start: str, follows: Callable[[Membership], bool]) -> set[str]:
    found, before = {start}, 0
    while before != len(found):
        before = len(found)
        for one in catalogue.memberships:
            if one.member in found and follows(one):
                found.add(one.group)
        if catalogue.database_owner in found:
            found.add(DATABASE_OWNER)
    return found


def _is_member(catalogue: Catalogue, actor: str, mine: set[str], asked: Privilege) -> bool:
    if asked.name == actor and asked.privilege != "ADMIN":
        return False  # nobody is a member of itself
    if asked.privilege == "INHERIT":
        return asked.name in mine
    if asked.privilege == "SET":
        return asked.name in _walk(catalogue, actor, lambda one: one.set_role)
    return any(one.admin and one.group == asked.name and one.member in mine for one in catalogue.memberships)


def _on(one: ObjectAcl, mine: set[str], asked: Privilege) -> bool:
    owns = one.owner in mine
    if owns and (asked.grantable or asked.privilege == "OWNERSHIP"):
        return True
    if one.system and not asked.grantable and asked.privilege in (*_WRITES, "TRUNCATE", "USAGE"):
        return False
    for item in one.acl if not asked.column else {*one.acl, *_column(one, asked.column)}:
        fits = item.grantee == PUBLIC or item.grantee in mine
        if fits and item.privilege == asked.privilege and (item.grantable or not asked.grantable):
            return True
    return not asked.grantable and _by_predefined_role(one, mine, asked.privilege)


def _column(one: ObjectAcl, name: str) -> set[AclItem]:
    return {item for column in one.columns if column.name == name for item in column.acl}


def _by_predefined_role(one: ObjectAcl, mine: set[str], privilege: str) -> bool:
    if one.kind == Kind.SCHEMA:
        return privilege == "USAGE" and not mine.isdisjoint({"pg_read_all_data", "pg_write_all_data"})
    if one.kind not in (Kind.TABLE, Kind.SEQUENCE):
        return False
    by = {"SELECT": "pg_read_all_data", "MAINTAIN": "pg_maintain", **dict.fromkeys(_WRITES, "pg_write_all_data")}
    return by.get(privilege) in mine
