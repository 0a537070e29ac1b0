"""Reading entities, aliases and group memberships: one list of all entities, then a GET of each of ours."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from providers.vault.entity import Entity
from providers.vault.entity_alias import EntityAlias
from providers.vault.group_member import GroupMember
from providers.vault.jwt_backend import content_owner
from providers.vault.names import in_prefix
from providers.vault.resource import text, texts
from reconciler.model import Address, Live, Ownership
from reconciler.provider import Rejected

if TYPE_CHECKING:
    from providers.vault.client import VaultClient

_ENTITY = Entity()
_ALIAS = EntityAlias()
_MEMBER = GroupMember()


class IdentityReader:
    """One reading of the identity store."""

    def __init__(self, client: VaultClient, wanted: Collection[Address]) -> None:
        self.client = client
        mounts = client.auth_mounts()
        self._paths = {text(mount, "accessor"): path for path, mount in mounts.items()}
        self._owners = {path: content_owner(client, path, wanted) for path in client.scope.settings.mounts}

    def objects(self) -> list[Live]:
        """Entities with our prefix, their aliases and groups, and all aliases at our mounts."""
        info = (self.client.list("identity/entity/id") or {}).get("key_info") or {}
        ours = [key for key, entry in info.items() if in_prefix(text(entry, "name"), self.client.scope.settings)]
        details = [found for found in self.client.each(self._entity, ours) if found is not None]
        entities = {text(found, "id"): _ENTITY.live(self.client, found) for found in details}
        aliases = self._aliases(info, entities)
        return [*entities.values(), *aliases, *self._memberships(details, entities)]

    def _entity(self, key: str) -> dict[str, Any] | None:
        return self.client.get(f"identity/entity/id/{key}")

    def _aliases(self, info: Mapping[str, Any], entities: Mapping[str, Live]) -> Iterator[Live]:
        for key, entry in info.items():
            entity = {"id": key, "name": text(entry, "name")}
            for alias in entry.get("aliases") or []:
                # An alias whose mount is gone leads nowhere.
                path = self._paths.get(text(alias, "mount_accessor"))
                container = None if path is None else self._container(path, entities.get(key))
                if path is not None and container is not None:
                    yield _ALIAS.live(self.client, path, alias, entity, container)

    def _container(self, path: str, entity: Live | None) -> tuple[Ownership, str] | None:
        """Whose an alias is: its mount's owner's if that is us, else its entity's if that is us, else its mount's."""
        owner = self._owners.get(path)
        if owner is not None and owner[0] is Ownership.OURS:
            return owner
        if entity is not None and entity.ownership is Ownership.OURS:
            return Ownership.OURS, ""
        return owner

    def _memberships(self, details: list[dict[str, Any]], entities: Mapping[str, Live]) -> Iterator[Live]:
        mine = [found for found in details if entities[text(found, "id")].ownership is Ownership.OURS]
        ids = sorted({group for found in mine for group in texts(found, "direct_group_ids")})
        groups = dict(zip(ids, self.client.each(self._group, ids), strict=True))
        for found in mine:
            for key in texts(found, "direct_group_ids"):
                group = groups[key]
                if group is not None:
                    yield _MEMBER.live(self.client, group, found)

    def _group(self, key: str) -> dict[str, Any] | None:
        found = self.client.get(f"identity/group/id/{key}")
        if found is not None and not text(found, "name"):
            raise Rejected(f"group {key} has no name")
        return found
