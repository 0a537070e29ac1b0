"""Where the runs that race keep their state, and what is in there: read by sqlite3, psycopg and boto3, not by ours."""

from __future__ import annotations

import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from providers.aws.client import raw_client
from tests.servers import World

SCHEMA = "writ_shared"
BUCKET = "writ-shared"
KEYS = {"AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox", "AWS_SESSION_TOKEN": "sandbox"}


class Shelf(ABC):
    """One place for a state. ``env``: the variables that lead there."""

    env: Mapping[str, str]

    @abstractmethod
    def serial(self) -> int:
        """Of the one environment there."""

    @abstractmethod
    def contents(self) -> Any:
        """All that is recorded, the audit record included; the locks aside."""

    @abstractmethod
    def lock(self) -> str:
        """The id of the lock that is held; empty where none is."""

    def close(self) -> None:  # noqa: B027 - a file goes with its folder
        """Take it away."""


class File(Shelf):
    def __init__(self, path: Path) -> None:
        self.path, self.env = path, {"WRIT_STATE": str(path)}

    def _rows(self, statement: str) -> list[Any]:
        with closing(sqlite3.connect(self.path)) as db:
            return db.execute(statement).fetchall()

    def serial(self) -> int:
        return int(self._rows("SELECT serial FROM environments")[0][0])

    def contents(self) -> Any:
        tables = ("environments", "systems", "objects", "unfinished")
        ledger = {file.name: file.read_bytes() for file in sorted(self.path.parent.glob("*.jsonl"))}
        return [sorted(self._rows(f"SELECT * FROM {table}")) for table in tables], ledger

    def lock(self) -> str:
        return "".join(row[0] for row in self._rows("SELECT id FROM locks"))


class Tables(Shelf):
    """In the quickstart's own PostgreSQL. ``folder``: of the socket, where it isn't the server's own."""

    def __init__(self, world: World, folder: str = "") -> None:
        place = world.connection("orders-db")
        self._place = {name: place[name] for name in ("host", "port", "user")} | {"dbname": "orders"}
        url = f"postgresql://{place['user']}@{quote(folder or place['host'], safe='')}:{place['port']}/orders"
        self.env = {"WRIT_STATE": f"{url}?schema={SCHEMA}"}

    def _rows(self, statement: str) -> list[Any]:
        with psycopg.connect(**self._place, autocommit=True) as session:
            return session.execute(statement.encode()).fetchall()

    def serial(self) -> int:
        return int(self._rows(f"SELECT serial FROM {SCHEMA}.environments")[0][0])

    def contents(self) -> Any:
        tables = (row[0] for row in self._rows(f"SELECT tablename FROM pg_tables WHERE schemaname = '{SCHEMA}'"))
        return {name: sorted(map(repr, self._rows(f"TABLE {SCHEMA}.{name}"))) for name in tables if name != "locks"}

    def lock(self) -> str:
        return "".join(row[0] for row in self._rows(f"SELECT id FROM {SCHEMA}.locks"))

    def close(self) -> None:
        with psycopg.connect(**self._place, autocommit=True) as session:
            session.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE".encode())


class Objects(Shelf):
    """In the quickstart's own local AWS. ``endpoint``: where it isn't that server's own."""

    def __init__(self, world: World, endpoint: str = "") -> None:
        own = world.connection("payments")["endpoint_url"]
        self._s3 = raw_client("s3", own, "us-east-1")
        self._s3.create_bucket(Bucket=BUCKET)
        place = {"AWS_ENDPOINT_URL_S3": endpoint or own, "AWS_REGION": "us-east-1"}
        self.env = {"WRIT_STATE": f"s3://{BUCKET}/iam", **place, **KEYS}

    def _keys(self) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        return [one["Key"] for page in pages for one in page.get("Contents", ())]

    def _body(self, key: str) -> bytes:
        body: bytes = self._s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body

    def serial(self) -> int:
        (key,) = (key for key in self._keys() if key.endswith(".json"))
        return int(json.loads(self._body(key))["serial"])

    def contents(self) -> Any:
        return {key: self._body(key) for key in self._keys() if not key.endswith(".lock")}

    def lock(self) -> str:
        (key,) = (key for key in self._keys() if key.endswith(".lock"))
        held = json.loads(self._body(key))["lock"]
        return str(held["id"]) if held else ""

    def close(self) -> None:
        for key in self._keys():
            self._s3.delete_object(Bucket=BUCKET, Key=key)
        self._s3.delete_bucket(Bucket=BUCKET)
        self._s3.close()


def shelf(kind: str, world: World) -> Shelf:
    """An empty one."""
    if kind == "sqlite":
        return File(world.state)
    return Tables(world) if kind == "postgresql" else Objects(world)
