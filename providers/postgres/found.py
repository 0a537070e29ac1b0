"""Objects that no spec declares: they are found, shown, and removed where that loses nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from providers.postgres import catalog
from providers.postgres.keys import DefaultKey, DependencyKey
from providers.postgres.live import default_live, dependency_live
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
        oids = [role.oid for role in catalog.roles(client, [parsed.role])] if parsed else []
        live = (default_live(client, found) for found in catalog.defaults(client, oids))
        return next((one for one in live if one.resource.address.key == key), None)

    def delete(self, client: PostgresClient, before: Live) -> None:
        """Take them back."""
        key = DefaultKey.parse(before.resource.address.key)
        with client.transaction():
            if key is None or self.read(client, before.resource.address.key) is None:
                return
            if key.kind not in _PLURALS:
                raise Rejected(f"default privileges on objects of kind {key.kind} are not known here")
            client.run(
                "ALTER DEFAULT PRIVILEGES FOR ROLE {owner}{where}{schema} REVOKE ALL ON {kind} FROM {role}",
                owner=Ident.of(key.owner),
                where=Words(" IN SCHEMA " if key.schema else ""),
                schema=Ident.of(key.schema) if key.schema else Words(""),
                kind=Words(_PLURALS[key.kind]),
                role=Ident.of(key.role),
            )


class DependencyType(_Found):
    """Something else in the cluster that names a managed role. Key: providers.postgres.keys.DependencyKey."""

    name: ClassVar[str] = DEPENDENCY
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "role": Attribute("The managed role."),
        "relation": Attribute("owner, privilege (of a kind that isn't known here), or database (in another one)."),
        "database": Attribute("Where."),
        "object": Attribute("What, in the server's words; empty in another database."),
        "count": Attribute("How many."),
    }

    def read(self, client: PostgresClient, key: str) -> Live | None:
        """One dependency."""
        parsed = DependencyKey.parse(key)
        oids = [role.oid for role in catalog.roles(client, [parsed.role])] if parsed else []
        live = (dependency_live(client, found) for found in catalog.dependencies(client, oids))
        return next((one for one in live if one.resource.address.key == key), None)

    def delete(self, client: PostgresClient, before: Live) -> None:
        """Raises Rejected while it is there: data is never dropped or given away, nor another database touched."""
        if self.read(client, before.resource.address.key) is None:
            return
        values = before.resource.attributes
        role = Ident.of(str(values["role"])).parts[0]
        match values["relation"]:
            case "owner":
                raise Rejected(
                    f"{role} owns {values['object']}, which is not dropped or given away",
                    help="give it to another role (ALTER … OWNER TO, REASSIGN OWNED BY) or drop it, then plan again",
                )
            case "database":
                raise Rejected(
                    f"{role} owns or may use {values['count']} objects in database {values['database']}",
                    help=f'there, look at what it owns, then REVOKE, or run DROP OWNED BY "{role}"',
                )
            case _:
                raise Rejected(
                    f"{role} holds a privilege on {values['object']}, of a kind that isn't known here",
                    help="revoke it by hand, then plan again",
                )
