"""The resource types by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from providers.vault.acl_policy import AclPolicy
from providers.vault.allowed_role import AllowedRole
from providers.vault.database_role import DatabaseRole
from providers.vault.entity import Entity
from providers.vault.entity_alias import EntityAlias
from providers.vault.group_member import GroupMember
from providers.vault.holder import Holder
from providers.vault.jwt_backend import JwtBackend
from providers.vault.jwt_backend_use import JwtBackendUse
from providers.vault.jwt_role import JwtRole
from providers.vault.retiring.login import RetiringLogin
from reconciler.provider import ResourceType

if TYPE_CHECKING:
    from providers.vault.client import VaultClient  # imports the SDK

TYPES: Mapping[str, ResourceType[VaultClient]] = {
    kind.name: kind
    for kind in (
        JwtBackend(),
        JwtBackendUse(),
        JwtRole(),
        AclPolicy(),
        Entity(),
        EntityAlias(),
        GroupMember(),
        DatabaseRole(),
        AllowedRole(),
        Holder(),
        RetiringLogin(),
    )
}
