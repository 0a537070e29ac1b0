"""Membership of our entities in groups, which gives their tokens the groups' policies. Never declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from providers.vault.entity import find_entity
from providers.vault.names import ENTITY, GROUP_MEMBER, entity_key, split_last
from providers.vault.resource import VaultResource, one_text, text, texts
from reconciler.model import Live, Ownership, Resource, Value
from reconciler.provider import Attribute, Conflict, Rejected

if TYPE_CHECKING:
    from providers.vault.client import VaultClient


_TRIES = 3
"""Writes of a group, each read back, before somebody else has the last word."""


class GroupMember(VaultResource):
    """Key: ``<group>/<entity>``. A group's members are one list without compare-and-set."""

    name = GROUP_MEMBER
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "group": Attribute("The group's name.", replaces=True),
        "entity": Attribute("The entity's name.", replaces=True),
        "policies": Attribute("What the group gives.", computed=True),
        "inherited_policies": Attribute("What the groups give that it is in.", computed=True),
        "group_id": Attribute("The group's id.", computed=True),
        "entity_id": Attribute("The entity's id.", computed=True),
    }

    def read(self, client: VaultClient, key: str) -> Live | None:
        """One membership."""
        group_name, entity_name = split_last(key)
        group = client.get(f"identity/group/name/{group_name}")
        entity = find_entity(client, entity_name)
        if group is None or entity is None or text(entity, "id") not in texts(group, "member_entity_ids"):
            return None
        return self.live(client, group, entity)

    def live(self, client: VaultClient, group: Mapping[str, Any], entity: Mapping[str, Any]) -> Live:
        """The object of a group and one of its members."""
        values: dict[str, Value] = {
            "group": text(group, "name"),
            "entity": entity_key(entity),
            "policies": sorted(texts(group, "policies")),
            "inherited_policies": sorted(_inherited(client, group)),
            "group_id": text(group, "id"),
            "entity_id": text(entity, "id"),
        }
        address = self.address(client, f"{values['group']}/{values['entity']}")
        after = (client.scope.address(ENTITY, entity_key(entity)),)
        return Live(Resource(address, values), Ownership.UNMARKED, after)

    def write(self, client: VaultClient, desired: Resource, before: Live | None) -> None:  # noqa: ARG002 - no fields
        """Add the entity to the group."""
        group = client.get(f"identity/group/name/{desired.attributes['group']}")
        entity = find_entity(client, text(desired.attributes, "entity"))
        if group is None or entity is None:
            raise Rejected(f"{desired.address}: group or entity isn't there", help="plan again")
        with client.groups_lock:
            client.left_groups.discard((text(group, "id"), text(entity, "id")))
            now = client.get(f"identity/group/id/{group['id']}") or group
            members = texts(now, "member_entity_ids")
            if text(entity, "id") not in members:
                _set(client, now, [*members, text(entity, "id")])

    def delete(self, client: VaultClient, before: Live) -> None:
        """Take our entity out of the group; its other members stay.

        Raises Conflict if somebody else's writing brings it back each time.
        """
        values = before.resource.attributes
        group_id, entity_id = text(values, "group_id"), text(values, "entity_id")
        with client.groups_lock:
            client.left_groups.add((group_id, entity_id))
            for _ in range(_TRIES):
                group = client.get(f"identity/group/id/{group_id}")
                members = texts(group or {}, "member_entity_ids")
                # All that were taken out before too: another writer may have brought one back meanwhile.
                kept = [member for member in members if (group_id, member) not in client.left_groups]
                if group is None or kept == members:
                    return
                _refuse_external(before, group)
                _set(client, group, kept)
        raise Conflict(f"{before.resource.address} comes back: somebody else writes the group", help="plan again")


def _refuse_external(before: Live, group: Mapping[str, Any]) -> None:
    if group.get("type") == "external":
        raise Rejected(
            f"{before.resource.address}: an external group's members come from its auth method",
            help="remove the agent there, or the group's alias",
        )


def _inherited(client: VaultClient, group: Mapping[str, Any]) -> set[str]:
    """Policies of all groups that a group is in, however far up: its members have them too."""
    found: set[str] = set()
    seen: set[str] = set()
    queue = texts(group, "parent_group_ids")
    while queue:
        key = queue.pop()
        parent = client.get(f"identity/group/id/{key}") if key not in seen else None
        seen.add(key)
        if parent is not None:
            found |= set(texts(parent, "policies"))
            queue += texts(parent, "parent_group_ids")
    return found


def _set(client: VaultClient, group: Mapping[str, Any], members: list[str]) -> None:
    # Fields that are left out keep their values.
    client.post(f"identity/group/id/{group['id']}", {"name": group["name"], "member_entity_ids": one_text(members)})
