"""The embedded state: one SQLite file, one transaction to a write, a namespace to an environment."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reconciler.model import Address, Applied, Resource, State, SystemRecord
from reconciler.state.codec import decode_address, decode_origin, encode_address, encode_origin
from reconciler.state.errors import StateError

SCHEMA_VERSION = 1
DEFAULT_PATH = Path(".writ") / "state.db"

_SCHEMA = """
CREATE TABLE environments (
    name TEXT PRIMARY KEY, lineage TEXT NOT NULL, serial INTEGER NOT NULL, updated TEXT NOT NULL
);
CREATE TABLE systems (
    environment TEXT NOT NULL, name TEXT NOT NULL, provider TEXT NOT NULL, settings TEXT NOT NULL,
    PRIMARY KEY (environment, name)
);
CREATE TABLE objects (
    environment TEXT NOT NULL, system TEXT NOT NULL, type TEXT NOT NULL, key TEXT NOT NULL,
    attributes TEXT NOT NULL, origin TEXT NOT NULL, depends_on TEXT NOT NULL, applied TEXT NOT NULL,
    applied_by TEXT NOT NULL,
    PRIMARY KEY (environment, system, type, key)
);
CREATE TABLE locks (
    environment TEXT PRIMARY KEY, id TEXT NOT NULL, operation TEXT NOT NULL, who TEXT NOT NULL, host TEXT NOT NULL,
    pid INTEGER NOT NULL, pid_started TEXT NOT NULL, created TEXT NOT NULL, version TEXT NOT NULL
);
"""


_AT_ONCE = 1000
"""Rows decoded together."""
_PUT = "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


class Store:
    """A connection to one state file. Not shared between threads."""

    def __init__(self, path: Path) -> None:
        """Open or create. A file that isn't ours, or is newer than this program, raises StateError."""
        self.path = path
        with self._errors():
            self._db = self._open(path)
            self._migrate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def load(self, environment: str) -> State:
        """All that is recorded of one environment; lineage is empty where nothing was ever applied."""
        with self._errors():
            head = self._db.execute(
                "SELECT lineage, serial FROM environments WHERE name = ?", (environment,)
            ).fetchone()
            lineage, serial = head or ("", 0)
            return State(environment, lineage, serial, self._objects(environment), self._systems(environment))

    def put_all(
        self, environment: str, systems: tuple[SystemRecord, ...], applied: Iterable[Applied], who: str
    ) -> None:
        """Record many objects at once, and the systems of the run, so that one that leaves the specs can be cleaned."""
        records = [(environment, s.name, s.provider, json.dumps(s.settings, sort_keys=True)) for s in systems]
        with self.transaction(environment) as db:
            db.execute("DELETE FROM systems WHERE environment = ?", (environment,))
            db.executemany("INSERT INTO systems VALUES (?, ?, ?, ?)", records)
            db.executemany(_PUT, (_row(environment, one, who) for one in applied))

    def put_object(self, environment: str, applied: Applied, who: str) -> None:
        """Record one object as applied now."""
        with self.transaction(environment) as db:
            db.execute(_PUT, _row(environment, applied, who))

    def drop_object(self, environment: str, address: Address) -> None:
        """Forget one object."""
        with self.transaction(environment) as db:
            db.execute(
                "DELETE FROM objects WHERE environment = ? AND system = ? AND type = ? AND key = ?",
                (environment, *address),
            )

    @contextmanager
    def transaction(self, environment: str) -> Iterator[sqlite3.Connection]:
        """One write: the serial grows with it, or nothing happens."""
        with self._errors():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute(
                    "INSERT INTO environments VALUES (?, ?, 1, ?) "
                    "ON CONFLICT (name) DO UPDATE SET serial = serial + 1, updated = excluded.updated",
                    (environment, str(uuid.uuid4()), _now()),
                )
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def immediate(self) -> Iterator[sqlite3.Connection]:
        """A transaction that leaves the serial alone (locks)."""
        with self._errors():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def query(self, statement: str, *values: str) -> tuple[Any, ...] | None:
        """The first row of a reading statement."""
        with self._errors():
            row: tuple[Any, ...] | None = self._db.execute(statement, values).fetchone()
            return row

    def _open(self, path: Path) -> sqlite3.Connection:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
        except OSError as failed:
            raise StateError(
                f"the state {path} can't be opened: {failed.strerror}", help="choose another place with -state FILE"
            ) from failed
        db = sqlite3.connect(path, timeout=10.0, isolation_level=None)
        # TRUNCATE, not WAL: a state file that is copied or deleted alone is then always whole.
        db.execute("PRAGMA journal_mode = TRUNCATE")
        db.execute("PRAGMA synchronous = FULL")
        return db

    def _migrate(self) -> None:
        if self._version() == 0:
            self._create()
        version = self._version()
        if version > SCHEMA_VERSION:
            raise StateError(
                f"the state {self.path} was written by a newer version (schema {version}, this one knows "
                f"{SCHEMA_VERSION})",
                help="upgrade writ-iam",
            )

    def _version(self) -> int:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        return int(version)

    def _create(self) -> None:
        """The tables, once: two first runs may meet here."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            if self._version() == 0:
                self._refuse_foreign()
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _refuse_foreign(self) -> None:
        if self._db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            message = f"{self.path} is a database of another program"
            raise StateError(message, help="choose another place with -state FILE")

    def _objects(self, environment: str) -> dict[Address, Applied]:
        rows = self._db.execute(
            "SELECT system, type, key, attributes, origin, depends_on FROM objects WHERE environment = ?",
            (environment,),
        )
        found: dict[Address, Applied] = {}
        while some := rows.fetchmany(_AT_ONCE):
            # Decoded together, objects share their keys: a third of the memory, and less time.
            columns = json.loads(f"[{','.join(f'[{row[3]},{row[4]},{row[5]}]' for row in some)}]")
            for row, (attributes, origin, depends_on) in zip(some, columns, strict=True):
                address = Address(*row[:3])
                found[address] = self._applied(address, attributes, origin, depends_on)
        return found

    def _applied(self, address: Address, attributes: Any, origin: Any, depends_on: Any) -> Applied:
        decoded = decode_origin(origin)
        if decoded is None:
            raise StateError(f"the state {self.path} is damaged at {address}", help="restore it, or remove it")
        return Applied(Resource(address, attributes), decoded, tuple(decode_address(item) for item in depends_on))

    def _systems(self, environment: str) -> dict[str, SystemRecord]:
        rows = self._db.execute("SELECT name, provider, settings FROM systems WHERE environment = ?", (environment,))
        return {name: SystemRecord(name, provider, json.loads(settings)) for name, provider, settings in rows}

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, json.JSONDecodeError, KeyError, ValueError) as failed:
            raise StateError(
                f"the state {self.path} can't be used: {failed}",
                help="free the disk, or restore the file, or move it away: the next plan finds its own objects",
            ) from failed


def _row(environment: str, applied: Applied, who: str) -> tuple[str, ...]:
    return (
        environment,
        *applied.resource.address,
        json.dumps(applied.resource.attributes, sort_keys=True),
        json.dumps(encode_origin(applied.origin)),
        json.dumps([encode_address(a) for a in applied.depends_on]),
        _now(),
        who,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
