"""The subjects: one to a provider."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from reconciler.model import Value
from tests.conformance.suite import Subject, Vandal

_NAME = "its name: another value is another object"


def set_to(value: Value) -> Vandal:
    return lambda _: value


def more(item: Value) -> Vandal:
    def add(value: Value) -> Value:
        assert isinstance(value, list | tuple)
        return sorted([*value, item], key=str)

    return add


def with_key(name: str, item: Value) -> Vandal:
    def add(value: Value) -> Value:
        assert isinstance(value, Mapping)
        return {**value, name: item}

    return add


def wider_policy(value: Value) -> Value:
    """One more action in the first statement of an AWS document."""
    assert isinstance(value, str)
    document: Any = json.loads(value)
    document["Statement"][0]["Resource"] = ["*"]
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def wider_trust(value: Value) -> Value:
    """One more subject."""
    assert isinstance(value, str)
    document: Any = json.loads(value)
    condition = document["Statement"][0]["Condition"]["StringEquals"]
    name = next(key for key in condition if key.endswith(":sub"))
    condition[name] = sorted([*condition[name], "system:serviceaccount:evil:bot"])
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def appended(text: str) -> Vandal:
    return lambda value: f"{value}{text}"


def sql(statement: str) -> Callable[[Any, str], None]:
    """A statement by hand, with the object's key in it."""
    return lambda client, key: client.script(statement.format(key))


AWS = Subject(
    "aws",
    values={
        ("aws_iam_openid_connect_provider", "client_id_list"): more("evil"),
        ("aws_iam_openid_connect_provider", "tags"): with_key("extra", "x"),
        ("aws_iam_openid_connect_provider", "thumbprint_list"): more("a" * 40),
        ("aws_iam_role", "path"): set_to("/elsewhere/"),
        ("aws_iam_role", "assume_role_policy"): wider_trust,
        ("aws_iam_role", "description"): set_to("something else"),
        ("aws_iam_role", "permissions_boundary"): set_to("arn:aws:iam::aws:policy/ReadOnlyAccess"),
        ("aws_iam_role", "tags"): with_key("extra", "x"),
        ("aws_iam_role_policy", "policy"): wider_policy,
    },
    fixed={
        "aws_iam_openid_connect_provider.url": _NAME,
        "aws_iam_role.name": _NAME,
        "aws_iam_role.path": "a role that is moved is another ARN: tested with the other rogues",
        "aws_iam_role_policy.role": _NAME,
        "aws_iam_role_policy.name": _NAME,
    },
    found_only=frozenset(
        {
            "aws_iam_role_policy_attachment",
            "aws_iam_instance_profile_role",
            "aws_iam_openid_connect_provider_use",
        }
    ),
)

_ONE_KEY_SOURCE = "the server takes one source of keys; the issuer here has a JWKS"
_SERVER_KNOWS = "filled with fields of a newer server: nothing to set here"
_OIDC_ONLY = "the server checks it against an OIDC provider"
_BACKEND, _ROLE, _DATABASE = (
    "vault_jwt_auth_backend",
    "vault_jwt_auth_backend_role",
    "vault_database_secret_backend_role",
)
VAULT = Subject(
    "vault",
    values={
        ("vault_identity_entity", "metadata"): with_key("owner", "somebody-else@example.com"),
        ("vault_identity_entity", "policies"): set_to(["default"]),
        (_BACKEND, "description"): set_to("mine"),
        (_BACKEND, "token_type"): set_to("batch"),
        (_BACKEND, "listing_visibility"): set_to("unauth"),
        (_BACKEND, "passthrough_request_headers"): set_to(["X-Evil"]),
        (_BACKEND, "allowed_response_headers"): set_to(["X-Evil"]),
        (_BACKEND, "audit_non_hmac_request_keys"): set_to(["jwt"]),
        (_BACKEND, "audit_non_hmac_response_keys"): set_to(["client_token"]),
        (_BACKEND, "options"): set_to({"anything": "here"}),
        ("vault_identity_entity_alias", "custom_metadata"): set_to({"team": "admins"}),
        (_BACKEND, "bound_issuer"): set_to("https://evil.example.com"),
        (_BACKEND, "jwt_supported_algs"): set_to(["ES512"]),
        (_BACKEND, "default_role"): set_to("support-bot_orders.read"),
        (_BACKEND, "override_allowed_server_names"): set_to(["evil.example.com"]),
        (_ROLE, "user_claim"): set_to("email"),
        (_ROLE, "bound_subject"): set_to("somebody"),
        (_ROLE, "bound_audiences"): more("evil"),
        (_ROLE, "bound_claims"): set_to({"team": ["x"]}),
        (_ROLE, "bound_claims_type"): set_to("glob"),
        (_ROLE, "claim_mappings"): set_to({"email": "owner"}),
        (_ROLE, "groups_claim"): set_to("groups"),
        (_ROLE, "allowed_redirect_uris"): set_to(["http://evil.example.com/"]),
        (_ROLE, "oidc_scopes"): set_to(["groups"]),
        (_ROLE, "oauth2_metadata"): set_to(["access_token"]),
        (_ROLE, "token_bound_cidrs"): set_to(["10.0.0.0/8"]),
        (_ROLE, "token_policies"): more("default"),
        (_ROLE, "token_ttl"): set_to(60),
        (_ROLE, "token_type"): set_to("batch"),
        ("vault_policy", "policy"): appended('path "secret/*" {\n  capabilities = ["read"]\n}\n'),
        ("vault_policy", "expiration"): set_to("2099-01-01T00:00:00Z"),
        (_DATABASE, "db_name"): set_to("another"),
        (_DATABASE, "creation_statements"): more("SELECT 1"),
        (_DATABASE, "revocation_statements"): set_to([]),
        (_DATABASE, "renew_statements"): more("SELECT 1"),
        (_DATABASE, "rollback_statements"): more("SELECT 1"),
        (_DATABASE, "credential_config"): set_to({"password_policy": "weak"}),
    },
    fixed={
        "vault_database_connection_allowed_role.connection": _NAME,
        "vault_database_connection_allowed_role.role": _NAME,
        "vault_identity_entity.identity": "it is one of the metadata: tested with a workload that moves",
        "vault_jwt_auth_backend.path": _NAME,
        "vault_jwt_auth_backend.type": "a mount of another type is another mount",
        "vault_jwt_auth_backend.jwks_url": "the server fetches the keys before it takes the address",
        "vault_jwt_auth_backend.jwks_ca_pem": _ONE_KEY_SOURCE,
        "vault_jwt_auth_backend.oidc_discovery_url": _ONE_KEY_SOURCE,
        "vault_jwt_auth_backend.oidc_discovery_ca_pem": _ONE_KEY_SOURCE,
        "vault_jwt_auth_backend.jwt_validation_pubkeys": _ONE_KEY_SOURCE,
        "vault_jwt_auth_backend.oidc_client_id": _OIDC_ONLY,
        "vault_jwt_auth_backend.oidc_response_mode": _OIDC_ONLY,
        "vault_jwt_auth_backend.oidc_response_types": _OIDC_ONLY,
        "vault_jwt_auth_backend.provider_config": _OIDC_ONLY,
        "vault_jwt_auth_backend.made_with": "it is chosen when a mount is made: tested with one that was made anew",
        "vault_jwt_auth_backend.other_fields": _SERVER_KNOWS,
        "vault_jwt_auth_backend_role.role_type": "an OIDC role needs an OIDC mount",
        "vault_jwt_auth_backend_role.callback_mode": "the server keeps it for OIDC roles only",
        "vault_jwt_auth_backend_role.other_fields": _SERVER_KNOWS,
        "vault_identity_entity.name": _NAME,
        "vault_identity_entity_alias.name": _NAME,
        "vault_identity_entity_alias.mount": _NAME,
        "vault_identity_entity_alias.entity": "another entity must exist: tested with the rogues",
        "vault_database_secret_backend_role.credential_type": "PostgreSQL's plugin knows passwords only",
        "vault_database_secret_backend_role.other_fields": _SERVER_KNOWS,
    },
    found_only=frozenset({"vault_identity_group_member", "vault_holder", "vault_jwt_auth_backend_use"}),
)

_PG_ROLE, _GRANT = "postgresql_role", "postgresql_grant"
POSTGRES = Subject(
    "postgres",
    values={
        (_PG_ROLE, "connection_limit"): set_to(3),
        (_PG_ROLE, "comment"): set_to("mine"),
        (_GRANT, "privileges"): more("CREATE"),
    },
    by_hand={
        (_PG_ROLE, "valid_until"): sql("ALTER ROLE \"{}\" VALID UNTIL '2099-01-01T00:00:00Z'"),
        (_PG_ROLE, "config"): sql('ALTER ROLE "{}" SET search_path = evil'),
        (_PG_ROLE, "has_password"): sql("ALTER ROLE \"{}\" PASSWORD 'x'"),
    },
    fixed={
        **{f"{_GRANT}.{name}": _NAME for name in ("role", "database", "schema", "object_type", "objects", "columns")},
        "postgresql_grant.with_grant_option": "Writ never writes one: tested with the rogues",
        "postgresql_grant.granted_by": "another grantor's grant: tested with the rogues",
        "postgresql_grant.regranted_to": "what others did with a grant option: tested with the rogues",
        "postgresql_grant_role.role": _NAME,
        "postgresql_grant_role.grant_role": _NAME,
    },
    found_only=frozenset({"postgresql_default_privileges", "postgresql_dependency"}),
)

_LDAP_GROUP, _LDAP_MEMBERSHIP = "ldap_group", "ldap_group_membership"
LDAP = Subject(
    "ldap",
    values={
        (_LDAP_GROUP, "description"): more("mine"),
        (_LDAP_MEMBERSHIP, "expires"): set_to("2098-01-01T00:00:00Z"),
    },
    fixed={
        "ldap_group.object_class": "a group of another class is made anew, without its members: tested with rounds",
        "ldap_group_membership.group": _NAME,
        "ldap_group_membership.member": _NAME,
    },
)

_MYSQL_ROLE, _MYSQL_GRANT = "mysql_role", "mysql_grant"
MYSQL = Subject(
    "mysql",
    values={(_MYSQL_ROLE, "marker"): set_to(""), (_MYSQL_GRANT, "privileges"): more("UPDATE")},
    fixed={
        **{f"{_MYSQL_GRANT}.{name}": _NAME for name in ("role", "object_type", "database", "object", "column")},
        f"{_MYSQL_GRANT}.with_grant_option": "Writ never writes one: tested with the rogues",
        "mysql_role_membership.member": _NAME,
        "mysql_role_membership.role": _NAME,
    },
)
