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
from reconciler.state.errors import LockLost, StateError

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

    def __init__(self, path: Path, *, reading: bool = False) -> None:
        """Open or create. A file that isn't ours, or is newer than this program, raises StateError.

        For ``reading`` nothing is made and nothing is written, and the right to read the file is enough.
        """
        self.path = path
        with self._errors():
            self._db = self._open_reading(path) if reading else self._open(path)
            try:
                self._migrate(reading=reading)
            except BaseException:
                self._db.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def load(self, environment: str) -> State:
        """All that is recorded of one environment; lineage is empty where nothing was ever applied."""
        with self._errors(), self._snapshot():
            if self._version() == 0:  # made, and never filled
                return State(environment, "", 0, {}, {})
            head = self._db.execute(
                "SELECT lineage, serial FROM environments WHERE name = ?", (environment,)
            ).fetchone()
            lineage, serial = head or ("", 0)
            return State(environment, lineage, serial, self._objects(environment), self._systems(environment))

    def put_all(
        self,
        environment: str,
        systems: tuple[SystemRecord, ...],
        applied: Iterable[Applied],
        who: str,
        *,
        lock: str = "",
    ) -> None:
        """Record many objects at once, and the systems of the run, so that one that leaves the specs can be cleaned."""
        records = [(environment, s.name, s.provider, json.dumps(s.settings, sort_keys=True)) for s in systems]
        with self.transaction(environment, lock=lock) as db:
            db.execute("DELETE FROM systems WHERE environment = ?", (environment,))
            db.executemany("INSERT INTO systems VALUES (?, ?, ?, ?)", records)
            db.executemany(_PUT, (_row(environment, one, who) for one in applied))

    def put_object(self, environment: str, applied: Applied, who: str, *, lock: str = "") -> None:
        """Record one object as applied now."""
        with self.transaction(environment, lock=lock) as db:
            db.execute(_PUT, _row(environment, applied, who))

    def drop_object(self, environment: str, address: Address, *, lock: str = "") -> None:
        """Forget one object."""
        with self.transaction(environment, lock=lock) as db:
            db.execute(
                "DELETE FROM objects WHERE environment = ? AND system = ? AND type = ? AND key = ?",
                (environment, *address),
            )

    @contextmanager
    def transaction(self, environment: str, *, lock: str = "") -> Iterator[sqlite3.Connection]:
        """One write: the serial grows with it, or nothing happens.

        With the id of a ``lock``, raises LockLost unless it is held still: nobody can take it before the write ends.
        """
        with self.immediate() as db:
            if lock:
                _refuse_lost(db, environment, lock)
            yield db
            db.execute(
                "INSERT INTO environments VALUES (?, ?, 1, ?) "
                "ON CONFLICT (name) DO UPDATE SET serial = serial + 1, updated = excluded.updated",
                (environment, str(uuid.uuid4()), _now()),
            )

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
            if not path.exists():
                path.touch(mode=0o600)
        except OSError as failed:
            raise StateError(
                f"the state {path} can't be opened: {failed.strerror}", help="choose another place with -state FILE"
            ) from failed
        db = _connected(path, "rw")
        # TRUNCATE, not WAL: a state file that is copied or deleted alone is then always whole.
        db.execute("PRAGMA journal_mode = TRUNCATE")
        db.execute("PRAGMA synchronous = FULL")
        return db

    def _open_reading(self, path: Path) -> sqlite3.Connection:
        db = _connected(path, "ro")
        try:
            db.execute("PRAGMA schema_version").fetchone()
        except sqlite3.OperationalError as failed:
            db.close()
            if failed.sqlite_errorcode != sqlite3.SQLITE_READONLY_ROLLBACK:
                raise
            # A run was killed in the middle of a write: only undoing that makes the file readable.
            return _connected(path, "rw")
        return db

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """All that is read within it is of one moment."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _migrate(self, *, reading: bool) -> None:
        if self._version() == 0:
            if reading:
                self._refuse_foreign()
            else:
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


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    """``mode`` as in sqlite.org/uri.html: ro reads, rw writes, neither makes the file."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=10.0, isolation_level=None)


def _refuse_lost(db: sqlite3.Connection, environment: str, lock: str) -> None:
    row = db.execute("SELECT id FROM locks WHERE environment = ?", (environment,)).fetchone()
    if row is None or row[0] != lock:
        raise LockLost


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
