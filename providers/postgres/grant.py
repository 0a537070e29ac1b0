"""One role's privileges on one object."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from providers.postgres import catalog
from providers.postgres.byhand import owned
from providers.postgres.catalog import Holding
from providers.postgres.keys import GrantKey
from providers.postgres.live import one_grant
from providers.postgres.names import GRANT, Ident
from providers.postgres.privileges import KNOWN, Kind, expanded
from providers.postgres.statements import grant, revoke
from providers.postgres.values import equal
from reconciler.model import Live, Resource, Value
from reconciler.provider import Attribute, Conflict, Rejected, ResourceType

if TYPE_CHECKING:
    from providers.postgres.client import PostgresClient  # imports the driver

    Base: TypeAlias = ResourceType[PostgresClient]
else:
    Base = ResourceType


class GrantType(Base):
    """Key: ``role:kind:object`` (providers.postgres.keys.GrantKey)."""

    name: ClassVar[str] = GRANT
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "role": Attribute("Who holds it.", replaces=True),
        "database": Attribute("Where the object is, or the object itself.", replaces=True),
        "schema": Attribute("Where the object is, or the object itself.", replaces=True),
        "object_type": Attribute("table, column, sequence, function, schema, database, …", replaces=True),
        "objects": Attribute("The object's name in its schema.", replaces=True),
        "columns": Attribute("The column, of a column's grant.", replaces=True),
        "privileges": Attribute("Sorted; ALL if all that this server's version knows for a table.", allows=True),
        "with_grant_option": Attribute("Whether the role may pass any of them on."),
        "granted_by": Attribute("Managed roles and leased logins that passed any of them on to this role."),
        "regranted_to": Attribute("Roles that this role passed any of them, or a column's, on to; they lose it."),
    }

    def read(self, client: PostgresClient, key: str) -> Live | None:
        """One grant."""
        parsed = GrantKey.parse(key)
        if parsed is None:
            return None
        role = catalog.roles(client, [parsed.role])
        return one_grant(client, parsed, role[0], _holdings(client, parsed, role[0].oid)) if role else None

    def create(self, client: PostgresClient, desired: Resource) -> None:
        """Grant. Refuses if the role holds something else on the object already."""
        with client.transaction():
            found = self.read(client, desired.address.key)
            if found is None:
                key = _key(desired.address.key)
                grant(client, key, sorted(_wanted(client, key, desired.attributes["privileges"])))
            elif not equal(found.resource.attributes, desired.attributes):
                raise Conflict(f"{desired.address.key} was granted otherwise since the plan", help="plan again")

    def update(self, client: PostgresClient, before: Live, desired: Resource) -> None:  # noqa: ARG002 - from what is now
        """Revoke what is too much, whoever granted it, and grant what is missing, in one transaction."""
        with client.transaction():
            _converge(client, _key(desired.address.key), desired.attributes["privileges"])

    def delete(self, client: PostgresClient, before: Live) -> None:
        """Revoke all of it, with what the role passed on."""
        with client.transaction():
            _converge(client, _key(before.resource.address.key), [])


def _key(text: str) -> GrantKey:
    key = GrantKey.parse(text)
    if key is None:
        raise Rejected(f"{text} names no grant")
    return key


def _holdings(client: PostgresClient, key: GrantKey, oid: int) -> list[Holding]:
    return catalog.holdings(client, [oid], key)


def _converge(client: PostgresClient, key: GrantKey, privileges: Value) -> None:
    """Make the role hold exactly these, without grant option, from nobody that is managed."""
    role = catalog.roles(client, [key.role])
    if not role:
        if privileges:
            raise Conflict(f"role {key.role} has gone since it was read", help="plan again")
        return
    oid = role[0].oid
    wanted = _wanted(client, key, privileges)
    held = catalog.of_grant(_holdings(client, key, oid), key)
    if any(one.own for one in held):
        left = owned(key)
        raise Rejected(left.why, help=left.how)
    by_ours = {one.grantor: one.grantor_oid for one in held if one.by_ours}
    for name, number in by_ours.items():
        _end_passed(client, key._replace(role=name), number)
    if by_ours:
        held = catalog.of_grant(_holdings(client, key, oid), key)
    with _columns_kept(client, key, oid, any(set(one.privileges) - wanted for one in held)):
        kept: set[str] = set()
        for one in held:
            kept |= _revoke_excess(client, key, one, wanted)
        if wanted - kept:
            grant(client, key, sorted(wanted - kept))
    _end_passed(client, key, oid)


def _revoke_excess(client: PostgresClient, key: GrantKey, held: Holding, wanted: Collection[str]) -> set[str]:
    """Returns what the role still holds from this grantor."""
    excess = set(held.privileges) if held.by_ours else set(held.privileges) - set(wanted)
    options = set(held.grantable) - excess
    if excess or options:
        with _as_grantor(client, key, held):
            if excess:
                revoke(client, key, sorted(excess))
            if options:
                revoke(client, key, sorted(options), option_only=True)
    return set(held.privileges) - excess


@contextmanager
def _as_grantor(client: PostgresClient, key: GrantKey, held: Holding) -> Iterator[None]:
    """REVOKE takes back only what its grantor gave: a superuser counts as the owner, so others must be played.

    GRANTED BY may name nobody but the current role. A grantor that can no longer look into a schema is let in for as
    long as this takes: the transaction's end is the first that others see.
    """
    if held.by_owner or not held.grantor or held.grantor == client.user:
        yield
        return
    shut = catalog.shut_schemas(client, key, held.grantor)
    for schema in shut:
        client.run("GRANT USAGE ON SCHEMA {schema} TO {role}", schema=Ident.of(schema), role=Ident.of(held.grantor))
    client.run("SET LOCAL ROLE {grantor}", grantor=Ident.of(held.grantor))
    yield
    client.run("RESET ROLE")
    for schema in shut:
        client.run("REVOKE USAGE ON SCHEMA {schema} FROM {role}", schema=Ident.of(schema), role=Ident.of(held.grantor))


def _end_passed(client: PostgresClient, key: GrantKey, oid: int) -> None:
    """Take back what the role passed on and that outlived its grant option.

    A table's grant option also gives columns away, and revoking it from the table leaves those
    (PostgreSQL's recursive_revoke looks at one ACL). Nobody can revoke them any more, unless the role gets the option
    for that very ACL again: then revoking it from there cascades.
    """
    found = _holdings(client, key, oid)
    for one in found:
        if one.grantor_oid != oid or one.by_owner:
            continue
        passed = one.key_of(key.role)
        if passed != key and passed._replace(kind=key.kind, column="") != key:
            continue
        ours = {
            name
            for other in found
            if other.key == passed and (other.by_owner or other.grantor == client.user)
            for name in other.privileges
        }
        for privilege in one.privileges:
            grant(client, passed, [privilege], with_option=True)
            revoke(client, passed, [privilege], option_only=privilege in ours)


@contextmanager
def _columns_kept(client: PostgresClient, key: GrantKey, oid: int, revoking: bool) -> Iterator[None]:
    """Revoking a table's privilege also revokes it on each column (REVOKE's documentation): give those back."""
    columns: list[Holding] = []
    if revoking and key.kind == Kind.TABLE:
        columns = [one for one in _holdings(client, key, oid) if one.kind == Kind.COLUMN]
    yield
    for one in columns:
        if one.grantee_oid == oid:
            grant(client, one.key, [name for name in one.privileges if name in KNOWN[Kind.COLUMN]])


def _wanted(client: PostgresClient, key: GrantKey, privileges: Value) -> frozenset[str]:
    """Single privileges. Raises Rejected for one that this version doesn't know."""
    named = [str(one) for one in privileges] if isinstance(privileges, list | tuple) else []
    wanted = expanded(Kind(key.kind), named, client.table_privileges)
    unknown = wanted - client.table_privileges if key.kind == Kind.TABLE else set()
    if unknown:
        raise Rejected(
            f"PostgreSQL {client.version_text} has no privilege {', '.join(sorted(unknown))}",
            help="leave it out, or write ALL for what each version knows",
        )
    return wanted
