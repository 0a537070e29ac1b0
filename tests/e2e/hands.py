"""Somebody at the servers by other means than Writ's: hvac with the root token, boto3, psycopg as the superuser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import hvac
import psycopg

from tests.servers import World

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


class Hands:
    """All systems of an example. A context manager: its connections end with it."""

    def __init__(self, world: World, ground: Ground = Ground()) -> None:
        self.ground = ground
        server: Any = world.sandbox.server("vault")
        aws: Any = world.sandbox.server("aws")
        self.vault = hvac.Client(url=server.address, token=server._root)
        self.iam: Any = aws.client("iam", ACCOUNT)
        self._database = world.connection("orders-db", ground.environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.vault.adapter.close()
        self.iam.close()

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
