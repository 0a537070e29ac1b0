"""One role's privileges on one object."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from providers.mysql import catalog
from providers.mysql.catalog import Holding
from providers.mysql.keys import GrantKey
from providers.mysql.live import grant_live
from providers.mysql.names import GRANT
from providers.mysql.privileges import Kind
from providers.mysql.role import RoleType
from providers.mysql.statements import grant, revoke
from providers.mysql.values import privileges_of
from reconciler.model import Live, Resource
from reconciler.provider import Attribute, Conflict, Rejected, ResourceType

if TYPE_CHECKING:
    from providers.mysql.client import MysqlClient  # imports the driver

    Base: TypeAlias = ResourceType[MysqlClient]
else:
    Base = ResourceType

_ROLES = RoleType()


class GrantType(Base):
    """Key: ``role:kind:object`` (providers.mysql.keys.GrantKey)."""

    name: ClassVar[str] = GRANT
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "role": Attribute("Who holds it.", replaces=True),
        "object_type": Attribute("database, table, column, procedure, function; found also others.", replaces=True),
        "database": Attribute("Where the object is, or the object itself; a pattern of databases.", replaces=True),
        "object": Attribute("The object's name in its database.", replaces=True),
        "column": Attribute("The column, of a column's grant.", replaces=True),
        "privileges": Attribute("Sorted.", allows=True),
        "with_grant_option": Attribute("Whether the role may pass them on."),
    }

    def read(self, client: MysqlClient, key: str) -> Live | None:
        """One grant."""
        parsed = GrantKey.parse(key)
        role = _ROLES.read(client, parsed.role) if parsed else None
        if parsed is None or role is None:
            return None
        held = catalog.together(_of_key(client, parsed)).get(parsed)
        return grant_live(client, parsed, held, role) if held else None

    def create(self, client: MysqlClient, desired: Resource) -> None:
        """Grant. Refuses if the role holds something else on the object already."""
        key = _key(desired.address.key)
        held = _held(_of_key(client, key))
        wanted = _wanted(desired)
        if not held:
            _raise_if_gone(client, key)
            grant(client, key, wanted)
        elif held != wanted:
            raise Conflict(f"{desired.address.key} was granted otherwise since the plan", help="plan again")

    def update(self, client: MysqlClient, before: Live, desired: Resource) -> None:  # noqa: ARG002 - from what is now
        """Revoke what is too much, whoever granted it, then grant what is missing."""
        key = _key(desired.address.key)
        _raise_if_gone(client, key)
        _converge(client, key, _wanted(desired))

    def delete(self, client: MysqlClient, before: Live) -> None:
        """Revoke all of it."""
        _converge(client, _key(before.resource.address.key), frozenset())


def _key(text: str) -> GrantKey:
    key = GrantKey.parse(text)
    if key is None:
        raise Rejected(f"{text} names no grant")
    return key


def _of_key(client: MysqlClient, key: GrantKey) -> list[Holding]:
    return [one for one in catalog.of_role(client, key.role, key.kind) if one.key == key]


def _held(found: Collection[Holding]) -> frozenset[str]:
    return frozenset[str]().union(*(one.privileges for one in found))


def _wanted(desired: Resource) -> frozenset[str]:
    """Never with the option to pass them on."""
    return frozenset(privileges_of(desired.attributes))


def _raise_if_gone(client: MysqlClient, key: GrantKey) -> None:
    """GRANT to a role that isn't there would fail, or make a user of it (before NO_AUTO_CREATE_USER)."""
    if key.role not in catalog.roles(client, [key.role]):
        raise Conflict(f"role {key.role} has gone since it was read", help="plan again")


def _converge(client: MysqlClient, key: GrantKey, wanted: frozenset[str]) -> None:
    """Make the role hold exactly these. A column that is spelled in several ways is revoked by each."""
    found = _of_key(client, key)
    with _columns_kept(client, key, _held(found) - wanted):
        for one in found:
            excess = one.privileges - wanted
            if excess:
                revoke(client, key, excess, [one.column] if one.column else ())
    missing = wanted - _held(found)
    if missing:
        grant(client, key, missing)


@contextmanager
def _columns_kept(client: MysqlClient, key: GrantKey, excess: frozenset[str]) -> Iterator[None]:
    """Revoking a table's privilege also revokes it on each column (tried on 10.11): give those back."""
    columns: list[Holding] = []
    if key.kind == Kind.TABLE and excess:
        columns = [one for one in catalog.of_role(client, key.role, key.kind) if one.column and one.key.table == key]
    yield
    for one in columns:
        lost = one.privileges & excess
        if lost:
            grant(client, one.key._replace(column=one.column), lost)
