"""The dynamic database role of one pair: how its logins are made and ended. No room for a marker: ours by prefix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from providers.vault.names import DATABASE_ROLE, split_database_role
from providers.vault.resource import VaultResource
from providers.vault.values import DATABASE_ROLE as FIELDS
from providers.vault.values import fields, others
from reconciler.model import Live, Ownership, Resource, Value
from reconciler.provider import Attribute, Rejected, environment_of

if TYPE_CHECKING:
    from providers.vault.client import VaultClient


class DatabaseRole(VaultResource):
    """Key: ``<mount>/roles/<name>``, which is also its path."""

    name = DATABASE_ROLE
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "db_name": Attribute("The connection."),
        "creation_statements": Attribute("How a login is made.", allows=True, sessions=True),
        "revocation_statements": Attribute("How it ends, live sessions included."),
        "renew_statements": Attribute("How it is prolonged."),
        "rollback_statements": Attribute("What undoes a failed creation."),
        "default_ttl": Attribute("A login's life in seconds."),
        "max_ttl": Attribute("Its longest life with renewals, in seconds."),
        "credential_type": Attribute("What is handed out."),
        # The server merges it, and takes nothing out of it again.
        "credential_config": Attribute("How it is made.", replaces=True),
        "other_fields": Attribute("Fields that are set and that Writ doesn't know.", replaces=True),
    }

    def read(self, client: VaultClient, key: str) -> Live | None:
        """One role."""
        found = client.get(key)
        return None if found is None else self.live(client, key, found)

    def live(self, client: VaultClient, key: str, found: Mapping[str, Any]) -> Live:
        """The object of a server's reply."""
        values = {**fields(FIELDS, found), "other_fields": others(FIELDS, found)}
        ownership, note = _owner(client, values)
        return Live(Resource(self.address(client, key), values), ownership, note=note)

    def write(self, client: VaultClient, desired: Resource, before: Live | None) -> None:  # noqa: ARG002 - no CAS
        """Write every field."""
        client.post(desired.address.key, {name: desired.attributes[name] for name in FIELDS})

    def delete(self, client: VaultClient, before: Live) -> None:
        """End its live logins while its revocation statements are there, then remove it.

        Raises Rejected and keeps the role if a login can't be ended.
        """
        key = before.resource.address.key
        mount, role = split_database_role(key)
        leases = f"sys/leases/revoke-prefix/{mount}/creds/{role}"
        try:
            client.post(leases, {"sync": True})
        except Rejected as failed:
            by_hand = f"vault lease revoke -force -prefix {mount}/creds/{role}"
            how = f"end its logins in the database by hand, then {by_hand}, and plan again"
            raise Rejected(failed.message, help=how) from None
        client.delete(key)
        client.post(leases, {"sync": True})  # a login made between the two


def _owner(client: VaultClient, values: Mapping[str, Value]) -> tuple[Ownership, str]:
    """A role has no room for a marker, but the statements of the system that asked for it carry one."""
    environment = environment_of(str(values.get("creation_statements")))
    if not environment:
        return Ownership.FOREIGN, "its creation statements don't carry Writ's marker"
    if environment == client.scope.environment:
        return Ownership.UNMARKED, ""
    return Ownership.OTHER, f"it belongs to environment {environment}"
