"""A sandbox's servers as they were before any test: quicker than ``writ destroy``, which is for tests of destroying."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import hvac
import psycopg
from psycopg import sql

from providers.ldap.entry import Modification
from providers.ldap.permissions import suffix
from providers.mysql.names import Account
from reconciler.sandbox.reading import read_blueprint
from reconciler.sandbox.sandbox import Sandbox


class Slate:
    """What the servers hold at the start; ``wipe`` deletes what has come since. What was changed isn't changed back."""

    def __init__(self, sandbox: Sandbox) -> None:
        systems = read_blueprint(sandbox.status.specs).systems
        used = {system.record.provider for system in systems}
        accounts = {
            (system.scope.settings.account, system.scope.settings.partition)
            for system in systems
            if system.record.provider == "aws"
        }
        vault: Any = sandbox.server("vault") if "vault" in used else None
        postgres: Any = sandbox.server("postgres") if "postgres" in used else None
        mysql: Any = sandbox.server("mysql") if "mysql" in used else None
        ldap: Any = sandbox.server("ldap") if "ldap" in used else None
        roots = {suffix(system.scope.settings.base) for system in systems if system.record.provider == "ldap"}
        self._vault = _Vault(vault) if vault else None
        self._postgres = _Postgres(postgres.connection) if postgres else None
        self._mysql = _Mysql(mysql) if mysql else None
        self._directories = [_Directory(ldap, root) for root in sorted(roots)]
        self._accounts = [_Account(sandbox.server("aws"), *account) for account in sorted(accounts)]

    def wipe(self) -> None:
        """Vault first: its leases hold logins at PostgreSQL."""
        if self._vault:
            self._vault.wipe()
        if self._postgres:
            self._postgres.wipe()
        if self._mysql:
            self._mysql.wipe()
        for directory in self._directories:
            directory.wipe()
        for account in self._accounts:
            account.wipe()

    def close(self) -> None:
        """End the connections."""
        if self._vault:
            self._vault.client.adapter.close()
        if self._mysql:
            self._mysql.client.close()
        for directory in self._directories:
            directory.client.close()
        for account in self._accounts:
            account.close()


class _Vault:
    LISTS = ("sys/policies/acl", "identity/group/id", "identity/entity/id")
    TABLES = ("sys/auth", "sys/mounts")
    IN_DATABASES = ("roles", "static-roles")

    def __init__(self, server: Any) -> None:
        self.client = hvac.Client(url=server.address, token=server._root)
        self._before, self._tokens = self._there(), frozenset(self._keys("auth/token/accessors"))
        self._databases = [
            path for path, mount in self.client.read("sys/mounts")["data"].items() if mount["type"] == "database"
        ]

    def wipe(self) -> None:
        for database in self._databases:
            self.client.write_data(f"sys/leases/revoke-force/{database}creds", data={})
            for kind in self.IN_DATABASES:
                for name in self._keys(f"{database}{kind}"):
                    self.client.delete(f"{database}{kind}/{name}")
            for name in self._keys(f"{database}config"):
                self.client.write_data(
                    f"{database}config/{name}", data={"allowed_roles": [], "verify_connection": False}
                )
        for path in self._there():
            if path not in self._before:
                self.client.delete(path.rstrip("/"))
        for accessor in self._keys("auth/token/accessors"):
            if accessor not in self._tokens:  # a killed run's, which ends by itself too late for the next test
                self.client.write_data("auth/token/revoke-accessor", data={"accessor": accessor})

    def _there(self) -> list[str]:
        tables = [f"{table}/{path}" for table in self.TABLES for path in self.client.read(table)["data"]]
        return tables + [f"{path}/{name}" for path in self.LISTS for name in self._keys(path)]

    def _keys(self, path: str) -> list[str]:
        found = self.client.list(path)
        return found["data"]["keys"] if found else []


_DATABASES = "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate"
_END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY(%s)"


class _Postgres:
    def __init__(self, connection: Mapping[str, Any]) -> None:
        self._connection = dict(connection)
        with self._session() as session:
            self._roles, self._databases = _roles(session), _databases(session)

    def wipe(self) -> None:
        with self._session() as session:
            for name in _databases(session) - self._databases:
                session.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            roles = _roles(session) - self._roles
            session.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY(%s)", [sorted(roles)]
            )
        if not roles:
            return
        everyone = sql.SQL(", ").join(sql.Identifier(name) for name in sorted(roles))
        for database in self._databases:
            with self._session(database) as session:
                session.execute(sql.SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(everyone))
                session.execute(sql.SQL("DROP OWNED BY {}").format(everyone))
        with self._session() as session:
            session.execute(sql.SQL("DROP ROLE {}").format(everyone))

    @contextlib.contextmanager
    def _session(self, database: str = "postgres") -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(**self._connection, dbname=database, autocommit=True) as session:
            yield session


def _roles(session: psycopg.Connection[Any]) -> set[str]:
    return {name for (name,) in session.execute("SELECT rolname FROM pg_roles")}


def _databases(session: psycopg.Connection[Any]) -> set[str]:
    return {
        name for (name,) in session.execute("SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate")
    }


class _Mysql:
    """Roles and users; tables stay as they are."""

    def __init__(self, server: Any) -> None:
        self.client = server.client()
        self._before = self._there()

    def wipe(self) -> None:
        for account in sorted(self._there() - self._before):
            self.client.run(f"DROP {'USER' if account.host else 'ROLE'} {account.sql}")

    def _there(self) -> set[Account]:
        rows = self.client.query("SELECT User, Host FROM mysql.global_priv WHERE User <> 'PUBLIC'")
        return {Account(user, host) for user, host in rows}


class _Directory:
    """What was changed is changed back, too: memberships are values of entries that are there before."""

    def __init__(self, server: Any, root: str) -> None:
        self.client = server.admin(root)
        self._root = root
        self._before = self._there()

    def wipe(self) -> None:
        now = self._there()
        for dn in sorted(now.keys() - self._before.keys(), key=len, reverse=True):
            self.client.delete(dn)
        for dn, before in self._before.items():
            changes = [Modification(name, value, adds=False) for name, value in sorted(now[dn] - before)]
            changes += [Modification(name, value, adds=True) for name, value in sorted(before - now[dn])]
            if changes:
                self.client.modify(dn, changes)

    def _there(self) -> dict[str, set[tuple[str, str]]]:
        found = self.client.search(self._root, "(objectClass=*)", ["*"])
        return {entry.dn: {(name, value) for name, many in entry.values.items() for value in many} for entry in found}


_PROFILES = ("list_instance_profiles", "InstanceProfiles", "InstanceProfileName")


class _Account:
    def __init__(self, server: Any, account: str, partition: str) -> None:
        self._iam = server.client("iam", account, partition)
        self._before = self._there()

    def wipe(self) -> None:
        for kind, name in self._there():
            if (kind, name) not in self._before:
                getattr(self, f"_delete_{kind}")(name)

    def close(self) -> None:
        self._iam.close()

    def _there(self) -> list[tuple[str, str]]:
        iam = self._iam
        return [
            *(
                ("profile", found["InstanceProfileName"])
                for found in self._listed("list_instance_profiles", "InstanceProfiles")
            ),
            *(("role", found["RoleName"]) for found in self._listed("list_roles", "Roles")),
            *(("user", found["UserName"]) for found in self._listed("list_users", "Users")),
            *(("policy", found["Arn"]) for found in self._listed("list_policies", "Policies", Scope="Local")),
            *(("issuer", found["Arn"]) for found in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]),
        ]

    def _listed(self, operation: str, key: str, **arguments: Any) -> Iterable[dict[str, Any]]:
        for page in self._iam.get_paginator(operation).paginate(**arguments):
            yield from page[key]

    def _delete_profile(self, name: str) -> None:
        for role in self._iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"]:
            self._iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role["RoleName"])
        self._iam.delete_instance_profile(InstanceProfileName=name)

    def _delete_role(self, name: str) -> None:
        self._strip("role", RoleName=name)
        self._iam.delete_role(RoleName=name)

    def _delete_user(self, name: str) -> None:
        self._strip("user", UserName=name)
        for key in self._iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            self._iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        self._iam.delete_user(UserName=name)

    def _strip(self, kind: str, **whose: str) -> None:
        """Take all policies from a role or a user."""
        call = partial(getattr, self._iam)
        for policy in call(f"list_attached_{kind}_policies")(**whose)["AttachedPolicies"]:
            call(f"detach_{kind}_policy")(**whose, PolicyArn=policy["PolicyArn"])
        for policy in call(f"list_{kind}_policies")(**whose)["PolicyNames"]:
            call(f"delete_{kind}_policy")(**whose, PolicyName=policy)

    def _delete_policy(self, arn: str) -> None:
        for version in self._iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                self._iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        self._iam.delete_policy(PolicyArn=arn)

    def _delete_issuer(self, arn: str) -> None:
        self._iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
