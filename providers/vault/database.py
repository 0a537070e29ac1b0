"""Reading database mounts: roles with our prefix, and our entries at the connections that we use."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from providers.vault.allowed_role import AllowedRole, config_path, make_connection, patterns_for, roles_of
from providers.vault.database_role import DatabaseRole
from providers.vault.names import (
    ALLOWED_ROLE,
    CONNECTION,
    DATABASE_ROLE,
    database_role_key,
    split_allowed_role,
    split_database_role,
)
from providers.vault.resource import keys
from providers.vault.settings import VaultLogin
from reconciler.model import Address, Live, Ownership, Resource
from reconciler.provider import Rejected
from specs.diagnostic import Diagnostic, error, warning

if TYPE_CHECKING:
    from providers.vault.client import VaultClient

_ROLE = DatabaseRole()
_ALLOWED = AllowedRole()


def _few(names: list[str]) -> str:
    return ",".join(names) if len(names) <= 10 else ",".join([*names[:10], "…"])


class DatabaseReader:
    """One reading of the database mounts that wanted objects or the settings name."""

    def __init__(self, client: VaultClient, wanted: Collection[Address]) -> None:
        self.client = client
        entries = {a.key: split_allowed_role(a.key) for a in wanted if a.type == ALLOWED_ROLE}
        self._connections: dict[tuple[str, str], list[str]] = {}
        """(mount, connection) → keys of the entries that are wanted there."""
        for key, (mount, connection, _) in sorted(entries.items()):
            self._connections.setdefault((mount, connection), []).append(key)
        client.former_roles = {a.key for a in wanted if a.type == DATABASE_ROLE}
        client.former_roles |= {database_role_key(mount, role) for mount, _, role in entries.values()}
        # Also where nobody is given a login any more: what was made there is still to be found.
        targets = [VaultLogin.model_validate(dict(target.options)) for target in client.scope.login_targets]
        self._declared = {(t.mount, t.connection) for t in targets}
        self._idle = sorted(self._declared - self._connections.keys())
        named = {split_database_role(key)[0] for key in client.former_roles} | {target.mount for target in targets}
        self.mounts = named | {mount for mount, _ in self._connections} | set(client.scope.settings.database_mounts)
        self.absent: frozenset[str] = frozenset()
        """Mounts, once read, that hold no database engine."""
        self.diagnostics: list[Diagnostic] = []
        self.observed: dict[Address, Resource] = {}
        """Connections that were read: the patterns in their lists that are no objects of ours."""

    def objects(self) -> list[Live]:
        """What is there. What is missing at the operator's side becomes a diagnostic."""
        if not self.mounts:
            return []
        there = self._secret_mounts()
        self.absent = frozenset(mount for mount in self.mounts if there.get(mount) != "database")
        found: list[Live] = []
        for mount in sorted(self.mounts):
            if there.get(mount) == "database":
                found += self._roles(mount)
        for mount, connection in self._idle:
            config = self.client.get(config_path(mount, connection)) if there.get(mount) == "database" else None
            found += _ALLOWED.entries(self.client, mount, connection, config or {})
            self._note((mount, connection), config or {}, found)
        for place in self._connections:
            found += self._connection(*place, there)
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
        self._former(mount)
        return live

    def _former(self, mount: str) -> None:
        """Roles of a former prefix that are somebody else's by now: so are their entries, which carry no marker."""
        former = sorted(key for key in self.client.former_roles if split_database_role(key)[0] == mount)
        prefix = self.client.scope.settings.policy_prefix
        outside = [key for key in former if not split_database_role(key)[1].startswith(prefix)]
        found = self.client.each(lambda key: _ROLE.read(self.client, key), outside)
        others = {Ownership.OTHER, Ownership.FOREIGN}
        self.client.foreign_roles |= {one.resource.address.key for one in found if one and one.ownership in others}

    def _connection(self, mount: str, connection: str, there: Mapping[str, str]) -> list[Live]:
        kind = there.get(mount)
        if kind != "database":
            what = f"{mount} is a mount of type {kind}" if kind else f"there is no mount {mount}"
            enable = f"vault secrets enable -path={mount} database && {make_connection(mount, connection)}"
            self._missing((mount, connection), f"{what}, and logins need a database engine", enable)
            return []
        found = self.client.get(config_path(mount, connection))
        if found is None:
            what = f"the database engine at {mount} has no connection {connection}; its operator makes it"
            self._missing((mount, connection), what, make_connection(mount, connection))
            return []
        self._warn_of_patterns(mount, connection, found)
        entries = _ALLOWED.entries(self.client, mount, connection, found)
        self._note((mount, connection), found, entries)
        return entries

    def _note(self, place: tuple[str, str], config: Mapping[str, Any], entries: list[Live]) -> None:
        ours = {split_allowed_role(live.resource.address.key) for live in entries}
        # The operator's single roles are its own: only a pattern may serve what is ours, or what an agent writes.
        patterns = sorted({one for one in roles_of(config) if "*" in one and (*place, one) not in ours})
        address = self.client.scope.address(CONNECTION, config_path(*place))
        self.observed[address] = Resource(address, {"patterns": patterns})

    def _wanted(self, mount: str, connection: str) -> list[str]:
        return [split_allowed_role(key)[2] for key in self._connections[mount, connection]]

    def _warn_of_patterns(self, mount: str, connection: str, config: Mapping[str, Any]) -> None:
        """The operator's patterns let whoever can write a role in this engine use the connection."""
        listed, wanted = roles_of(config), self._wanted(mount, connection)
        serving = {one for role in wanted for one in patterns_for(self.client, mount, role, listed)}
        if not serving:
            return
        named = sorted({*(one for one in listed if one not in serving), *wanted})
        what = "every role" if "*" in serving else f"every role like {', '.join(sorted(serving))}"
        where = config_path(mount, connection)
        self.diagnostics.append(
            warning(
                "W429",
                f"the connection {where} serves {what}: whoever may write a role in this engine gets logins from it",
                subject=f"{self.client.scope.system}: {where}",
                help=f"name the roles: vault write {where} allowed_roles='{_few(named)}' verify_connection=false",
                span=self.client.scope.span,
            )
        )

    def _missing(self, place: tuple[str, str], message: str, command: str) -> None:
        """Said once for each connection; where only records name it, of an object that is to go."""
        scope = self.client.scope
        recorded = str(scope.address(ALLOWED_ROLE, self._connections[place][0]))
        subject = f"{scope.system}: {config_path(*place)}" if place in self._declared else recorded
        self.diagnostics.append(error("W426", message, subject=subject, help=command, span=scope.span))
