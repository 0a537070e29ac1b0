"""The floor: reads the same objects in bulk and compares them with what is expected, and does nothing else.

`python benchmarks/bare.py record|compare FOLDER`, with the folder and the environment that world.py makes.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import psycopg

THREADS = 8


def vault(where: dict[str, str], token: str) -> dict[str, Any]:
    """Policies with their bodies in one list; JWT roles, entities and database roles one by one."""
    local = threading.local()

    def ask(method: str, path: str) -> Any:
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPConnection(where["host"], int(where["port"]))
        local.connection.request(method, f"/v1/{path}", headers={"X-Vault-Token": token})
        response = local.connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path}: {response.status}")
        return json.loads(body)["data"]

    with ThreadPoolExecutor(THREADS) as pool:

        def all_of(paths: Iterable[str]) -> list[Any]:
            return list(pool.map(lambda path: ask("GET", path), paths))

        policies = ask("LIST", "sys/policies/detailed/acl")["key_info"]
        mount, prefix = where["mount"], where["prefix"]
        roles = ask("LIST", f"auth/{mount}/role")["keys"]
        entities = ask("LIST", "identity/entity/id")["key_info"]
        ours = [key for key, entity in entities.items() if entity["name"].startswith(prefix)]
        logins = [name for name in ask("LIST", "database/roles")["keys"] if name.startswith(prefix)]
        single = all_of(["sys/auth", f"auth/{mount}/config", "database/config/orders"])
        return {
            "policies": {name: policy for name, policy in policies.items() if name.startswith(prefix)},
            "roles": dict(zip(roles, all_of(f"auth/{mount}/role/{name}" for name in roles), strict=True)),
            "entities": dict(zip(ours, all_of(f"identity/entity/id/{key}" for key in ours), strict=True)),
            "aliases": {key: entities[key]["aliases"] for key in ours},
            "logins": dict(zip(logins, all_of(f"database/roles/{name}" for name in logins), strict=True)),
            "mount": {f"{mount}/": single[0][f"{mount}/"], "config": single[1]},
            "connection": {"orders": single[2]},
        }


def aws(where: dict[str, str]) -> dict[str, Any]:
    """Roles with all that hangs on them in two paged lists."""
    iam = boto3.client("iam", endpoint_url=where["endpoint"], region_name=where["region"])
    roles: dict[str, Any] = {}
    for page in iam.get_paginator("get_account_authorization_details").paginate(Filter=["Role"]):
        for role in page["RoleDetailList"]:
            if role["Path"].startswith(where["path"]):
                fields = (
                    "AssumeRolePolicyDocument",
                    "RolePolicyList",
                    "AttachedManagedPolicies",
                    "InstanceProfileList",
                )
                roles[role["RoleName"]] = {name: role.get(name) for name in (*fields, "Tags", "Path")}
    for page in iam.get_paginator("list_roles").paginate(PathPrefix=where["path"]):
        for role in page["Roles"]:
            roles[role["RoleName"]]["listed"] = [role.get("Description"), role["MaxSessionDuration"]]
    providers = {}
    for entry in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=entry["Arn"])
        providers[entry["Arn"]] = {name: found[name] for name in ("Url", "ClientIDList", "ThumbprintList", "Tags")}
    policies = {f"{name}/{policy['PolicyName']}": policy for name in roles for policy in roles[name]["RolePolicyList"]}
    return {"roles": roles, "policies": policies, "providers": providers}


_MINE = "SELECT oid FROM pg_roles WHERE rolname LIKE %(like)s"
_ACL = (
    "SELECT grantee::regrole::text, {name}, array_agg(privilege_type ORDER BY 1), bool_or(is_grantable) "
    "FROM {table} t, aclexplode({acl}) WHERE grantee IN (" + _MINE + ") GROUP BY 1, 2"
)
_QUERIES = {
    "roles": "SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, "
    "rolbypassrls, rolconnlimit, rolvaliduntil::text, rolconfig, shobj_description(oid, 'pg_authid') "
    "FROM pg_roles WHERE rolname LIKE %(like)s",
    "databases": _ACL.format(name="datname", table="pg_database", acl="datacl"),
    "schemas": _ACL.format(name="nspname", table="pg_namespace", acl="nspacl"),
    "tables": _ACL.format(name="t.oid::regclass::text", table="pg_class", acl="relacl"),
    "columns": _ACL.format(name="attrelid::regclass::text || attname", table="pg_attribute", acl="attacl"),
    "functions": _ACL.format(name="t.oid::regprocedure::text", table="pg_proc", acl="proacl"),
    "members": "SELECT roleid::regrole::text, member::regrole::text, admin_option FROM pg_auth_members "
    f"WHERE roleid IN ({_MINE}) OR member IN ({_MINE})",
}  # fmt: skip


def postgres(where: dict[str, str]) -> dict[str, Any]:
    """Roles, grants and memberships, a query to each catalogue."""
    found: dict[str, Any] = {}
    with psycopg.connect(where["conninfo"]) as connection:
        for name, query in _QUERIES.items():
            rows = connection.execute(query, {"like": where["prefix"] + "%"}).fetchall()
            found[name] = {" ".join(map(str, row[:2])) if name != "roles" else row[0]: list(row) for row in rows}
    return found


def read(access: dict[str, Any]) -> dict[str, Any]:
    """Everything, one system after the other."""
    readers: dict[str, Callable[[], Any]] = {
        "vault": lambda: vault(access["vault"], os.environ["VAULT_TOKEN"]),
        "aws": lambda: aws(access["aws"]),
        "postgres": lambda: postgres(access["postgres"]),
    }
    return {name: reader() for name, reader in readers.items()}


def main(verb: str, folder: Path) -> int:
    found = read(json.loads((folder / "access.json").read_text()))
    objects = sum(len(kind) for system in found.values() for kind in system.values())
    expected = folder / "expected.json"
    if verb == "record":
        expected.write_text(json.dumps(found))
        return 0
    same = found == json.loads(expected.read_text())
    print(f"{objects} objects, {'all as expected' if same else 'something differs'}")
    return 0 if same else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
