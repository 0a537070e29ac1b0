"""What the catalogue says, as rows with names. One function to a query (providers.postgres.sql)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

from providers.postgres import sql
from providers.postgres.keys import GrantKey
from providers.postgres.lease import lease_beginnings, mark
from providers.postgres.names import is_servers_own
from providers.postgres.signature import BadSignature, normal_arguments
from providers.postgres.sql_everybody import everybody as everybody_sql

if TYPE_CHECKING:
    from providers.postgres.client import PostgresClient

BOOTSTRAP = 10
"""The oid of the superuser that initdb made."""


class Role(NamedTuple):
    """pg_roles, its settings and its comment."""

    oid: int
    name: str
    login: bool
    superuser: bool
    create_database: bool
    create_role: bool
    inherit: bool
    replication: bool
    bypass_row_level_security: bool
    connection_limit: int
    valid_until: str
    """UTC, ISO 8601; empty for never."""
    config: Sequence[str]
    """``name=value``; with ``database: `` before it where it holds in one database only."""
    comment: str
    has_password: bool | None
    """None where the login may not ask."""


class Member(NamedTuple):
    """pg_auth_members: one membership by one grantor."""

    member: str
    group: str
    member_oid: int
    group_oid: int
    grantor_oid: int
    grantor: str
    admin: bool
    inherit: bool | None
    """None before version 16."""
    set_role: bool | None


class Holding(NamedTuple):
    """What one role holds on one object from one grantor."""

    kind: str
    schema: str
    name: str
    column: str
    arguments: str
    grantee_oid: int
    grantee: str
    grantor_oid: int
    grantor: str
    by_owner: bool
    by_ours: bool
    """The grantor is a managed role or a leased login, and not the owner."""
    privileges: Sequence[str]
    grantable: Sequence[str]

    @property
    def own(self) -> bool:
        """What an owner holds on what it owns."""
        return self.by_owner and self.grantee_oid == self.grantor_oid

    @property
    def key(self) -> GrantKey:
        """The grant that it belongs to."""
        return self.key_of(self.grantee)

    def key_of(self, role: str) -> GrantKey:
        """The same object's grant to a role."""
        return GrantKey(role, self.kind, self.schema, self.name, self.column, normal(self.arguments))


class Default(NamedTuple):
    """pg_default_acl: what a role gets on objects to come."""

    role: str
    """Empty: everybody, perhaps without any privilege."""
    owner: str
    schema: str
    kind: str
    """pg_default_acl.defaclobjtype."""
    privileges: Sequence[str]
    grantable: bool


class Dependency(NamedTuple):
    """pg_shdepend: something else that names a role."""

    role: str
    kind: str
    """pg_shdepend.deptype."""
    elsewhere: bool
    database: str
    description: str
    number: int
    catalog: str
    """The catalogue that it is in, such as pg_class; empty for what is elsewhere."""
    oid: int
    private: bool
    """It ends with the role: of a session (temporary), or a large object that was given to nobody."""


class Minting(NamedTuple):
    """The login that makes others, and what is in its way."""

    superuser: bool
    create_role: bool
    signals: bool
    """Whether it may end sessions."""
    exists: bool
    open_schemas: Sequence[str]
    """In which everybody may make something."""
    create_database: bool
    replication: bool
    bypass_row_level_security: bool
    roles: Sequence[str]
    """Which it uses, may become, or may give to others: without Writ's groups and the logins that it made. Sorted."""
    holds: Sequence[str]
    """What it owns, or may use by itself, in this database: in the server's words. Sorted."""


def minting(client: PostgresClient) -> Minting | None:
    """None where nobody makes logins."""
    settings = client.scope.settings
    if settings.credentials is None:
        return None
    return Minting(*client.query(sql.MINTING, {"minter": settings.minter, "prefix": settings.role_prefix})[0])


def roles(client: PostgresClient, names: Collection[str], *, prefix: str | None = None) -> list[Role]:
    """Named roles; with a prefix also those in the scope, by name or by comment, and the leased logins."""
    values = {"prefix": prefix, "names": list(names), "mark": None if prefix is None else mark(client.scope)}
    text = sql.ROLES_AND_PASSWORDS if client.sees_passwords else sql.ROLES
    return [Role(*row) for row in client.query(text, values)]


def members(client: PostgresClient, oids: Collection[int]) -> list[Member]:
    """Memberships of and in roles."""
    text = sql.MEMBERS_16 if client.version >= 160000 else sql.MEMBERS_14
    return [Member(*row) for row in client.query(text, {"roles": list(oids)})]


def holdings(client: PostgresClient, oids: Collection[int], key: GrantKey | None = None) -> list[Holding]:
    """What roles hold and passed on: on everything, or on one object, a table with all of its columns."""
    prefix = client.scope.settings.role_prefix
    values: dict[str, object] = {
        "roles": list(oids),
        "prefix": prefix,
        "leases": [f"{start}{prefix}" for start in lease_beginnings(client.scope)],
        "never": list(client.never_ours),
    }
    if key is None:
        return [Holding(*row) for row in client.query(sql.holders(client.version), values)]
    rows = client.query(sql.holders(client.version, key.kind), {**values, "nsp": key.schema, "name": key.name})
    return [Holding(*row) for row in rows]


def defaults(client: PostgresClient, oids: Collection[int]) -> list[Default]:
    """Default privileges that roles, and everybody, would get."""
    return [Default(*row) for row in client.query(sql.DEFAULTS, {"roles": list(oids)})]


def dependencies(client: PostgresClient, oids: Collection[int]) -> list[Dependency]:
    """What else names roles, in this database and in others."""
    parameters = "pg_parameter_acl" if client.version >= 150000 else "pg_class"
    values = {"roles": list(oids), "parameters": parameters}
    return [Dependency(*row) for row in client.query(sql.DEPENDENCIES, values)]


class Everybody(NamedTuple):
    """What PUBLIC may on one object."""

    now: frozenset[str]
    granted: tuple[str, ...]
    """Of it, what somebody gave; sorted."""
    revoked: tuple[str, ...]
    """What somebody took away; sorted."""


def everybody(client: PostgresClient) -> dict[GrantKey, Everybody]:
    """What PUBLIC may, by object. Of the server's own schemas only where somebody changed it."""
    return {
        GrantKey("", kind, schema, name, column, normal(arguments)): Everybody(
            frozenset(now or ()), tuple(granted or ()), tuple(revoked or ())
        )
        for kind, schema, name, column, arguments, now, granted, revoked in client.query(everybody_sql(client.version))
        if granted or revoked or not is_servers_own(schema)
    }


def routine(client: PostgresClient, key: GrantKey) -> tuple[str, str] | None:
    """FUNCTION or PROCEDURE, and how the server writes it in statements."""
    rows = client.query(sql.FUNCTION, {"nsp": key.schema, "name": key.name})
    return next(((kind, text) for kind, text, arguments in rows if normal(arguments) == key.arguments), None)


def shut_schemas(client: PostgresClient, key: GrantKey, role: str) -> list[str]:
    """Schemas of an object, and of a function's argument types, that a role can't look into."""
    rows = client.query(
        sql.SHUT, {"nsp": key.schema, "name": key.name, "function": key.kind == "function", "role": role}
    )
    return [schema for (schema,) in rows]


def of_grant(found: Collection[Holding], key: GrantKey) -> list[Holding]:
    """What of it a grant consists of."""
    return [one for one in found if one.key == key and one.kind == key.kind]


def normal(arguments: str) -> str:
    """Argument types in normal form; as they are where they can't be read."""
    if not arguments:
        return ""
    try:
        return normal_arguments(arguments)
    except BadSignature:
        return arguments
