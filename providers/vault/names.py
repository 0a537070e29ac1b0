"""Names of native objects, and the keys of their addresses."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from providers.vault.settings import VaultSettings
from reconciler.provider import LoginRequest, Pair

JWT_BACKEND = "vault_jwt_auth_backend"
JWT_BACKEND_USE = "vault_jwt_auth_backend_use"
"""An auth mount that somebody else keeps; its key is the mount's path."""
JWT_ROLE = "vault_jwt_auth_backend_role"
POLICY = "vault_policy"
ENTITY = "vault_identity_entity"
ALIAS = "vault_identity_entity_alias"
GROUP_MEMBER = "vault_identity_group_member"
DATABASE_ROLE = "vault_database_secret_backend_role"
ALLOWED_ROLE = "vault_database_connection_allowed_role"
CONNECTION = "vault_database_connection"
"""Only observed; its key is its path: ``<mount>/config/<name>``."""
RETIRING = "vault_retiring_login"
"""A login that is to go: outside of the scope, and only where a Retirement names it. Its key: ``approle/export``."""
HOLDER = "vault_holder"
"""Outside the scope; its key is its path in the API: ``auth/userpass/users/alice``."""


def policy_name(settings: VaultSettings, pair: Pair) -> str:
    """``writ-support-bot_orders.read``."""
    return f"{settings.policy_prefix}{pair.name}"


def entity_name(settings: VaultSettings, agent: str) -> str:
    """``writ-support-bot``."""
    return f"{settings.policy_prefix}{agent}"


def entity_key(found: Mapping[str, Any]) -> str:
    """The key of an entity in a server's reply: names are one whatever their case, and ours are in lower case."""
    return str(found.get("name", "")).lower()


def subject_key(subject: str) -> str:
    """What two subjects have in common if a server may take them for one.

    OpenBao lower-cases each character by itself (Go's strings.ToLower, which makes a dotted capital I a plain i), and
    what servers compare isn't documented: so whatever any folding of Unicode's makes one is one here (compatibility
    caseless matching, Unicode 3.13 D146, and the dotted and the dotless i).
    """
    if subject.isascii():
        return subject.lower()  # which is all that folding does to ASCII
    text = unicodedata.normalize("NFD", subject.translate(_I))
    for _ in range(2):
        text = unicodedata.normalize("NFKD", text.casefold())
    return text.translate(_I).replace("i\u0307", "i")


_I = {0x130: "i", 0x131: "i"}


def database_role_name(settings: VaultSettings, request: LoginRequest) -> str:
    """``writ-support-bot_orders.read_orders-db``."""
    return f"{settings.policy_prefix}{request.pair.name}_{request.requester}"


def database_role_key(mount: str, name: str) -> str:
    """``database/roles/<name>``: also the path of the object."""
    return f"{mount}/roles/{name}"


def split_database_role(key: str) -> tuple[str, str]:
    """Mount and name of a database role's key."""
    mount, _, name = key.partition("/roles/")
    return mount, name


def allowed_role_key(mount: str, connection: str, role: str) -> str:
    """``database/orders/<role>``."""
    return f"{mount}/{connection}/{role}"


def split_allowed_role(key: str) -> tuple[str, str, str]:
    """Mount, connection and role. Neither of the last two holds a slash."""
    rest, role = split_last(key)
    mount, connection = split_last(rest)
    return mount, connection, role


def split_last(key: str) -> tuple[str, str]:
    """``a/b/c`` → ``a/b``, ``c``."""
    first, _, last = key.rpartition("/")
    return first, last


def in_prefix(name: str, settings: VaultSettings) -> bool:
    """Whether a name is in our scope. Vault compares names of policies and entities without regard to case."""
    return name.lower().startswith(settings.policy_prefix)
