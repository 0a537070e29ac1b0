"""All that can be read of each server, as plain data, to be compared before and after."""

from __future__ import annotations

from typing import Any

from tests.e2e.hands import Hands


def vault_world(hands: Hands) -> dict[str, Any]:
    """Policies, auth mounts with their tuning and content, identities, databases, secrets."""
    read, keys = hands.read, lambda path: _keys(hands, path)
    world: dict[str, Any] = {}
    for name in keys("sys/policies/acl"):
        if name != "root":
            world[f"policy {name}"] = read(f"sys/policies/acl/{name}")
    for path, entry in read("sys/auth").items():
        # The accessor is random: a mount that was made again would have another. None is.
        world[f"auth {path}"] = [entry, read(f"sys/auth/{path}tune")]
        if entry["type"] == "jwt":
            world[f"config {path}"] = read(f"auth/{path}config")
            world[f"roles {path}"] = {name: read(f"auth/{path}role/{name}") for name in keys(f"auth/{path}role")}
    for kind in ("entity", "entity-alias", "group", "group-alias"):
        world[kind] = {key: read(f"identity/{kind}/id/{key}") for key in keys(f"identity/{kind}/id")}
    world["mounts"] = read("sys/mounts")
    world["connections"] = {name: read(f"database/config/{name}") for name in keys("database/config")}
    world["database roles"] = {name: read(f"database/roles/{name}") for name in keys("database/roles")}
    world["leases"] = keys("sys/leases/lookup/database/creds")
    for folder in keys("kv/metadata"):
        for name in keys(f"kv/metadata/{folder}"):
            world[f"kv {folder}{name}"] = read(f"kv/data/{folder}{name}")
    return world


def _keys(hands: Hands, path: str) -> list[str]:
    found = hands.vault.list(path)
    return [] if found is None else list(found["data"]["keys"])


def aws_world(hands: Hands) -> dict[str, Any]:
    """GetAccountAuthorizationDetails, OIDC providers, instance profiles: dates and ids included."""
    details = list(hands.iam.get_paginator("get_account_authorization_details").paginate())
    providers = hands.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    return {
        # The operator's own logins are its role's last use.
        kind: sorted((_without(one, "RoleLastUsed") for page in details for one in page[kind]), key=str)
        for kind in ("RoleDetailList", "UserDetailList", "GroupDetailList", "Policies")
    } | {
        "providers": [
            _without(hands.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=one["Arn"]), "ResponseMetadata")
            for one in providers
        ],
        "profiles": hands.iam.list_instance_profiles()["InstanceProfiles"],
    }


def _without(found: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key != name}


# An access list that was never touched is NULL; after GRANT and REVOKE it is the default spelled out, and only a
# superuser's UPDATE of the catalogue would make it NULL again. Both mean the same, and the order of an access list
# means nothing: it is compared as the set of what it gives to whom, by whom.
_ACLS = (
    ("table", "pg_class", "relname", "relowner", "relacl", "CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\""),
    ("schema", "pg_namespace", "nspname", "nspowner", "nspacl", "'n'"),
    ("function", "pg_proc", "oid::regprocedure", "proowner", "proacl", "'f'"),
    ("type", "pg_type", "oid::regtype", "typowner", "typacl", "'T'"),
    ("database", "pg_database", "datname", "datdba", "datacl", "'d'"),
    ("language", "pg_language", "lanname", "lanowner", "lanacl", "'l'"),
    ("tablespace", "pg_tablespace", "spcname", "spcowner", "spcacl", "'t'"),
)
_PLAIN = (
    "SELECT a::text FROM pg_authid a",  # with the passwords' verifiers
    "SELECT m::text FROM pg_auth_members m",
    "SELECT objoid, classoid::regclass::text, description FROM pg_shdescription",
    "SELECT * FROM pg_db_role_setting",
    "SELECT * FROM pg_default_acl",
    "SELECT * FROM pg_parameter_acl",
    "SELECT dbid, classid, objid, objsubid, refclassid, refobjid, deptype FROM pg_shdepend",
    "SELECT attrelid::regclass::text, attname, e::text FROM pg_attribute, aclexplode(attacl) e",
    "SELECT a.attrelid::regclass::text, attname, atttypid FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid",
    "SELECT oid, proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
)


def postgres_world(hands: Hands) -> dict[str, Any]:
    """Roles, memberships, settings, comments, every access list, default privileges, dependencies, columns."""
    world: dict[str, Any] = {statement: sorted(map(str, hands.sql(statement))) for statement in _PLAIN}
    for kind, table, name, owner, acl, letter in _ACLS:
        statement = (
            f"SELECT t.{name}::text, e.grantor::regrole::text, e.grantee, e.privilege_type, e.is_grantable "
            f"FROM {table} t, aclexplode(coalesce(t.{acl}, acldefault({letter}, t.{owner}))) e"
        )
        world[kind] = sorted(map(str, hands.sql(statement)))
    return world
