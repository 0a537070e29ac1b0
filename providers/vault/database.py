"""Reading database mounts: roles with our prefix, and our entries at the connections that we use."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from providers.vault.allowed_roles import AllowedRoles, make_connection
from providers.vault.database_role import DatabaseRole
from providers.vault.names import ALLOWED_ROLES, DATABASE_ROLE, database_role_key, split_database_role, split_last
from providers.vault.resource import keys
from providers.vault.settings import VaultLogin
from reconciler.model import Address, Live, Ownership
from reconciler.provider import Rejected
from specs.diagnostic import Diagnostic, error

if TYPE_CHECKING:
    from providers.vault.client import VaultClient

_ROLE = DatabaseRole()
_ALLOWED = AllowedRoles()


class DatabaseReader:
    """One reading of the database mounts that wanted objects or the settings name."""

    def __init__(self, client: VaultClient, wanted: Collection[Address]) -> None:
        self.client = client
        self._connections = sorted(a.key for a in wanted if a.type == ALLOWED_ROLES)
        client.former_roles = {a.key for a in wanted if a.type == DATABASE_ROLE}
        roles = {split_database_role(key)[0] for key in client.former_roles}
        # Also where nobody is given a login any more: what was made there is still to be found.
        targets = [VaultLogin.model_validate(dict(target.options)) for target in client.scope.login_targets]
        self._idle = sorted({f"{t.mount}/{t.connection}" for t in targets} - set(self._connections))
        named = roles | {split_last(key)[0] for key in self._connections} | {target.mount for target in targets}
        self.mounts = named | set(client.scope.settings.database_mounts)
        self.diagnostics: list[Diagnostic] = []

    def objects(self) -> list[Live]:
        """What is there. What is missing at the operator's side becomes a diagnostic."""
        if not self.mounts:
            return []
        there = self._secret_mounts()
        found: list[Live] = []
        for mount in sorted(self.mounts):
            if there.get(mount) == "database":
                found += self._roles(mount)
        for key in self._idle:
            live = _ALLOWED.read(self.client, key) if there.get(split_last(key)[0]) == "database" else None
            if live is not None:
                found.append(live)
        for key in self._connections:
            live = self._connection(key, there)
            if live is not None:
                found.append(live)
        return found

    def _secret_mounts(self) -> dict[str, str]:
        found = self.client.get("sys/mounts")
        if found is None:
            raise Rejected(f"{self.client.origin} has no list of mounts", help="check VAULT_NAMESPACE")
        return {path.rstrip("/"): str(m.get("type")) for path, m in found.items() if isinstance(m, dict)}

    def _roles(self, mount: str) -> list[Live]:
        prefix = self.client.scope.settings.policy_prefix
        names = [name for name in keys(self.client.list(f"{mount}/roles")) if name.startswith(prefix)]
        found = self.client.each(lambda name: _ROLE.read(self.client, database_role_key(mount, name)), names)
        live = [one for one in found if one is not None]
        self.client.foreign_roles |= {one.resource.address.key for one in live if one.ownership is Ownership.OTHER}
        return live

    def _connection(self, key: str, there: Mapping[str, str]) -> Live | None:
        mount, connection = split_last(key)
        kind = there.get(mount)
        if kind != "database":
            what = f"{mount} is a mount of type {kind}" if kind else f"there is no mount {mount}"
            enable = f"vault secrets enable -path={mount} database && {make_connection(mount, connection)}"
            self._missing(key, f"{what}, and logins need a database engine", enable)
            return None
        found = self.client.get(f"{mount}/config/{connection}")
        if found is None:
            what = f"the database engine at {mount} has no connection {connection}; its operator makes it"
            self._missing(key, what, make_connection(mount, connection))
            return None
        return _ALLOWED.live(self.client, key, found)

    def _missing(self, key: str, message: str, command: str) -> None:
        scope = self.client.scope
        subject = str(scope.address(ALLOWED_ROLES, key))
        self.diagnostics.append(error("W426", message, subject=subject, help=command, span=scope.span))
