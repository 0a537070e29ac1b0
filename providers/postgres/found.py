"""Objects that no spec declares: they are found, shown, and removed where that loses nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, LiteralString, TypeAlias

from providers.postgres import catalog, sql
from providers.postgres.byhand import by_hand, ends_with_role
from providers.postgres.catalog import Dependency, Role
from providers.postgres.keys import DefaultKey, DependencyKey
from providers.postgres.live import DEFAULT_KINDS, default_live, dependency_live
from providers.postgres.names import DEFAULT_PRIVILEGES, DEPENDENCY, Ident, Words
from reconciler.model import Live, Resource
from reconciler.provider import Attribute, Rejected, ResourceType

if TYPE_CHECKING:
    from providers.postgres.client import PostgresClient  # imports the driver

    Base: TypeAlias = ResourceType[PostgresClient]
else:
    Base = ResourceType

_PLURALS = {
    "table": "TABLES",
    "sequence": "SEQUENCES",
    "function": "ROUTINES",
    "type": "TYPES",
    "schema": "SCHEMAS",
    "large_object": "LARGE OBJECTS",
}
_PUBLIC_HAS = frozenset({"f", "T"})
"""pg_default_acl.defaclobjtype of what PUBLIC may use unless somebody says otherwise."""


class _Found(Base):
    """Never wanted, so never written."""

    def create(self, client: PostgresClient, desired: Resource) -> None:  # noqa: ARG002
        """Raises Rejected."""
        raise Rejected(f"{desired.address} can't be declared")

    def update(self, client: PostgresClient, before: Live, desired: Resource) -> None:  # noqa: ARG002
        """Raises Rejected."""
        raise Rejected(f"{desired.address} can't be declared")


class DefaultPrivilegesType(_Found):
    """Privileges that a managed role would get on objects to come. Key: providers.postgres.keys.DefaultKey."""

    name: ClassVar[str] = DEFAULT_PRIVILEGES
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "role": Attribute("Who would get them."),
        "owner": Attribute("On what this role makes."),
        "database": Attribute("In this database."),
        "schema": Attribute("In this schema; empty for every one."),
        "object_type": Attribute("table, sequence, function, type, schema, large_object."),
        "privileges": Attribute("Sorted."),
        "with_grant_option": Attribute("Whether it could pass any of them on."),
    }

    def read(self, client: PostgresClient, key: str) -> Live | None:
        """One role's, by one owner, in one schema, for one kind."""
        parsed = DefaultKey.parse(key)
        roles = catalog.roles(client, [parsed.role]) if parsed else []
        every = catalog.defaults(client, [role.oid for role in roles])
        live = (default_live(client, found, roles[0]) for found in every if found.role)
        return next((one for one in live if one.resource.address.key == key), None)

    def delete(self, client: PostgresClient, before: Live) -> None:
        """Take them back."""
        key = DefaultKey.parse(before.resource.address.key)
        with client.transaction():
            if key is None or self.read(client, before.resource.address.key) is None:
                return
            if key.kind not in _PLURALS:
                raise Rejected(f"default privileges on objects of kind {key.kind} are not known here")
            kind = Words(_PLURALS[key.kind])
            _alter_defaults(client, key.owner, key.schema, "REVOKE ALL ON {kind} FROM {role}", kind, key.role)


class DependencyType(_Found):
    """Something else in the cluster that names a managed role. Key: providers.postgres.keys.DependencyKey."""

    name: ClassVar[str] = DEPENDENCY
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "role": Attribute("The managed role."),
        "relation": Attribute("owner, policy, privilege (of a kind that is unknown here), or database (another one)."),
        "database": Attribute("Where."),
        "object": Attribute("What, in the server's words; empty in another database."),
        "count": Attribute("How many."),
    }

    def read(self, client: PostgresClient, key: str) -> Live | None:
        """One dependency."""
        found = _dependency(client, key)
        return dependency_live(client, found[1], found[0]) if found else None

    def delete(self, client: PostgresClient, before: Live) -> None:
        """Remove what loses nothing: default privileges, a user mapping, a large object that a lease kept to itself.

        And take the role out of policies that permit, as DROP OWNED BY does: it sees fewer rows then.
        Raises Rejected for anything else: data is never dropped or given away, nor another database touched.
        """
        with client.transaction():
            found = _dependency(client, before.resource.address.key)
            if found is None:
                return
            left = by_hand(client, *found)
            if left is not None or not _removed(client, *found):
                why, way_out = (left.why, left.how) if left else (f"{found[1].description} can't be taken away", "")
                raise Rejected(why, help=way_out)


def _dependency(client: PostgresClient, key: str) -> tuple[Role, Dependency] | None:
    parsed = DependencyKey.parse(key)
    roles = catalog.roles(client, [parsed.role]) if parsed else []
    every = catalog.dependencies(client, [role.oid for role in roles])
    live = ((one, dependency_live(client, one, roles[0])) for one in every)
    return next(((roles[0], one) for one, found in live if found.resource.address.key == key), None)


def _removed(client: PostgresClient, role: Role, found: Dependency) -> bool:
    match found.catalog:
        case "pg_policy":
            return _left_policy(client, role, found)
        case "pg_default_acl":
            _forget_defaults(client, found.oid)
        case "pg_user_mapping":
            for (server,) in client.query(sql.MAPPED, {"oid": found.oid}):
                client.run(
                    "DROP USER MAPPING FOR {role} SERVER {server}", role=Ident.of(role.name), server=Ident.of(server)
                )
        case "pg_largeobject" if ends_with_role(client, role, found):
            client.query("SELECT lo_unlink(%(oid)s::oid)", {"oid": found.oid})
        case _:
            return False
    return True


def _left_policy(client: PostgresClient, role: Role, found: Dependency) -> bool:
    """Take a role out of a policy; one that names nobody else goes. False for one that restricts: it would see more."""
    for name, schema, table, permits, others in client.query(sql.POLICY, {"oid": found.oid, "role": role.oid}):
        if not permits:
            return False
        client.run(
            "ALTER POLICY {policy} ON {table} TO {others}" if others else "DROP POLICY {policy} ON {table}",
            policy=Ident.of(name),
            table=Ident.of(schema, table),
            **({"others": Words(others)} if others else {}),
        )
    return True


def _forget_defaults(client: PostgresClient, oid: int) -> None:
    """Take back all that one entry says of objects to come, so that the server's own rules hold again."""
    for owner, schema, code, grantees in client.query(sql.DEFAULT, {"oid": oid}):
        if DEFAULT_KINDS.get(code) not in _PLURALS:
            raise Rejected(f"default privileges on objects of kind {code} are not known here")
        kind = Words(_PLURALS[DEFAULT_KINDS[code]])
        for grantee in grantees:
            _alter_defaults(client, owner, schema, "REVOKE ALL ON {kind} FROM {role}", kind, grantee)
        if not schema:
            for grantee in (owner, "") if code in _PUBLIC_HAS else (owner,):
                _alter_defaults(client, owner, schema, "GRANT ALL ON {kind} TO {role}", kind, grantee)


def _alter_defaults(
    client: PostgresClient, owner: str, schema: str, statement: LiteralString, kind: Words, grantee: str
) -> None:
    client.run(
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner}{where}{schema} " + statement,
        owner=Ident.of(owner),
        where=Words(" IN SCHEMA " if schema else ""),
        schema=Ident.of(schema) if schema else Words(""),
        kind=kind,
        role=Ident.of(grantee) if grantee else Words("PUBLIC"),
    )
