"""Reading entities, aliases and group memberships: a list of all entities, then a GET of each that may be ours."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from providers.vault.entity import Entity
from providers.vault.entity_alias import EntityAlias
from providers.vault.group_member import GroupMember
from providers.vault.jwt_backend import content_owner
from providers.vault.names import in_prefix
from providers.vault.resource import infos, text, texts
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
        self.client, self._wanted = client, frozenset(wanted)
        mounts = client.auth_mounts()
        self._paths = {text(mount, "accessor"): path for path, mount in mounts.items()}
        self.others: list[str] = []
        """Ids, once read, of the entities that are nobody's scope's."""
        self._owners = {path: content_owner(client, path, wanted) for path in client.scope.settings.mounts}

    def objects(self) -> list[Live]:
        """Our entities, by prefix or by marker, their aliases and groups, and all aliases at our mounts."""
        listed = infos(self.client.list("identity/entity/id"))
        chosen = [*self._with_prefix(listed), *self._strayed(listed)]
        details = [found for found in self.client.each(self._entity, chosen) if found is not None]
        entities = {text(found, "id"): live for found in details if (live := self._ours(found)) is not None}
        # What another scope declares as its own is that scope's to look at.
        alike = self.client.scope.alike
        left = {key for key, one in listed.items() if any(in_prefix(text(one, "name"), scope) for scope in alike)}
        self.others = sorted(listed.keys() - entities.keys() - left)
        aliases = [alias for found in details for alias in self._aliases(found, entities.get(text(found, "id")))]
        return [*entities.values(), *aliases, *self._memberships(details, entities)]

    def _with_prefix(self, listed: Mapping[str, Mapping[str, Any]]) -> list[str]:
        return [key for key, entry in listed.items() if in_prefix(text(entry, "name"), self.client.scope.settings)]

    def _strayed(self, listed: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """Where one of ours may be under another name: tokens stay with an entity that is renamed.

        An alias at our mounts names it. The marker alone would not do: another project may have chosen our names for
        environment and system, with a prefix and mounts of its own.
        """
        known = set(self._with_prefix(listed))
        return [key for key, entry in listed.items() if key not in known and self._is_at_ours(entry)]

    def _is_at_ours(self, entry: Mapping[str, Any]) -> bool:
        paths = (self._paths.get(text(alias, "mount_accessor")) for alias in entry.get("aliases") or [])
        return any(path is not None and self._owners.get(path) is not None for path in paths)

    def _entity(self, key: str) -> dict[str, Any] | None:
        return self.client.get(f"identity/entity/id/{key}")

    def _ours(self, found: Mapping[str, Any]) -> Live | None:
        """An entity in the scope: with the prefix, or with our marker under another name."""
        live = _ENTITY.live(self.client, found)
        if in_prefix(text(found, "name"), self.client.scope.settings):
            return live
        return live if live.ownership is Ownership.OURS and live.resource.address not in self._wanted else None

    def _aliases(self, found: Mapping[str, Any], entity: Live | None) -> Iterator[Live]:
        for alias in found.get("aliases") or []:
            path = self._paths.get(text(alias, "mount_accessor"))
            container = None if path is None else self._container(path, entity)
            if path is not None and container is not None:
                yield _ALIAS.live(self.client, path, alias, found, container)

    def _container(self, path: str, entity: Live | None) -> tuple[Ownership, str] | None:
        """Whose an alias is: its mount's owner's if that is us, else its entity's if that is us, else its mount's."""
        owner = self._owners.get(path)
        if owner is not None and owner[0] is Ownership.OURS:
            return owner
        if self._is_mine(entity):
            return Ownership.OURS, ""
        return owner

    def _memberships(self, details: list[dict[str, Any]], entities: Mapping[str, Live]) -> Iterator[Live]:
        mine = [found for found in details if self._is_mine(entities.get(text(found, "id")))]
        ids = sorted({group for found in mine for group in texts(found, "direct_group_ids")})
        groups = dict(zip(ids, self.client.each(self._group, ids), strict=True))
        for found in mine:
            for key in texts(found, "direct_group_ids"):
                group = groups[key]
                if group is not None:
                    yield _MEMBER.live(self.client, group, found)

    @staticmethod
    def _is_mine(entity: Live | None) -> bool:
        return entity is not None and entity.ownership is Ownership.OURS

    def _group(self, key: str) -> dict[str, Any] | None:
        found = self.client.get(f"identity/group/id/{key}")
        if found is not None and not text(found, "name"):
            raise Rejected(f"group {key} has no name")
        return found
