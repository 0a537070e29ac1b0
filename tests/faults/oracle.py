"""What is there, what is recorded and who gets in, by servers, SQLite and real logins: none of the product's code."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hvac
import hvac.exceptions

from tests.e2e.hands import Hands

Facts = Mapping[str, str]
"""Everything by a name that is the same in every run, as canonical JSON."""

_VOLATILE = frozenset(
    {
        *("accessor", "id", "uuid", "creation_time", "modified", "last_update_time", "last_updated_time"),
        *("entity_id", "canonical_id", "mount_accessor", "merged_from_canonical_ids"),
        *("RoleId", "CreateDate", "UpdateDate", "RoleLastUsed", "ResponseMetadata", "request_id", "version"),
    }
)
"""Fields that another run gives another value, and that no access hangs on."""

_MADE_BY_A_LOGIN = re.compile(r"entity_[0-9a-f]+(\.root)?$")


def reality(hands: Hands) -> Facts:
    """All objects of the three servers that access hangs on, whoever made them."""
    return dict(sorted((*_vault(hands), *_aws(hands), *_postgres(hands))))


def _text(found: Any) -> str:
    return json.dumps(_stable(found), sort_keys=True, default=str)


def _stable(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: _stable(value) for key, value in found.items() if key not in _VOLATILE}
    return [_stable(one) for one in found] if isinstance(found, list) else found


def _keys(hands: Hands, path: str) -> list[str]:
    found = hands.vault.list(path)
    return list(found["data"]["keys"]) if found else []


def _vault(hands: Hands) -> Iterator[tuple[str, str]]:
    for name in _keys(hands, "sys/policies/acl"):
        if name != "root":
            yield f"vault policy {name}", _text(hands.read(f"sys/policies/acl/{name}"))
    for path, entry in hands.read("sys/auth").items():
        yield f"vault auth {path}", _text([entry, hands.read(f"sys/auth/{path}tune")])
        if entry["type"] == "jwt":
            yield f"vault config {path}", _text(hands.read(f"auth/{path}config"))
            for name in _keys(hands, f"auth/{path}role"):
                yield f"vault role {path}{name}", _text(hands.read(f"auth/{path}role/{name}"))
    for kind in ("entity", "group"):
        for key in _keys(hands, f"identity/{kind}/id"):
            found = hands.read(f"identity/{kind}/id/{key}")
            if _MADE_BY_A_LOGIN.match(found["name"]) and not found["policies"]:
                continue  # a probe's
            # What a login writes into an alias says only who came last.
            aliases = sorted((one["name"], one["mount_path"]) for one in found.pop("aliases", None) or ())
            yield f"vault {kind} {found['name']}", _text([found, aliases])
    for name in _keys(hands, "database/config"):
        found = hands.read(f"database/config/{name}")
        yield f"vault connection {name}", _text(found | {"allowed_roles": sorted(found["allowed_roles"])})
    for name in _keys(hands, "database/roles"):
        yield f"vault database role {name}", _text(hands.read(f"database/roles/{name}"))
    for name in _keys(hands, "sys/leases/lookup/database/creds"):
        for lease in _keys(hands, f"sys/leases/lookup/database/creds/{name}"):
            yield f"vault lease {name}{lease}", ""


def _aws(hands: Hands) -> Iterator[tuple[str, str]]:
    for page in hands.iam.get_paginator("get_account_authorization_details").paginate():
        for role in page["RoleDetailList"]:
            yield f"aws role {role['Arn']}", _text(role)
        for user in page["UserDetailList"]:
            yield f"aws user {user['Arn']}", _text(user)
    for one in hands.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        found = hands.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=one["Arn"])
        yield f"aws issuer {one['Arn']}", _text(found)


_SQL = {
    "role": "SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolbypassrls,"
    " rolconnlimit, rolpassword IS NULL, shobj_description(oid, 'pg_authid') FROM pg_authid",
    "membership": "SELECT roleid::regrole || ' of ' || member::regrole, admin_option, inherit_option, set_option"
    " FROM pg_auth_members",
    "table": "SELECT c.oid::regclass || ' ' || e.grantee::regrole || ' ' || e.privilege_type, e.is_grantable"
    " FROM pg_class c, aclexplode(relacl) e WHERE relnamespace = 'public'::regnamespace",
    "column": "SELECT attrelid::regclass || '.' || attname || ' ' || e.grantee::regrole || ' ' || e.privilege_type,"
    " e.is_grantable FROM pg_attribute, aclexplode(attacl) e",
    "schema": "SELECT nspname || ' ' || e.grantee::regrole || ' ' || e.privilege_type, e.is_grantable"
    " FROM pg_namespace, aclexplode(nspacl) e WHERE e.grantee <> 0",
    "database": "SELECT datname || ' ' || e.grantee::regrole || ' ' || e.privilege_type, e.is_grantable"
    " FROM pg_database, aclexplode(datacl) e WHERE e.grantee <> 0",
}


def _postgres(hands: Hands) -> Iterator[tuple[str, str]]:
    for database in hands.ground.databases:
        for kind, statement in _SQL.items():
            for name, *rest in hands.sql(statement, database=database):
                yield f"sql {database} {kind} {name}", _text(rest)


def record(state: Path) -> Facts:
    """What the state says is there, and what it says of runs that are not over."""
    found: dict[str, str] = {}
    with closing(sqlite3.connect(state)) as db:
        for system, kind, key, attributes in db.execute("SELECT system, type, key, attributes FROM objects"):
            found[f"object {system} {kind} {key}"] = _text(json.loads(attributes))
        for system, kind, key, phase in db.execute("SELECT system, type, key, phase FROM unfinished"):
            found[f"unfinished {system} {kind} {key}"] = phase
        for (run,) in db.execute("SELECT id FROM locks"):
            found["lock"] = run
    return found


SESSION = "session of "


@dataclass
class Probes:
    """Attempts to get in: who (a signed token, by name) times what. ``tokens`` by principal, ``paths`` of Vault's."""

    tokens: Mapping[str, str]
    paths: tuple[str, ...]
    tables: tuple[str, ...]
    _sessions: dict[str, str] = field(default_factory=dict)
    """Vault's tokens that were got before a run."""

    def log_in(self, hands: Hands) -> None:
        """Whoever may log in now does, and stays: what is closed must close to them too."""
        self._sessions = {}
        for who, role, agent in self._logins(hands):
            self._sessions[f"{SESSION}{who} by {role}"] = str(agent.token)
            agent.adapter.close()

    def passed(self, hands: Hands) -> set[tuple[str, str]]:
        """(Principal, action) that passes now, by real logins at Vault and the database's own answers."""
        return {*self._at_vault(hands), *self._in_sessions(hands), *self._at_postgres(hands), *_trusted(hands)}

    def count(self, hands: Hands) -> int:
        """How many are tried."""
        asked = len(self.tokens) * max(len(_roles(hands)), 1) * (len(self.paths) + 1)
        return asked + len(self._sessions) * len(self.paths) + self._managed(hands) * len(self.tables) * 4

    def _in_sessions(self, hands: Hands) -> Iterator[tuple[str, str]]:
        for name, token in self._sessions.items():
            for path in self._read_by(hvac.Client(url=hands.vault.url, token=token)):
                yield name, f"read {path}"

    def _read_by(self, agent: hvac.Client) -> Iterator[str]:
        for path in self.paths:
            try:
                agent.read(path)
            except hvac.exceptions.Forbidden:
                continue
            yield path
        agent.adapter.close()

    def _logins(self, hands: Hands) -> Iterator[tuple[str, str, hvac.Client]]:
        for mount, role in _roles(hands):
            for who, token in self.tokens.items():
                agent = hvac.Client(url=hands.vault.url)
                try:
                    agent.auth.jwt.jwt_login(role=role, jwt=token, path=mount)
                except (hvac.exceptions.InvalidRequest, hvac.exceptions.Forbidden):
                    agent.adapter.close()
                    continue
                yield who, f"{mount}/{role}", agent

    def _at_vault(self, hands: Hands) -> Iterator[tuple[str, str]]:
        for who, role, agent in self._logins(hands):
            yield who, f"log in to {role}"
            for path in self._read_by(agent):
                yield who, f"read {path} by {role}"
            hands.vault.auth.token.revoke(agent.token)
            agent.adapter.close()

    def _at_postgres(self, hands: Hands) -> Iterator[tuple[str, str]]:
        asked = (
            "SELECT rolname, t, p FROM pg_roles, unnest(%s::text[]) t,"
            " unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) p"
            " WHERE rolname ^@ ANY(%s) AND to_regclass(t) IS NOT NULL AND has_table_privilege(rolname, t, p)"
        )
        for database in hands.ground.databases:
            with hands.session(database) as session:
                values = [list(self.tables), list(hands.ground.prefixes)]
                for role, table, privilege in session.execute(asked, values).fetchall():
                    yield role, f"{privilege} on {table} of {database}"

    def _managed(self, hands: Hands) -> int:
        names = [name for (name,) in hands.sql("SELECT rolname FROM pg_roles")]
        return sum(name.startswith(hands.ground.prefixes) for name in names)


def _roles(hands: Hands) -> list[tuple[str, str]]:
    there = hands.read("sys/auth")
    mounts = [mount for mount in hands.ground.mounts if f"{mount}/" in there]
    return [(mount, role) for mount in mounts for role in _keys(hands, f"auth/{mount}/role")]


def _trusted(hands: Hands) -> Iterator[tuple[str, str]]:
    """Whom each role of AWS trusts with what: the local AWS decides neither, so the documents are compared."""
    for page in hands.iam.get_paginator("get_account_authorization_details").paginate(Filter=["Role"]):
        for role in page["RoleDetailList"]:
            trust = json.dumps(role["AssumeRolePolicyDocument"], sort_keys=True)
            yield f"aws {trust}", f"come in by {role['Arn']}"
            for policy in role["RolePolicyList"]:
                yield f"aws {trust}", json.dumps(policy["PolicyDocument"], sort_keys=True)
            for policy in role["AttachedManagedPolicies"]:
                yield f"aws {trust}", policy["PolicyArn"]
