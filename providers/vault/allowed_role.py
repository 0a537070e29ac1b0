"""One entry of ours among the roles that a database connection serves. The connection itself is its operator's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from providers.vault.names import ALLOWED_ROLE, DATABASE_ROLE, database_role_key, split_allowed_role
from providers.vault.resource import VaultResource, one_text, text
from providers.vault.values import normal
from reconciler.model import Live, Ownership, Resource, Value
from reconciler.provider import Attribute, Conflict, Rejected, UnknownOutcome, Unreachable
from specs.glob import matches

if TYPE_CHECKING:
    from providers.vault.client import VaultClient


_TRIES = 3
"""Writes of a connection's list, each read back."""


class AllowedRole(VaultResource):
    """Key: ``<mount>/<connection>/<role>``. An object for each role, so that one can go without the others.

    A pattern of the operator's that serves the role too (``*``) doesn't stand for its entry, or a list that somebody
    opened to every role would look like ours. It is never taken out: the operator's own roles may need it.
    """

    name = ALLOWED_ROLE
    borrowed = True
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "connection": Attribute("The connection's path: ``<mount>/config/<name>``.", replaces=True),
        "role": Attribute("The role that it serves.", replaces=True, allows=True),
    }

    def read(self, client: VaultClient, key: str) -> Live | None:
        """The entry, if the connection lists it."""
        mount, connection, role = split_allowed_role(key)
        listed = roles_of(client.get(config_path(mount, connection)) or {})
        return self.live(client, mount, connection, role) if role in listed else None

    def live(self, client: VaultClient, mount: str, connection: str, role: str) -> Live:
        """One entry that is there."""
        address = self.address(client, f"{mount}/{connection}/{role}")
        needs = (client.scope.address(DATABASE_ROLE, database_role_key(mount, role)),)
        return Live(Resource(address, allowed_role_values(mount, connection, role)), Ownership.UNMARKED, needs)

    def entries(self, client: VaultClient, mount: str, connection: str, found: Mapping[str, Any]) -> list[Live]:
        """Our entries of a connection's configuration."""
        ours = {role for role in roles_of(found) if _is_ours(client, mount, role)}
        return [self.live(client, mount, connection, role) for role in sorted(ours)]

    def write(self, client: VaultClient, desired: Resource, before: Live | None) -> None:  # noqa: ARG002 - no fields
        """Add it; all others stay where they are."""
        role = text(desired.attributes, "role")
        _change(client, desired.address.key, lambda now: now if role in now else [*now, role])

    def delete(self, client: VaultClient, before: Live) -> None:
        """Take it out. Raises Unreachable where the reply was lost: taking it out again does no harm."""
        role = text(before.resource.attributes, "role")
        key = before.resource.address.key
        mount, connection, _ = split_allowed_role(key)
        if client.get(config_path(mount, connection)) is None:
            return
        try:
            _change(client, key, lambda now: [one for one in now if one != role])
        except UnknownOutcome as lost:
            raise Unreachable(lost.message, help=lost.help) from None


def patterns_for(client: VaultClient, mount: str, role: str, listed: Sequence[str]) -> list[str]:
    """The operator's patterns in a connection's list that serve a role: ``*`` is any text, as in the server's glob.

    One with our prefix is none of the operator's, but an entry that somebody made in our scope.
    """
    patterns = (one for one in listed if "*" in one and not _is_ours(client, mount, one))
    return [one for one in patterns if serves(one, role)]


def serves(entry: str, role: str) -> bool:
    """Whether an entry of a connection's list serves a role: ``*`` is any text there, as in the server's glob."""
    return matches(entry, role)


def allowed_role_values(mount: str, connection: str, role: str) -> dict[str, Value]:
    """The entry as it is wanted and found."""
    return {"connection": config_path(mount, connection), "role": role}


def _is_ours(client: VaultClient, mount: str, role: str) -> bool:
    """By its prefix or by our record, unless the role was seen to be another environment's."""
    key = database_role_key(mount, role)
    ours = role.startswith(client.scope.settings.policy_prefix) or key in client.former_roles
    return ours and key not in client.foreign_roles


def _change(client: VaultClient, key: str, change: Callable[[Sequence[str]], Sequence[str]]) -> None:
    """Read, change, write until it reads back so: one at a time in this process, for the server has no compare-and-set.

    Raises Conflict where somebody else always has the last word.
    """
    mount, connection, _ = split_allowed_role(key)
    path = config_path(mount, connection)
    with client.connections_lock:
        for _ in range(_TRIES):
            found = client.get(path)
            if found is None:
                raise Rejected(f"database connection {connection} isn't there", help=make_connection(mount, connection))
            now = roles_of(found)
            then = list(change(now))
            if then == now:
                return
            # What is left out of the body keeps its value, the password included; nothing is connected to.
            client.post(path, {"allowed_roles": one_text(then), "verify_connection": False})
    raise Conflict(f"somebody else writes the list of {path}", help="plan again")


def make_connection(mount: str, connection: str) -> str:
    """The command that makes a connection."""
    return (
        f"vault write {mount}/config/{connection} plugin_name=postgresql-database-plugin "
        "connection_url='postgresql://{{username}}:{{password}}@HOST:5432/DATABASE' "
        "allowed_roles='' username=USER password=PASSWORD"
    )


def config_path(mount: str, connection: str) -> str:
    """Where a connection's configuration is."""
    return f"{mount}/config/{connection}"


def split_connection(path: str) -> tuple[str, str]:
    """Mount and connection of config_path."""
    mount, _, connection = path.rpartition("/config/")
    return mount, connection


def patterns_of(observed: Resource) -> list[str]:
    """The operator's patterns of a connection that is observed."""
    found = observed.attributes.get("patterns")
    return [str(one) for one in found] if isinstance(found, list | tuple) else []


def roles_of(found: Mapping[str, Any]) -> list[str]:
    """The roles that a connection's configuration lists."""
    roles = normal([], found.get("allowed_roles"))
    return [str(role) for role in roles] if isinstance(roles, list) else []
