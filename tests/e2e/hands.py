"""Somebody at the servers by other means than Writ's: as the administrator, by hvac, boto3, psycopg, ldap3, PyMySQL."""

from __future__ import annotations

import operator
import os
import pwd
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Any, Self

import hvac
import psycopg
import pymysql
import pymysql.cursors

from tests.servers import World

with warnings.catch_warnings():
    # ldap3 uses names that pyasn1 has given others since.
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3

MOUNT = "jwt-agents"
READER = "support-bot_orders.read"
REFUNDER = "support-bot_refunds.issue"
ENTITY = "writ-support-bot"
SUBJECT = "system:serviceaccount:support:support-bot"
ACCOUNT = "123456789012"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@dataclass(frozen=True)
class Ground:
    """Where an example's agents come in, by its specs. The quickstart's."""

    mounts: tuple[str, ...] = (MOUNT,)
    databases: tuple[str, ...] = ("orders",)
    prefixes: tuple[str, ...] = ("writ_",)
    """Of group roles in PostgreSQL."""
    environment: str = ""
    """For an example with several."""
    aws: str = "payments"
    suffix: str = "dc=example,dc=com"
    """Of a directory."""
    kinds: tuple[str, ...] = ("vault", "aws", "postgres")
    """Of its systems."""


_ENDS = {
    "vault": "adapter.close",
    "iam": "close",
    "_maria": "close",
    "directory": "unbind",
    "slapd": "unbind",
}
"""How a connection is ended."""


class Hands:
    """All systems of an example. A context manager: its connections end with it."""

    def __init__(self, world: World, ground: Ground = Ground()) -> None:
        self.ground, self._world = ground, world

    @cached_property
    def vault(self) -> hvac.Client:
        """With the root token."""
        server: Any = self._world.sandbox.server("vault")
        return hvac.Client(url=server.address, token=server._root)

    @cached_property
    def iam(self) -> Any:
        """AWS's IAM, as its administrator."""
        server: Any = self._world.sandbox.server("aws")
        return server.client("iam", ACCOUNT)

    @cached_property
    def directory(self) -> Any:
        """A connection of ldap3's to the directory, as its administrator."""
        return self._bound(self.ground.suffix)

    @cached_property
    def slapd(self) -> Any:
        """The same to the server's configuration."""
        return self._bound("cn=config")

    def _bound(self, root: str) -> Any:
        server: Any = self._world.sandbox.server("ldap")
        at = ldap3.Server(server.endpoint, get_info=ldap3.NONE)
        return ldap3.Connection(at, f"cn=admin,{root}", server.password, auto_bind=True)

    @cached_property
    def maria_port(self) -> int:
        """Where MariaDB listens."""
        server: Any = self._world.sandbox.server("mysql")
        return int(server.port)

    @cached_property
    def _maria(self) -> Any:
        server: Any = self._world.sandbox.server("mysql")
        return pymysql.connect(
            unix_socket=server.connection["socket"],
            user=pwd.getpwuid(os.geteuid()).pw_name,
            cursorclass=pymysql.cursors.DictCursor,
            autocommit=True,
        )

    @cached_property
    def _database(self) -> dict[str, Any]:
        return self._world.connection("orders-db", self.ground.environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        used = vars(self)
        for name, end in _ENDS.items():
            if name in used:
                operator.attrgetter(end)(used[name])()

    def maria(self, statement: str) -> list[dict[str, Any]]:
        """Run one as MariaDB's administrator; its rows, by the columns' names."""
        with self._maria.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    @contextmanager
    def session(self, database: str = "orders", **login: Any) -> Iterator[psycopg.Connection[Any]]:
        """A session at PostgreSQL: the superuser's, unless ``login`` says otherwise."""
        with psycopg.connect(**(self._database | login), dbname=database, autocommit=True) as session:
            yield session

    def sql(self, *statements: Any, database: str = "orders") -> list[Any]:
        """Run statements as the superuser; the rows of the last."""
        with self.session(database) as session:
            for statement in statements[:-1]:
                session.execute(statement)
            last = session.execute(statements[-1])
            return last.fetchall() if last.description else []

    def read(self, path: str) -> dict[str, Any]:
        """A path of Vault's."""
        found: dict[str, Any] = self.vault.read(path)["data"]
        return found

    def write(self, path: str, **data: Any) -> Any:
        """Write it."""
        return self.vault.write_data(path, data=data)

    def rewrite(self, path: str, **data: Any) -> None:
        """Write it with all that it has, but for ``data``."""
        self.vault.write_data(path, data=self.read(path) | data)

    def delete(self, path: str) -> None:
        """Delete it."""
        self.vault.delete(path)

    def accessor(self, mount: str = MOUNT) -> str:
        """An auth mount's accessor."""
        return str(self.read("sys/auth")[f"{mount}/"]["accessor"])

    def entity(self, name: str) -> str:
        """Make an entity, and return its id."""
        self.write(f"identity/entity/name/{name}")
        return str(self.read(f"identity/entity/name/{name}")["id"])
