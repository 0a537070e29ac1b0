"""Reading database mounts: roles with our prefix, and our entries at the connections that we use."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from providers.vault.allowed_role import AllowedRole, config_path, make_connection, patterns_for, roles_of, serves
from providers.vault.database_role import DatabaseRole
from providers.vault.errors import InvalidToken
from providers.vault.holder import holder
from providers.vault.names import (
    ALLOWED_ROLE,
    CONNECTION,
    DATABASE_ROLE,
    database_role_key,
    split_allowed_role,
    split_database_role,
    split_last,
)
from providers.vault.resource import keys, text
from providers.vault.settings import VaultLogin
from reconciler.model import Address, Live, Ownership, Resource
from reconciler.provider import Denied, Rejected
from specs.diagnostic import Diagnostic, error, warning

if TYPE_CHECKING:
    from providers.vault.client import VaultClient

_ROLE = DatabaseRole()
_ALLOWED = AllowedRole()


_KINDS = {"roles": "database role", "static-roles": "static database role"}


def _few(names: list[str]) -> str:
    return ",".join(names) if len(names) <= 10 else ",".join([*names[:10], "…"])


def named_roles(found: Mapping[str, Any], starts: Iterable[str]) -> list[str]:
    """Names in a database role's statements that begin so, as SQL may spell them; or that of its login."""
    texts = (value for name, value in found.items() if name.endswith("_statements") or name == "username")
    statements = "\n".join(one for value in texts for one in _all(value))
    patterns = (rf"(?<![\w$]){re.escape(start)}[^\s\"';,()]*" for start in starts)
    return sorted({name for one in patterns for name in re.findall(one, statements, re.IGNORECASE)})


def _all(value: Any) -> Iterator[str]:
    yield from (str(one) for one in (value if isinstance(value, list | tuple) else [value or ""]))


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
        self.unread: set[str] = set()
        """What couldn't be looked at, and isn't in the scope."""
        self._listed: dict[tuple[str, str], list[str]] = {}
        """Whom the connections serve that were read."""
        self._strange: list[str] = []
        """Keys of database roles that aren't ours."""

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
        return found + self._makers()

    def _secret_mounts(self) -> dict[str, str]:
        found = self.client.get("sys/mounts")
        if found is None:
            raise Rejected(f"{self.client.origin} has no list of mounts", help="check VAULT_NAMESPACE")
        return {path.rstrip("/"): str(m.get("type")) for path, m in found.items() if isinstance(m, dict)}

    def _roles(self, mount: str) -> list[Live]:
        prefix = self.client.scope.settings.policy_prefix
        every = keys(self.client.list(f"{mount}/roles"))
        names = [name for name in every if name.startswith(prefix)]
        prefixes = (prefix, *(one.policy_prefix for one in self.client.scope.alike))
        rest = [database_role_key(mount, name) for name in every if not name.startswith(prefixes)]
        self._strange += [key for key in rest if key not in self.client.former_roles]
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

    def _makers(self) -> list[Live]:
        """Roles of the operator's whose statements name roles that are Writ's, unless nothing serves them."""
        starts = sorted({target.role_prefix for target in self.client.scope.login_targets if target.role_prefix})
        if not starts:
            return []
        strange = [*self._strange, *(key for mount in sorted(self.mounts - self.absent) for key in self._static(mount))]
        read = self.client.each(self._maker, strange)
        named = ((key, found, named_roles(found, starts)) for key, found in zip(strange, read, strict=True))
        return [
            holder(self.client, key, _KINDS[split_last(split_last(key)[0])[1]], roles=roles)
            for key, found, roles in named
            if roles and self._may_mint(key, found)
        ]

    def _static(self, mount: str) -> list[str]:
        """Keys of the roles that give the password of one login: perhaps of one of ours."""
        folder = f"{mount}/static-roles"
        return [f"{folder}/{name}" for name in keys(self._asked(folder, lambda: self.client.list(folder)))]

    def _maker(self, key: str) -> Mapping[str, Any]:
        return self._asked(f"{split_last(key)[0]}/…", lambda: self.client.get(key)) or {}

    def _asked(self, what: str, ask: Callable[[], Mapping[str, Any] | None]) -> Mapping[str, Any] | None:
        try:
            return ask()
        except InvalidToken:
            raise
        except (Denied, Rejected):  # the right is missing, or the server has no such thing
            self.unread.add(what)
            return None

    def _may_mint(self, key: str, found: Mapping[str, Any]) -> bool:
        folder, role = split_last(key)
        listed = self._listed.get((split_last(folder)[0], text(found, "db_name")))
        return listed is None or any(serves(entry, role) for entry in listed)

    def _note(self, place: tuple[str, str], config: Mapping[str, Any], entries: list[Live]) -> None:
        self._listed[place] = roles_of(config)
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
