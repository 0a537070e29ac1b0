"""The JWT auth mount: which issuer's tokens are believed. Its description carries our marker."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from providers.vault.names import JWT_BACKEND
from providers.vault.resource import VaultResource, text
from providers.vault.values import (
    BACKEND_CONFIG,
    BACKEND_MADE_WITH,
    BACKEND_OPTIONS,
    BACKEND_TUNE,
    fields,
    others,
)
from reconciler.model import Address, Live, Ownership, Resource, Value
from reconciler.provider import Attribute, Scope, marker_text, owner_by_text

if TYPE_CHECKING:
    from providers.vault.client import VaultClient

_KINDS = frozenset({"jwt", "oidc"})
_NOT_CONFIG = ("status",)
_NOT_SETTINGS = (
    "accessor",
    "config",
    "deprecation_status",
    "description",
    "options",
    "running_plugin_version",
    "running_sha256",
    "type",
    "uuid",
)
"""Of a mount in the list: what is looked at elsewhere, and what only says how it is."""


class JwtBackend(VaultResource):
    """Key: the mount's path."""

    name = JWT_BACKEND
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "path": Attribute("The mount's path.", replaces=True),
        "type": Attribute("The auth method.", replaces=True),
        "description": Attribute("Carries the ownership marker."),
        "default_lease_ttl": Attribute("The mount's default TTL in seconds; 0 is the server's."),
        "max_lease_ttl": Attribute("The mount's maximum TTL in seconds; 0 is the server's."),
        "token_type": Attribute("What tokens the mount gives."),
        "listing_visibility": Attribute("Whether anybody may see the mount."),
        "passthrough_request_headers": Attribute("Request headers that the method gets to see."),
        "allowed_response_headers": Attribute("Response headers that the method may set."),
        "audit_non_hmac_request_keys": Attribute("Request fields that audit shows in clear."),
        "audit_non_hmac_response_keys": Attribute("Response fields that audit shows in clear."),
        "options": Attribute("Free settings of the method: none."),
        "made_with": Attribute("What is chosen when a mount is made: nothing special.", replaces=True),
        "bound_issuer": Attribute("The exact `iss` of tokens.", admits=True),
        "jwks_url": Attribute("Where the issuer's keys are.", admits=True),
        "jwks_ca_pem": Attribute("The CA of that URL.", admits=True),
        "oidc_discovery_url": Attribute("Where OpenID Connect Discovery finds the keys.", admits=True),
        "oidc_discovery_ca_pem": Attribute("The CA of that URL.", admits=True),
        "jwt_validation_pubkeys": Attribute("The issuer's keys, in PEM.", admits=True),
        "jwt_supported_algs": Attribute("Signature algorithms; empty is all that fit the keys."),
        "default_role": Attribute("The role of a login that names none."),
        "oidc_client_id": Attribute("For interactive logins; unused."),
        "oidc_response_mode": Attribute("For interactive logins; unused."),
        "oidc_response_types": Attribute("For interactive logins; unused."),
        "namespace_in_state": Attribute("For interactive logins; unused."),
        "override_allowed_server_names": Attribute("Other names in the key server's certificate."),
        "provider_config": Attribute("Settings for special issuers."),
        "other_fields": Attribute("Settings that are set and that Writ doesn't know."),
        "accessor": Attribute("The mount's accessor.", computed=True),
    }

    def read(self, client: VaultClient, key: str) -> Live | None:
        """From the list of mounts and the method's configuration."""
        mount = client.auth_mounts(again=True).get(key)
        if mount is None:
            return None
        config = client.get(f"auth/{key}/config") if is_jwt(mount) else None
        return self.live(client, key, mount, config or {})

    def live(self, client: VaultClient, key: str, mount: Mapping[str, Any], config: Mapping[str, Any]) -> Live:
        """The object of a mount's entry and its configuration."""
        tune = fields(BACKEND_TUNE, mount.get("config") or {})
        if tune["listing_visibility"] == "hidden":
            tune["listing_visibility"] = ""
        config_and_more = {**config, **_unknown(mount)}
        values: dict[str, Value] = {
            "path": key,
            "type": str(mount.get("type", "")),
            "description": str(mount.get("description") or ""),
            **tune,
            **fields(BACKEND_OPTIONS, mount),
            "made_with": {name: value for name, value in _made_with(mount).items() if value},
            **fields(BACKEND_CONFIG, config),
            "other_fields": others(BACKEND_CONFIG, config_and_more, *_NOT_CONFIG),
            "accessor": str(mount.get("accessor", "")),
        }
        ownership, note = mount_owner(client.scope, mount)
        if ownership is Ownership.FOREIGN:
            mark = marker_text(client.scope)
            note += f"; a mount that is for Writ alone says so: vault auth tune -description='{mark}' {key}"
        return Live(
            Resource(self.address(client, key), values), ownership, note=note, native_id=text(values, "accessor")
        )

    def create(self, client: VaultClient, desired: Resource) -> None:
        """Make it, or finish one of ours whose making was cut off after its first call."""
        existing = self.read(client, desired.address.key)
        if existing is not None and existing.ownership is Ownership.OURS:
            self.write(client, desired, existing)
        else:
            super().create(client, desired)

    def write(self, client: VaultClient, desired: Resource, before: Live | None) -> None:
        """Enable it, tune it, configure it. The server reads the issuer's keys before it accepts them."""
        key, values = desired.address.key, desired.attributes
        tune = {name: values[name] for name in BACKEND_TUNE} | {"description": values["description"]}
        tune["options"] = _options(before, values["options"])
        if before is None:
            client.post(f"sys/auth/{key}", {"type": values["type"], "description": values["description"]})
        client.forget_mounts()
        client.post(f"sys/mounts/auth/{key}/tune", tune)
        client.post(f"auth/{key}/config", {name: values[name] for name in BACKEND_CONFIG})

    def delete(self, client: VaultClient, before: Live) -> None:
        """Disable it: every token that it gave ends."""
        client.delete(f"sys/auth/{before.resource.address.key}")
        client.forget_mounts()


def _options(before: Live | None, wanted: Value) -> dict[str, Value]:
    """The wanted options, and those that there are besides, to be taken out."""
    there = before.resource.attributes.get("options") if before else {}
    surplus: dict[str, Value] = dict.fromkeys(there, "") if isinstance(there, Mapping) else {}
    return surplus | (dict(wanted) if isinstance(wanted, Mapping) else {})


def _made_with(mount: Mapping[str, Any]) -> dict[str, Value]:
    return fields(BACKEND_MADE_WITH, {**(mount.get("config") or {}), **mount})


def _unknown(mount: Mapping[str, Any]) -> dict[str, Value]:
    """What the list of mounts shows of a mount and Writ doesn't know."""
    tune = others(BACKEND_TUNE, mount.get("config") or {}, *BACKEND_MADE_WITH)
    return others(BACKEND_MADE_WITH, mount, *_NOT_SETTINGS) | tune


def is_jwt(entry: Mapping[str, Any] | None) -> bool:
    """Whether an auth mount is there and of our kind: others have no such roles and configuration."""
    return entry is not None and entry.get("type") in _KINDS


def mount_owner(scope: Scope[Any], mount: Mapping[str, Any] | None) -> tuple[Ownership, str]:
    """Whose an auth mount is. One of another kind is another's, whatever its description says."""
    if mount is None:
        return Ownership.OTHER, "it doesn't exist"
    if not is_jwt(mount):
        return Ownership.OTHER, f"it is of type {mount.get('type')}"
    return owner_by_text(str(mount.get("description") or ""), scope)


def content_owner(client: VaultClient, mount: str, wanted: Collection[Address]) -> tuple[Ownership, str] | None:
    """Whose the content of a mount in the scope is; None where it is no business of ours.

    A mount that is wanted or recorded is read whatever its marker says, and its content shares its fate: if it is
    recorded, it is ours and somebody took the marker away; if not, the planner refuses it with all that is in it.
    """
    entry = client.auth_mounts().get(mount)
    owner, note = mount_owner(client.scope, entry)
    if owner is Ownership.OURS:
        return owner, note
    wants = client.scope.address(JWT_BACKEND, mount) in wanted
    if not wants or not is_jwt(entry):
        return None
    return Ownership.FOREIGN, note
