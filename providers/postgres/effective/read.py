"""The catalogue of a live server, in five queries however much it holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, LiteralString, Protocol, TypeAlias

from providers.postgres.effective import sql
from providers.postgres.effective.catalogue import (
    AclItem,
    Catalogue,
    Column,
    DefaultAcl,
    Membership,
    ObjectAcl,
    RoleFacts,
)
from providers.postgres.privileges import Kind

_Row: TypeAlias = tuple[Any, ...]
_DEFAULT_KINDS: Mapping[str, str] = {
    "r": Kind.TABLE,
    "S": Kind.SEQUENCE,
    "f": Kind.FUNCTION,
    "T": Kind.TYPE,
    "n": Kind.SCHEMA,
    "L": Kind.LARGE_OBJECT,
}


class Queries(Protocol):
    """A connection; PostgresClient is one."""

    def query(self, text: LiteralString, values: Mapping[str, Any] | None = None) -> list[_Row]:
        """Rows of one query."""
        ...


def read_catalogue(client: Queries) -> Catalogue:
    """All of it. Read within ``client.snapshot()`` for one state of it. Raises what the client raises."""
    ((version, database, owner),) = client.query(sql.WHERE)
    members = client.query(sql.MEMBERS_16 if version >= 160000 else sql.MEMBERS_14)
    objects = client.query(sql.OBJECTS_15 if version >= 150000 else sql.OBJECTS_14)
    return Catalogue(
        version,
        database,
        owner,
        frozenset(RoleFacts(*row) for row in client.query(sql.ROLES)),
        frozenset(Membership(*row) for row in members),
        frozenset(_objects(objects)),
        frozenset(_defaults(client.query(sql.DEFAULTS))),
    )


def _objects(rows: Iterable[_Row]) -> Iterable[ObjectAcl]:
    facts: dict[tuple[str, str, str], tuple[str, bool, str]] = {}
    acls: dict[tuple[str, str, str], set[AclItem]] = {}
    columns: dict[tuple[str, str, str], dict[str, set[AclItem]]] = {}
    for kind, schema, name, column, owner, system, row_security, grantee, privilege, grantable, oid in rows:
        key = (kind, schema, name)
        gone = privilege is None or (oid != 0 and grantee == "")  # of a role that was dropped meanwhile
        items = () if gone else (AclItem(grantee, privilege, grantable),)
        if kind == "column":
            columns.setdefault(("table", schema, name), {}).setdefault(column, set()).update(items)
        else:
            facts[key] = (owner, system, row_security)
            acls.setdefault(key, set()).update(items)
    once: dict[frozenset[AclItem], frozenset[AclItem]] = {}
    for key, (owner, system, row_security) in facts.items():
        own = frozenset(Column(name, frozenset(items)) for name, items in columns.get(key, {}).items())
        acl = frozenset(acls[key])  # one object for the few lists that all of thousands have: found again by identity
        yield ObjectAcl(*key, owner, once.setdefault(acl, acl), own, system, row_security)


def _defaults(rows: Iterable[_Row]) -> Iterable[DefaultAcl]:
    found: dict[tuple[str, str, str], set[AclItem]] = {}
    for owner, schema, kind, grantee, privilege, grantable in rows:
        items = () if privilege is None else (AclItem(grantee, privilege, grantable),)
        found.setdefault((owner, schema, str(_DEFAULT_KINDS.get(kind, kind))), set()).update(items)
    return (DefaultAcl(*key, frozenset(items)) for key, items in found.items())
