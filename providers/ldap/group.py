"""A group of Writ's: made with its marker, for the memberships that specs want in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from providers.ldap.converge import converge
from providers.ldap.directory import Group, read_group
from providers.ldap.dn import name_of
from providers.ldap.entry import Modification
from providers.ldap.live import group_live
from providers.ldap.names import BY_CLASS, GROUP
from reconciler.model import Live, Resource, Value
from reconciler.provider import Attribute, Conflict, ResourceType

if TYPE_CHECKING:
    from providers.ldap.client import LdapClient  # imports the SDK

    Base: TypeAlias = ResourceType[LdapClient]
else:
    Base = ResourceType


class GroupType(Base):
    """Key: the group's DN in normal form. One value of its description is the ownership marker."""

    name: ClassVar[str] = GROUP
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "object_class": Attribute("groupOfNames, groupOfUniqueNames or posixGroup.", replaces=True),
        "description": Attribute("Its values, but for the notes of when memberships end: the ownership marker."),
    }

    def read(self, client: LdapClient, key: str) -> Live | None:
        """One group."""
        found = read_group(client, key)
        return group_live(client.scope, found) if found else None

    def create(self, client: LdapClient, desired: Resource) -> None:
        """Make it with its marker, and with the placeholder as its only member."""
        dn, values = desired.address.key, desired.attributes
        found = self.read(client, dn)
        if found is not None:
            if found.resource.attributes != dict(values):
                raise Conflict(f"group {dn} exists already, and differs", help="plan again, and look whose it is")
            return
        kind = str(values["object_class"])
        made: dict[str, Sequence[str]] = {
            "objectClass": ["top", kind],
            "cn": [name_of(dn)],
            "description": _texts(values["description"]),
        }
        attribute = BY_CLASS[kind.lower()]
        client.add(dn, made | {attribute: [client.settings.placeholder]})

    def update(self, client: LdapClient, before: Live, desired: Resource) -> None:  # noqa: ARG002 - from what is now
        """Set its description, value by value; notes stay."""
        seen = read_group(client, desired.address.key)
        if seen is None:
            raise Conflict("the group has gone since it was read", help="plan again")
        wanted = _texts(desired.attributes["description"])

        def changes(group: Group) -> list[Modification]:
            goes = [Modification("description", one, adds=False) for one in group.texts if one not in wanted]
            comes = [Modification("description", one, adds=True) for one in wanted if one not in group.texts]
            return [*goes, *comes]

        converge(client, desired.address.key, changes, seen)

    def delete(self, client: LdapClient, before: Live) -> None:
        """Remove the entry. Raises Rejected where others lie below it."""
        client.delete(before.resource.address.key)


def _texts(value: Value) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else []
