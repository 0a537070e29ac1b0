"""Our entries among the roles that a database connection serves. The connection itself is its operator's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from providers.vault.names import ALLOWED_ROLES, DATABASE_ROLE, database_role_key, split_last
from providers.vault.resource import VaultResource, one_text, texts
from providers.vault.values import normal
from reconciler.model import Live, Ownership, Resource
from reconciler.provider import Attribute, Rejected

if TYPE_CHECKING:
    from providers.vault.client import VaultClient


class AllowedRoles(VaultResource):
    """Key: ``<mount>/<connection>``. There as long as the connection lists a role of ours."""

    name = ALLOWED_ROLES
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "allowed_roles": Attribute("The roles of ours that the connection serves, sorted."),
    }

    def read(self, client: VaultClient, key: str) -> Live | None:
        """Our entries of one connection."""
        found = client.get(_path(key))
        return None if found is None else self.live(client, key, found)

    def live(self, client: VaultClient, key: str, found: Mapping[str, Any]) -> Live | None:
        """The object of a connection's configuration; None if none of its roles is ours."""
        mount, _ = split_last(key)
        ours = sorted(role for role in _roles(found) if self._is_ours(client, mount, role))
        if not ours:
            return None
        after = tuple(client.scope.address(DATABASE_ROLE, database_role_key(mount, role)) for role in ours)
        return Live(Resource(self.address(client, key), {"allowed_roles": ours}), Ownership.UNMARKED, after)

    def _is_ours(self, client: VaultClient, mount: str, role: str) -> bool:
        """By its prefix or by our record, unless the role was seen to be another environment's."""
        key = database_role_key(mount, role)
        ours = role.startswith(client.scope.settings.policy_prefix) or key in client.former_roles
        return ours and key not in client.foreign_roles

    def write(self, client: VaultClient, desired: Resource, before: Live | None) -> None:  # noqa: ARG002 - no CAS
        """Replace our entries; all others stay where they are."""
        self._set(client, desired.address.key, texts(desired.attributes, "allowed_roles"))

    def delete(self, client: VaultClient, before: Live) -> None:
        """Remove our entries."""
        key = before.resource.address.key
        if client.get(_path(key)) is not None:
            self._set(client, key, [])

    def _set(self, client: VaultClient, key: str, wanted: Sequence[str]) -> None:
        found = client.get(_path(key))
        if found is None:
            mount, connection = split_last(key)
            raise Rejected(f"database connection {connection} isn't there", help=make_connection(mount, connection))
        now, mount = _roles(found), split_last(key)[0]
        kept = [role for role in now if not self._is_ours(client, mount, role) or role in wanted]
        then = [*kept, *(role for role in wanted if role not in kept)]
        if then != now:
            # What is left out of the body keeps its value, the password included; nothing is connected to.
            client.post(_path(key), {"allowed_roles": one_text(then), "verify_connection": False})


def make_connection(mount: str, connection: str) -> str:
    """The command that makes a connection."""
    return (
        f"vault write {mount}/config/{connection} plugin_name=postgresql-database-plugin "
        "connection_url='postgresql://{{username}}:{{password}}@HOST:5432/DATABASE' "
        "allowed_roles='' username=USER password=PASSWORD"
    )


def _path(key: str) -> str:
    mount, connection = split_last(key)
    return f"{mount}/config/{connection}"


def _roles(found: Mapping[str, Any]) -> list[str]:
    roles = normal([], found.get("allowed_roles"))
    return [str(role) for role in roles] if isinstance(roles, list) else []
