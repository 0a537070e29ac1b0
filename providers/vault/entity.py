"""The identity entity of an agent: its name in audit, and the switch that stops it at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from providers.vault.names import ENTITY, entity_key, in_prefix
from providers.vault.resource import VaultResource, text, texts
from providers.vault.values import IDENTITY, marker_key
from reconciler.model import Live, Resource, Value
from reconciler.provider import Attribute, owner_by_fields

if TYPE_CHECKING:
    from providers.vault.client import VaultClient


class Entity(VaultResource):
    """Key: the entity's name."""

    name = ENTITY
    attributes: ClassVar[Mapping[str, Attribute]] = {
        # The server finds it in any case, so a name that differs in case is changed in place.
        "name": Attribute("The entity's name."),
        # Tokens live on with their entity: of another workload they must not.
        "identity": Attribute("Issuer and subject of the workload that it stands for.", replaces=True, admits=True),
        "metadata": Attribute("Ownership marker, agent, owner and purpose."),
        "policies": Attribute("Policies of every token of the entity: none."),
        "disabled": Attribute("A disabled entity's tokens don't work."),
        "id": Attribute("The server's id.", computed=True),
    }

    def read(self, client: VaultClient, key: str) -> Live | None:
        """One entity."""
        found = find_entity(client, key)
        return None if found is None else self.live(client, found)

    def live(self, client: VaultClient, found: Mapping[str, Any]) -> Live:
        """The object of a server's reply."""
        metadata = {str(name): str(value) for name, value in sorted((found.get("metadata") or {}).items())}
        values: dict[str, Value] = {
            "name": text(found, "name"),
            # Where it was taken away, metadata say so: no reason to end the agent's sessions.
            **({"identity": metadata[IDENTITY]} if IDENTITY in metadata else {}),
            "metadata": metadata,
            "policies": sorted(texts(found, "policies")),
            "disabled": bool(found.get("disabled")),
            "id": text(found, "id"),
        }
        marker = {marker_key(name): value for name, value in metadata.items()}
        ownership, note = owner_by_fields(marker, client.scope)
        return Live(
            Resource(self.address(client, entity_key(found)), values), ownership, note=note, native_id=text(found, "id")
        )

    def write(self, client: VaultClient, desired: Resource, before: Live | None) -> None:
        """Write it, by id where it is there."""
        body = {name: desired.attributes[name] for name in ("name", "metadata", "policies", "disabled")}
        if before is None:
            client.post("identity/entity", body)
        else:
            client.post(f"identity/entity/id/{before.resource.attributes['id']}", body)

    def delete(self, client: VaultClient, before: Live) -> None:
        """Remove it: its tokens stop working."""
        client.delete(f"identity/entity/id/{before.resource.attributes['id']}")


def find_entity(client: VaultClient, name: str) -> dict[str, Any] | None:
    """An entity by its name. Our login may read names with our prefix; others it may look up."""
    if in_prefix(name, client.scope.settings):
        return client.get(f"identity/entity/name/{name}")
    return client.ask("identity/lookup/entity", {"name": name})
