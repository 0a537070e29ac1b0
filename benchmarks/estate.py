"""An estate of any size that others made: real servers of all five kinds, and identities that no spec declares.

A fifth of them in each system: IAM users with a key and a policy of their own, logins of PostgreSQL and MariaDB with
grants of their own, AppRoles of OpenBao with a secret id and a policy of their own, accounts of a directory in groups.
The specs declare a tenth as many agents, each with the access that one identity has in each system; nothing is applied.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import hvac
import psycopg
from world import World

from reconciler.sandbox.folder import Folder
from reconciler.sandbox.hosting import options
from reconciler.sandbox.sandbox import Sandbox
from specs.loader import load_file

ACCOUNT, ROOT = "123456789012", "dc=example,dc=com"
SYSTEMS = ("vault", "payments", "orders-db", "shop-db", "directory")
ENVIRONMENT = f"""apiVersion: writ/v1
kind: Environment
metadata: {{name: bench}}
spec:
  issuers:
    cluster: {{issuer: https://oidc.example.com/cluster, audiences: {{vault: vault, aws: sts.amazonaws.com}}}}
  systems:
    vault: {{provider: vault, auth_mount: jwt-bench, policy_prefix: bench-}}
    payments: {{provider: aws, account: "{ACCOUNT}", role_path: /bench/}}
    orders-db: {{provider: postgres, database: orders, role_prefix: bench_}}
    shop-db: {{provider: mysql, role_prefix: bench_}}
    directory: {{provider: ldap, base: "ou=groups,{ROOT}", accounts: "ou=agents,{ROOT}"}}
"""
PAIR = """---
apiVersion: writ/v1
kind: Intent
metadata: {{name: orders.read-{n}}}
spec:
  purpose: Look up an order of region {n}
  risk: low
  data: internal
  ttl: 15m
  access:
    - {{system: orders-db, grants: [{{privileges: [SELECT], tables: [public.orders_{table}]}}]}}
    - {{system: shop-db, grants: [{{privileges: [SELECT], tables: [shop.orders_{table}]}}]}}
    - system: payments
      statements:
        - {{actions: [s3:GetObject], resources: ["arn:aws:s3:::orders-archive/{n}/*"]}}
        {more}
    - {{system: vault, paths: [{{path: kv/data/orders/{n}/*, capabilities: [read]}}]}}
    - {{system: directory, groups: [readers-{table}], until: 2099-12-31}}
---
apiVersion: writ/v1
kind: Agent
metadata: {{name: agent-{n}}}
spec:
  owner: team-{team}@example.com
  purpose: Answers the customers of region {n}
  review_by: 2099-03-31
  identity: {{issuer: cluster, subject: "system:serviceaccount:agents:agent-{n}"}}
  intents: [{{name: orders.read-{n}, ttl: 10m}}]
"""
WAY_OUT = '- {{actions: [iam:CreateAccessKey], resources: ["arn:aws:iam::123456789012:user/ops-{n}"]}}'
"""A path to administrator, that may be (A4)."""
PER_FILE, PER_TABLE, PER_WAY_OUT, THREADS, BATCH = 500, 50, 100, 8, 500


def write_specs(agents: int, folder: Path) -> Path:
    """Every hundredth agent may come to administrator."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "environment.yaml").write_text(ENVIRONMENT)
    for start in range(0, agents, PER_FILE):
        numbers = range(start, min(start + PER_FILE, agents))
        (folder / f"pairs-{start:06d}.yaml").write_text("".join(map(_pair, numbers)))
    return folder


def _pair(n: int) -> str:
    more = WAY_OUT.format(n=n) if n % PER_WAY_OUT == 0 else ""
    return PAIR.format(n=n, table=n // PER_TABLE, team=n % 50, more=more)


@contextmanager
def estate(identities: int) -> Iterator[World]:
    """Start the servers, plant, and stop everything at the end."""
    with tempfile.TemporaryDirectory(prefix="writ-bench-") as name:
        folder = Path(name)
        write_specs(identities // 10, folder / "specs")
        place = Folder(folder / ".writ" / "sandbox")
        if not place.claim():
            raise RuntimeError("the sandbox's folder is taken")
        with Sandbox(options((str(folder / "specs"),), None, 0.0), place) as sandbox:
            made = _wired(identities, folder, sandbox)
            plant(identities // len(SYSTEMS), sandbox, made)
            yield made


def _wired(identities: int, folder: Path, sandbox: Sandbox) -> World:
    document: Any = load_file(Path(sandbox.status.connections)).documents[0].data
    systems = document["spec"]["systems"]
    ldap: Any = sandbox.server("ldap")
    env = {
        "AWS_ACCESS_KEY_ID": "benchmark", "AWS_SECRET_ACCESS_KEY": "benchmark", "AWS_DEFAULT_REGION": "us-east-1",
        "VAULT_TOKEN": _root(sandbox), "BENCH_PASSWORD": ldap.password, "NO_COLOR": "1",
        "WRIT_CONNECTIONS": str(folder / "connections.json"),
    }  # fmt: skip
    spec = {
        "systems": {
            "vault": {"address": systems["vault"]["address"], "login": {"method": "token"}},
            "payments": {name: systems["payments"][name] for name in ("region", "endpoint_url")},
            "orders-db": systems["orders-db"],
            "shop-db": systems["shop-db"],
            "directory": {"url": ldap.endpoint, "bind_dn": f"cn=admin,{ROOT}", "password_env": "BENCH_PASSWORD"},
        },
        "issuers": document["spec"]["issuers"],
    }
    made = World(identities, folder, env, spec, 0.0)
    made.connect_through("connections.json", {})
    return made


def plant(each: int, sandbox: Sandbox, made: World) -> None:
    """So many identities in each system, by other means than Writ's."""
    vault: Any = sandbox.server("vault")
    with closing(hvac.Client(url=vault.address, token=_root(sandbox)).adapter) as adapter:
        _vault(each, adapter)
    aws: Any = sandbox.server("aws")
    _aws(each, aws.client("iam", ACCOUNT))
    _postgres(each, made.spec["systems"]["orders-db"])
    mysql: Any = sandbox.server("mysql")
    _mysql(each, mysql)
    ldap: Any = sandbox.server("ldap")
    with closing(ldap.admin(ROOT)) as directory:
        _directory(each, directory)


def _root(sandbox: Sandbox) -> str:
    vault: Any = sandbox.server("vault")
    token: str = vault._root  # noqa: SLF001 - nobody else's
    return token


def _vault(each: int, adapter: Any) -> None:
    adapter.post("/v1/sys/auth/legacy", json={"type": "approle"})

    def one(n: int) -> None:
        text = f'path "kv/data/orders/{n}/*" {{ capabilities = ["read"] }}'
        adapter.put(f"/v1/sys/policies/acl/legacy-{n}", json={"policy": text})
        role = f"/v1/auth/legacy/role/svc-{n}"
        adapter.post(role, json={"token_policies": [f"legacy-{n}"], "token_bound_cidrs": ["10.0.0.0/8"]})
        adapter.post(f"{role}/secret-id")

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one, range(each)))


def _aws(each: int, iam: Any) -> None:
    for n in range(each):
        name, resource = f"svc-{n}", f"arn:aws:s3:::orders-archive/{n}/*"
        statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}
        iam.create_user(UserName=name)
        iam.create_access_key(UserName=name)
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName="read", PolicyDocument=document)


def _tables(each: int) -> range:
    return range((each - 1) // PER_TABLE + 1)


def _grants(each: int, schema: str, named: str) -> list[str]:
    return [
        f"GRANT SELECT ON {schema}.orders_{table} TO {', '.join(named.format(n=n) for n in _of(table, each))};"
        for table in _tables(each)
    ]


def _of(table: int, each: int) -> range:
    return range(table * PER_TABLE, min((table + 1) * PER_TABLE, each))


def _postgres(each: int, block: Any) -> None:
    login = {name: block[name] for name in ("host", "port", "user")}
    with psycopg.connect(**login, dbname="orders", autocommit=True) as session:
        statements = [f"CREATE TABLE public.orders_{table} (id integer);" for table in _tables(each)]
        statements += [f"CREATE ROLE svc_{n} LOGIN PASSWORD 'bench-{n}';" for n in range(each)]
        for batch in _batches(statements + _grants(each, "public", "svc_{n}")):
            session.execute("".join(batch))


def _mysql(each: int, server: Any) -> None:
    statements = ["CREATE DATABASE shop;", *(f"CREATE TABLE shop.orders_{table} (id int);" for table in _tables(each))]
    statements += [f"CREATE USER svc_{n}@`10.0.0.1` IDENTIFIED BY 'bench-{n}';" for n in range(each)]
    for batch in _batches(statements + _grants(each, "shop", "svc_{n}@`10.0.0.1`")):
        server.script("".join(batch))


def _directory(each: int, directory: Any) -> None:
    directory.add(f"ou=services,{ROOT}", {"objectClass": ["organizationalUnit"], "ou": ["services"]})
    plain = ["account", "simpleSecurityObject"]
    for n in range(each):
        values = {"objectClass": plain, "uid": [f"svc-{n}"], "userPassword": [f"bench-{n}"]}
        directory.add(f"uid=svc-{n},ou=services,{ROOT}", values)
    for table in _tables(each):
        members = [f"uid=svc-{n},ou=services,{ROOT}" for n in _of(table, each)]
        name = f"readers-{table}"
        values = {"objectClass": ["groupOfNames"], "cn": [name], "member": members}
        directory.add(f"cn={name},ou=groups,{ROOT}", values)


def _batches(statements: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(statements), BATCH):
        yield statements[start : start + BATCH]
