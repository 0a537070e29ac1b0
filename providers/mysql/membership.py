"""Who has a role: declared for the minter only; any other is an escalation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from providers.mysql import catalog
from providers.mysql.catalog import Member
from providers.mysql.keys import MembershipKey
from providers.mysql.live import membership_live
from providers.mysql.marker import marks
from providers.mysql.names import MEMBERSHIP
from providers.mysql.role import RoleType
from providers.mysql.statements import give_role, take_role
from reconciler.model import Live, Resource
from reconciler.provider import Attribute, Conflict, Rejected, ResourceType

if TYPE_CHECKING:
    from providers.mysql.client import MysqlClient  # imports the driver

    Base: TypeAlias = ResourceType[MysqlClient]
else:
    Base = ResourceType

_ROLES = RoleType()


class MembershipType(Base):
    """Key: ``member->role`` (providers.mysql.keys.MembershipKey)."""

    name: ClassVar[str] = MEMBERSHIP
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "member": Attribute("The user with its host, or the role, that has it.", replaces=True),
        "role": Attribute("The role that it has.", replaces=True),
        "with_admin_option": Attribute("Whether the member may give it to others."),
    }

    def read(self, client: MysqlClient, key: str) -> Live | None:
        """One membership."""
        parsed = MembershipKey.parse(key)
        found = _find(client, parsed) if parsed else None
        if parsed is None or found is None or (not found.admin and _marks(client, found)):
            return None
        names = [parsed.role, *(() if parsed.member.host else (parsed.member.user,))]
        roles = {name: live for name in names if (live := _ROLES.read(client, name)) is not None}
        ours = {name: live for name, live in roles.items() if live.in_scope} or roles
        return membership_live(client, found, ours) if ours else None

    def create(self, client: MysqlClient, desired: Resource) -> None:
        """Grant it. Refuses if the member has it with another option."""
        key = _key(desired.address.key)
        found, admin = _find(client, key), bool(desired.attributes["with_admin_option"])
        if found is None:
            give_role(client, key, admin=admin)
        elif found.admin is not admin:
            raise Conflict(f"{desired.address.key} was granted otherwise since the plan", help="plan again")

    def update(self, client: MysqlClient, before: Live, desired: Resource) -> None:  # noqa: ARG002 - from what is now
        """Give or take the option."""
        key = _key(desired.address.key)
        found, admin = _find(client, key), bool(desired.attributes["with_admin_option"])
        if found is not None and found.admin and not admin:
            take_role(client, key, admin_only=True)
        elif found is None or found.admin is not admin:
            give_role(client, key, admin=admin)

    def delete(self, client: MysqlClient, before: Live) -> None:
        """Revoke it; of a role's in its marker only the right to give that away."""
        key = _key(before.resource.address.key)
        found = _find(client, key)
        if found is not None and _marks(client, found):
            if found.admin:
                take_role(client, key, admin_only=True)
        elif found is not None:
            take_role(client, key)


def _key(text: str) -> MembershipKey:
    key = MembershipKey.parse(text)
    if key is None:
        raise Rejected(f"{text} names no membership")
    return key


def _marks(client: MysqlClient, found: Member) -> bool:
    return marks(client.scope, found, catalog.roles_of(client, found.account))


def _find(client: MysqlClient, key: MembershipKey) -> Member | None:
    rows = catalog.members(client, [key.role]) if key.member.host else catalog.role_edges(client)
    return next((one for one in rows if (one.account, one.role) == (key.member, key.role)), None)
