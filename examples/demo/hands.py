"""The demo's hands on the servers: an agent that logs in, and somebody who changes things by hand."""  # noqa: INP001

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import boto3
import hvac
import psycopg
import yaml

AUTH_MOUNT = "jwt-agents"


@dataclass(frozen=True)
class Login:
    """What a system gave an agent."""

    username: str
    password: str
    lease: str


class Agent:
    """A workload: holds nothing but its own identity's token."""

    def __init__(self, address: str, token: str, role: str) -> None:
        """Log in for one intent. Raises hvac.exceptions.InvalidRequest or Forbidden when refused."""
        self._vault = hvac.Client(url=address)
        self.auth: Mapping[str, Any] = self._vault.auth.jwt.jwt_login(role=role, jwt=token, path=AUTH_MOUNT)["auth"]

    def login(self, role: str) -> Login:
        """A database login of its own."""
        found = self._vault.secrets.database.generate_credentials(role)
        return Login(found["data"]["username"], found["data"]["password"], found["lease_id"])

    def read(self, path: str) -> Any:
        """A secret. Raises hvac.exceptions.Forbidden."""
        return self._vault.read(path)["data"]["data"]

    def leave(self) -> None:
        """Revoke its own token, and with it every lease."""
        self._vault.auth.token.revoke_self()


class Hands:
    """Somebody with the operator's logins, and no patience for declarations."""

    def __init__(self, connections: Path) -> None:
        systems = yaml.safe_load(connections.read_text())["spec"]["systems"]
        self._vault, self._aws, self._database = systems["vault"], systems["payments"], systems["orders-db"]

    @property
    def vault_address(self) -> str:
        """Where Vault is."""
        return str(self._vault["address"])

    @contextmanager
    def database(self, login: Login) -> Iterator[psycopg.Connection[Any]]:
        """A session of a minted login. Raises psycopg.OperationalError when it isn't let in."""
        with psycopg.connect(
            host="127.0.0.1",
            port=self._database["port"],
            dbname="orders",
            user=login.username,
            password=login.password,
            autocommit=True,
            connect_timeout=5,
        ) as session:
            yield session

    def widen_policy(self, name: str) -> None:
        """Let a policy read every secret."""
        policies = self._operator().sys
        rules = policies.read_acl_policy(name)["data"]["policy"]
        policies.create_or_update_acl_policy(
            name, rules + '\npath "kv/data/*" {\n  capabilities = ["read", "list"]\n}\n'
        )

    def add_jwt_role(self, name: str) -> None:
        """Let another workload log in."""
        self._operator().auth.jwt.create_role(
            name,
            role_type="jwt",
            user_claim="sub",
            bound_audiences=["vault"],
            bound_subject="system:serviceaccount:tests:load-generator",
            allowed_redirect_uris=[],
            token_policies=["writ-support-bot_orders.read"],
            path=AUTH_MOUNT,
        )

    def attach_policy(self, role: str, arn: str) -> None:
        """Attach a managed policy to a role."""
        boto3.client(
            "iam",
            endpoint_url=self._aws["endpoint_url"],
            region_name="us-east-1",
            aws_access_key_id="123456789012",
            aws_secret_access_key="by hand",  # noqa: S106 - the local AWS takes any
        ).attach_role_policy(RoleName=role, PolicyArn=arn)

    def grant(self, statement: LiteralString) -> None:
        """Run a GRANT, as the database's operator."""
        with psycopg.connect(**self._database, dbname="orders", autocommit=True) as session:
            session.execute(statement)

    def _operator(self) -> hvac.Client:
        login = self._vault["login"]
        token = subprocess.run(login["jwt_command"], capture_output=True, text=True, check=True).stdout.strip()
        client = hvac.Client(url=self.vault_address)
        client.auth.jwt.jwt_login(role=login["role"], jwt=token, path=login["mount"])
        return client
