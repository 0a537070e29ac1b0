"""A role: nobody logs in with it; what its grants allow, whoever has it may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from providers.mysql import catalog
from providers.mysql.keys import MembershipKey
from providers.mysql.live import role_live
from providers.mysql.marker import is_marker
from providers.mysql.names import ROLE, Account, ident
from providers.mysql.statements import give_role, take_role
from reconciler.model import Live, Resource
from reconciler.provider import Attribute, Conflict, ResourceType

if TYPE_CHECKING:
    from providers.mysql.client import MysqlClient  # imports the driver

    Base: TypeAlias = ResourceType[MysqlClient]
else:
    Base = ResourceType


class RoleType(Base):
    """Key: the role's name."""

    name: ClassVar[str] = ROLE
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "marker": Attribute("The role without privileges that says whose this one is; empty for that role itself."),
    }

    def read(self, client: MysqlClient, key: str) -> Live | None:
        """One role."""
        if key not in catalog.roles(client, [key]):
            return None
        return role_live(client, key, _groups(client, key), in_scope=_in_scope(client, key))

    def create(self, client: MysqlClient, desired: Resource) -> None:
        """Make it, then mark it: two statements. A role that was left without its mark is marked by the next apply."""
        name = desired.address.key
        found = self.read(client, name)
        if found is None:
            client.run(f"CREATE ROLE {ident(name)}")
            _mark(client, name, str(desired.attributes["marker"]))
        elif found.resource.attributes != dict(desired.attributes):
            raise Conflict(f"role {name} exists already, and differs", help="plan again, and look whose it is")

    def update(self, client: MysqlClient, before: Live, desired: Resource) -> None:  # noqa: ARG002 - from what is now
        """Mark it, and only so."""
        name = desired.address.key
        if self.read(client, name) is None:
            raise Conflict("the role has gone since it was read", help="plan again")
        _mark(client, name, str(desired.attributes["marker"]))

    def delete(self, client: MysqlClient, before: Live) -> None:
        """Drop it, with what it was granted. Whoever had it keeps its login, without that access."""
        name = before.resource.address.key
        if name in catalog.roles(client, [name]):
            client.run(f"DROP ROLE {ident(name)}")


def _groups(client: MysqlClient, role: str) -> list[str]:
    return catalog.roles_of(client, Account(role))


def _in_scope(client: MysqlClient, role: str) -> bool:
    return role.startswith(client.scope.settings.role_prefix)


def _mark(client: MysqlClient, role: str, marker: str) -> None:
    now = [name for name in _groups(client, role) if is_marker(name)]
    for other in now:
        if other != marker:
            take_role(client, MembershipKey(Account(role), other))
    if marker and marker not in now:
        give_role(client, MembershipKey(Account(role), marker))
