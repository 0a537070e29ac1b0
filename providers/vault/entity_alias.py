"""The alias: tokens of this subject, at this mount, belong to this entity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from providers.vault.jwt_backend import mount_owner
from providers.vault.names import ALIAS, ENTITY, JWT_BACKEND, entity_key
from providers.vault.resource import VaultResource, text, within
from providers.vault.values import ALIAS_EXTRAS, fields
from reconciler.model import Live, Ownership, Resource, Value
from reconciler.provider import Attribute, Rejected

if TYPE_CHECKING:
    from providers.vault.client import VaultClient


class EntityAlias(VaultResource):
    """Key: ``<mount>/<subject>``. Entity and mount are named; ids and accessors are looked up when it is written."""

    name = ALIAS
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "name": Attribute("The exact `sub` of the agent's tokens.", replaces=True),
        "mount": Attribute("The auth mount.", replaces=True),
        "entity": Attribute("The entity's name."),
        "custom_metadata": Attribute("What policies' templates may read of it: nothing."),
        "id": Attribute("The server's id.", computed=True),
        "canonical_id": Attribute("The entity's id.", computed=True),
        "mount_accessor": Attribute("The mount's accessor.", computed=True),
    }

    def read(self, client: VaultClient, key: str) -> Live | None:
        """One alias, by asking for the entity that it leads to."""
        mount, subject = split_alias(client, key)
        accessor = text(client.auth_mounts().get(mount) or {}, "accessor")
        if not accessor:
            return None
        entity = self._lookup(client, accessor, subject)
        for alias in (entity or {}).get("aliases") or []:
            if alias.get("mount_accessor") == accessor and text(alias, "name") == subject:
                return self.live(client, mount, alias, entity or {})
        return None

    def _lookup(self, client: VaultClient, accessor: str, subject: str) -> dict[str, Any] | None:
        return client.ask("identity/lookup/entity", {"alias_name": subject, "alias_mount_accessor": accessor})

    def live(
        self,
        client: VaultClient,
        mount: str,
        alias: Mapping[str, Any],
        entity: Mapping[str, Any],
        container: tuple[Ownership, str] | None = None,
    ) -> Live:
        """The object of an alias in a server's reply. ``container`` overrides the mount's ownership."""
        values: dict[str, Value] = {
            "name": text(alias, "name"),
            "mount": mount,
            "entity": entity_key(entity),
            **fields(ALIAS_EXTRAS, alias),
            "id": text(alias, "id"),
            "canonical_id": text(entity, "id"),
            "mount_accessor": text(alias, "mount_accessor"),
        }
        if container is None:
            container = mount_owner(client.scope, client.auth_mounts().get(mount))
        ownership, note = within(container)
        scope = client.scope
        after = (scope.address(JWT_BACKEND, mount), scope.address(ENTITY, entity_key(entity)))
        resource = Resource(self.address(client, f"{mount}/{values['name']}"), values)
        return Live(resource, ownership, after, note=note, native_id=text(values, "id"))

    def write(self, client: VaultClient, desired: Resource, before: Live | None) -> None:  # noqa: ARG002 - no CAS
        """Point it at the entity. An entity has one alias to a mount, so another one there gives way."""
        values = desired.attributes
        accessor = text(client.auth_mounts(again=True).get(text(values, "mount")) or {}, "accessor")
        entity = client.get(f"identity/entity/name/{values['entity']}")
        if not accessor or entity is None:
            missing = f"entity {values['entity']}" if accessor else f"auth mount {values['mount']}"
            raise Rejected(f"{desired.address} needs {missing}, which isn't there", help="plan again")
        for alias in entity.get("aliases") or []:
            if alias.get("mount_accessor") == accessor and text(alias, "name") != values["name"]:
                client.delete(f"identity/entity-alias/id/{alias['id']}")
        client.post(
            "identity/entity-alias",
            {
                "name": values["name"],
                "mount_accessor": accessor,
                "canonical_id": text(entity, "id"),
                **{name: values[name] for name in ALIAS_EXTRAS},
            },
        )

    def delete(self, client: VaultClient, before: Live) -> None:
        """Remove it. The entity stays; so does an alias that was spelled anew meanwhile: it is ours now."""
        found = self.read(client, before.resource.address.key)
        if found is not None and found.resource.attributes["id"] == before.resource.attributes["id"]:
            client.delete(f"identity/entity-alias/id/{before.resource.attributes['id']}")


def split_alias(client: VaultClient, key: str) -> tuple[str, str]:
    """Mount and subject of a key: both may hold slashes, so the mounts that there are decide."""
    for mount in sorted({*client.auth_mounts(), *client.scope.settings.mounts}, key=len, reverse=True):
        if key.startswith(f"{mount}/"):
            return mount, key[len(mount) + 1 :]
    mount, _, subject = key.partition("/")
    return mount, subject
