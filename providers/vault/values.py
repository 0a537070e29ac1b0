"""The attributes of each object as we want them, in the normal form in which they are read back.

Every field that the server knows is here, with the value that it must have: a write leaves nothing as it was
(POST merges), and a field that somebody sets shows as drift.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from providers.vault.settings import VaultSettings
from reconciler.model import Value
from reconciler.provider import AgentRef, Issuer, LoginRequest, Pair, Scope, marker_fields, marker_text

IDENTITY = "identity"
"""The key of an entity's metadata that says which workload it stands for."""
_METADATA_BYTES = 512
"""OpenBao refuses longer values of metadata."""

BACKEND_TUNE: Mapping[str, Value] = {
    "default_lease_ttl": 0,
    "max_lease_ttl": 0,
    "token_type": "default-service",
    "listing_visibility": "",
    "passthrough_request_headers": [],
    "allowed_response_headers": [],
    "audit_non_hmac_request_keys": [],
    "audit_non_hmac_response_keys": [],
}
"""The auth mount's own settings; 0 is the server's default."""

BACKEND_CONFIG: Mapping[str, Value] = {
    "bound_issuer": "",
    "jwks_url": "",
    "jwks_ca_pem": "",
    "oidc_discovery_url": "",
    "oidc_discovery_ca_pem": "",
    "jwt_validation_pubkeys": [],
    "jwt_supported_algs": [],
    "default_role": "",
    "oidc_client_id": "",
    "oidc_response_mode": "",
    "oidc_response_types": [],
    "namespace_in_state": True,
    "override_allowed_server_names": [],
    "provider_config": {},
}

JWT_ROLE: Mapping[str, Value] = {
    "role_type": "jwt",
    "user_claim": "sub",
    "user_claim_json_pointer": False,
    "bound_subject": "",
    "bound_audiences": [],
    "bound_claims": {},
    "bound_claims_type": "string",
    "claim_mappings": {},
    "groups_claim": "",
    "clock_skew_leeway": 0,
    "expiration_leeway": 0,
    "not_before_leeway": 0,
    "max_age": 0,
    "allowed_redirect_uris": [],
    "callback_mode": "client",
    "oauth2_metadata": [],
    "oidc_disable_confirmation": False,
    "oidc_scopes": [],
    "verbose_oidc_logging": False,
    "token_bound_cidrs": [],
    "token_explicit_max_ttl": 0,
    "token_max_ttl": 0,
    "token_no_default_policy": True,
    "token_num_uses": 0,
    "token_period": 0,
    "token_policies": [],
    "token_policies_template_claims": False,
    "token_strictly_bind_ip": False,
    "token_ttl": 0,
    "token_type": "service",
}

BACKEND_OPTIONS: Mapping[str, Value] = {"options": {}}
"""Free settings of the method. The server merges them: an empty text takes one out."""

BACKEND_MADE_WITH: Mapping[str, Value] = {
    "local": False,
    "seal_wrap": False,
    "external_entropy_access": False,
    "plugin_version": "",
    "force_no_cache": False,
}
"""What is chosen when a mount is made, and stays."""

ALIAS_EXTRAS: Mapping[str, Value] = {"custom_metadata": {}}

POLICY_EXTRAS: Mapping[str, Value] = {
    "expiration": "",
    "cas_required": False,
    "allow_slashes_in_identity_templates": False,
    "allow_wildcards_in_identity_templates": False,
}

DATABASE_ROLE: Mapping[str, Value] = {
    "db_name": "",
    "creation_statements": [],
    "revocation_statements": [],
    "renew_statements": [],
    "rollback_statements": [],
    "default_ttl": 0,
    "max_ttl": 0,
    "credential_type": "password",
    "credential_config": {},
}


_TRIMMED = frozenset(
    {
        "jwks_ca_pem",
        "oidc_discovery_ca_pem",
        "jwt_validation_pubkeys",
        "creation_statements",
        "revocation_statements",
        "renew_statements",
        "rollback_statements",
    }
)
"""Fields around whose texts white space means nothing, and where servers remove it."""


def normal(default: Value, found: Any) -> Value:
    """A field as read, in the form of its default: null is empty, a text is a list where a list is expected."""
    if found is None:
        return default if isinstance(default, bool | int) else _EMPTY[type(default)]()
    if isinstance(default, list) and isinstance(found, str):
        return [part.strip() for part in found.split(",") if part.strip()]
    value: Value = found
    return value


_EMPTY: Mapping[type, Callable[[], Value]] = {str: str, list: list, dict: dict}


def fields(defaults: Mapping[str, Value], found: Mapping[str, Any]) -> dict[str, Value]:
    """The known fields as read. A field that this server doesn't return counts as its default."""
    return {name: _field(name, default, found) for name, default in defaults.items()}


def _field(name: str, default: Value, found: Mapping[str, Any]) -> Value:
    if name not in found:
        return default
    value = normal(default, found[name])
    if name not in _TRIMMED:
        return value
    return value.strip() if isinstance(value, str) else [str(text).strip() for text in _list(value)]


def _list(value: Value) -> list[Value]:
    return list(value) if isinstance(value, list) else []


def others(known: Mapping[str, Value], found: Mapping[str, Any], *ignored: str) -> dict[str, Value]:
    """Fields that we don't know and that are set: a newer server's, perhaps, and perhaps a way in."""
    return {name: value for name, value in sorted(found.items()) if value and name not in known and name not in ignored}


def backend_values(scope: Scope[VaultSettings], mount: str, issuer: Issuer) -> dict[str, Value]:
    """The auth mount that trusts exactly one issuer."""
    ca = issuer.jwks_ca_pem.strip()
    return {
        "path": mount,
        "type": "jwt",
        "description": marker_text(scope),
        **BACKEND_TUNE,
        **BACKEND_OPTIONS,
        **BACKEND_CONFIG,
        "made_with": {},
        "bound_issuer": issuer.url,
        "jwks_url": issuer.jwks_url,
        "jwks_ca_pem": ca if issuer.jwks_url else "",
        "oidc_discovery_url": issuer.discovery_url,
        "oidc_discovery_ca_pem": ca if issuer.discovery_url else "",
        "jwt_validation_pubkeys": [key.strip() for key in issuer.public_keys],
        "other_fields": {},
    }


def use_values(mount: str, issuer: Issuer) -> dict[str, Value]:
    """What an auth mount that somebody else keeps must say of an issuer."""
    return {
        "path": mount,
        "bound_issuer": issuer.url,
        "jwks_url": issuer.jwks_url,
        "oidc_discovery_url": issuer.discovery_url,
        "jwt_validation_pubkeys": [key.strip() for key in issuer.public_keys],
    }


def jwt_role_values(
    pair: Pair, audience: str, policy: str, kept: Mapping[str, Value] | None = None
) -> dict[str, Value]:
    """The role that gives one policy to one subject, for one audience, for the pair's time. ``kept``: fields that stay
    as they were before Writ.
    """
    return {
        **JWT_ROLE,
        "bound_subject": pair.agent.subject,
        "bound_audiences": [audience],
        "token_policies": [policy],
        "token_ttl": pair.ttl,
        "token_max_ttl": pair.ttl,
        "token_explicit_max_ttl": pair.ttl,
        "other_fields": {},
        **(kept or {}),
    }


def policy_values(text: str) -> dict[str, Value]:
    """A policy without an expiry and without identity templates."""
    return {"policy": text, **POLICY_EXTRAS}


def entity_values(scope: Scope[VaultSettings], name: str, agent: AgentRef, issuer: str) -> dict[str, Value]:
    """The agent as audit names it. It carries no policy of its own: those come with the role of each intent."""
    metadata = {metadata_key(key): value for key, value in marker_fields(scope).items()}
    metadata |= {"agent": agent.name, "owner": agent.owner, "purpose": agent.purpose}
    identity = _cut(f"{issuer} {agent.subject}")
    metadata[IDENTITY] = identity
    return {
        "name": name,
        "identity": identity,
        "metadata": {key: _cut(value) for key, value in sorted(metadata.items())},
        "policies": [],
        "disabled": False,
    }


def metadata_key(key: str) -> str:
    """A marker's field as a key of metadata, where Vault allows no colon."""
    return key.replace(":", "/")


def marker_key(key: str) -> str:
    """The way back."""
    return key.replace("/", ":")


def _cut(text: str) -> str:
    if len(text) * 4 <= _METADATA_BYTES:
        return text  # no character takes more than 4 bytes
    encoded = text.encode()
    if len(encoded) <= _METADATA_BYTES:
        return text
    return encoded[: _METADATA_BYTES - 3].decode(errors="ignore") + "…"


def database_role_values(request: LoginRequest, connection: str) -> dict[str, Value]:
    """The role by which the database engine makes and ends logins."""
    return {
        **DATABASE_ROLE,
        "db_name": connection,
        "creation_statements": [statement.strip() for statement in request.create],
        "revocation_statements": [statement.strip() for statement in request.revoke],
        "renew_statements": [statement.strip() for statement in request.renew],
        "default_ttl": request.pair.ttl,
        "max_ttl": request.pair.ttl,
        "other_fields": {},
    }
