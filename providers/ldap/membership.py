"""An account, or a group of ours, that is in a group, with the end that is noted there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from providers.ldap.converge import accounts_for, converge, ending, joining, leaving
from providers.ldap.directory import read_group
from providers.ldap.keys import MembershipKey
from providers.ldap.live import membership_live
from providers.ldap.moments import is_over
from providers.ldap.names import MEMBERSHIP
from providers.ldap.placeholder import placeholder_of
from reconciler.model import Live, Resource
from reconciler.provider import Attribute, Conflict, Rejected, ResourceType

if TYPE_CHECKING:
    from providers.ldap.client import LdapClient  # imports the SDK

    Base: TypeAlias = ResourceType[LdapClient]
else:
    Base = ResourceType


class MembershipType(Base):
    """Key: ``member->group`` (providers.ldap.keys.MembershipKey)."""

    name: ClassVar[str] = MEMBERSHIP
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "group": Attribute("The group's DN.", replaces=True),
        "member": Attribute("The member's DN.", replaces=True),
        "expires": Attribute(
            "When it ends, UTC, by the note in the group's description; empty for never.", allows=True
        ),
    }

    def read(self, client: LdapClient, key: str) -> Live | None:
        """One membership."""
        parsed = MembershipKey.parse(key)
        group = read_group(client, parsed.group) if parsed else None
        if parsed is None or group is None:
            return None
        members = group.members(accounts_for(client, parsed), placeholder_of(client))
        found = members.get(parsed.member)
        return membership_live(client.scope, parsed.member, group, found) if found else None

    def create(self, client: LdapClient, desired: Resource) -> None:
        """Put the member in and note its end, in one change. Refuses where it is in with another end."""
        key, expires = _key(desired.address.key), str(desired.attributes["expires"])
        if is_over(expires, datetime.now(UTC)):
            raise Rejected(f"{key.member} was to be in {key.group} until {expires}, which is over", help="plan again")
        group, accounts = read_group(client, key.group), accounts_for(client, key)
        if group is None:
            raise Rejected(f"{key.group} isn't there, or is no group", help="have it made, or correct its name")
        found = group.members(accounts).get(key.member)
        if found is not None and found.expires != expires:
            raise Conflict(f"{key.member} came into {key.group} since the plan", help="plan again")
        converge(client, key.group, joining(key, accounts, expires), group)

    def update(self, client: LdapClient, before: Live, desired: Resource) -> None:  # noqa: ARG002 - from what is now
        """Note another end. Refuses where the member has gone."""
        key = _key(desired.address.key)
        if self.read(client, desired.address.key) is None:
            raise Conflict(f"{key.member} has left {key.group} since it was read", help="plan again")
        converge(client, key.group, ending(key, accounts_for(client, key), str(desired.attributes["expires"])))

    def delete(self, client: LdapClient, before: Live) -> None:
        """Take the member out, by whatever value it is in, with its notes."""
        key = _key(before.resource.address.key)
        converge(client, key.group, leaving(key, accounts_for(client, key), client.settings.placeholder))


def _key(text: str) -> MembershipKey:
    key = MembershipKey.parse(text)
    if key is None:
        raise Rejected(f"{text} names no membership")
    return key
