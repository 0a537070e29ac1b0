"""The ACL policy of one pair. Its first line carries our marker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from providers.vault.holders import givers
from providers.vault.names import POLICY, in_prefix
from providers.vault.resource import VaultResource, text
from providers.vault.values import POLICY_EXTRAS, fields
from reconciler.model import Live, Resource, Value
from reconciler.provider import Attribute, Conflict, Rejected, owner_by_text

if TYPE_CHECKING:
    from providers.vault.client import VaultClient


class AclPolicy(VaultResource):
    """Key: the policy's name. Written by compare-and-set where the server numbers versions (OpenBao)."""

    name = POLICY
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "policy": Attribute("The rules, in HCL.", allows=True),
        "expiration": Attribute("When the policy ends by itself (OpenBao); empty is never."),
        "cas_required": Attribute("Whether writes need compare-and-set (OpenBao)."),
        "allow_slashes_in_identity_templates": Attribute("How templates are filled in (OpenBao)."),
        "allow_wildcards_in_identity_templates": Attribute("How templates are filled in (OpenBao)."),
    }

    def read(self, client: VaultClient, key: str) -> Live | None:
        """One policy."""
        found = client.get(f"sys/policies/acl/{key}")
        return None if found is None else self.live(client, key, found)

    def live(self, client: VaultClient, key: str, found: Mapping[str, Any]) -> Live:
        """The object of a server's reply."""
        body = text(found, "policy")
        values: dict[str, Value] = {"policy": body, **fields(POLICY_EXTRAS, found)}
        ownership, note = owner_by_text(body.partition("\n")[0], client.scope)
        version = found.get("version")
        return Live(
            Resource(self.address(client, key), values),
            ownership,
            version="" if version is None else str(version),
            note=note,
        )

    def write(self, client: VaultClient, desired: Resource, before: Live | None) -> None:
        """Write it if it is still what was read."""
        key = desired.address.key
        cas = -1
        if before is not None:
            cas = self._version(client, before)
        extras = {name: value for name, value in desired.attributes.items() if name in POLICY_EXTRAS and value}
        client.post(f"sys/policies/acl/{key}", {"policy": desired.attributes["policy"], "cas": cas, **extras})

    def _version(self, client: VaultClient, before: Live) -> int:
        """The version to replace. A server without versions ignores ``cas``: there, look once more."""
        if before.version:
            return int(before.version)
        now = self.read(client, before.resource.address.key)
        if now is None or now.resource != before.resource:
            raise Conflict(f"{before.resource.address} was changed by somebody else", help="plan again")
        return 0

    def delete(self, client: VaultClient, before: Live) -> None:
        """Remove it: every token that has it loses its rights at once.

        Raises Rejected for one that stood before Writ while others give it: the roles of ours that gave it went first.
        """
        name = before.resource.address.key
        if not in_prefix(name, client.scope.settings) and (others := givers(client, name)):
            more = f" and {len(others) - 1} more" if len(others) > 1 else ""
            verb = "gives" if len(others) == 1 else "give"
            raise Rejected(
                f"policy {name} stays: {others[0]}{more} {verb} it too",
                help="take it out there and do this again; or `writ state rm` its address, and it stays",
            )
        client.delete(f"sys/policies/acl/{name}")
