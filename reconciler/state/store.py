"""The embedded state: one SQLite file, one transaction to a write, a namespace to an environment."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reconciler.model import Address, Applied, Resource, State, SystemRecord, Unfinished
from reconciler.state.codec import decode_address, decode_origin, encode_address, encode_origin
from reconciler.state.errors import LockLost, StateError, StateLocked
from reconciler.state.place import is_there, unopened
from reconciler.state.schema import SCHEMA, SCHEMA_VERSION, digest, inserted, selected, upgrade

DEFAULT_PATH = Path(".writ") / "state.db"

_AT_ONCE = 1000
"""Rows decoded together."""
_VALUES = ", ".join("?" * 11)
_PUT = f"INSERT OR REPLACE INTO objects ({inserted('objects')}, applied, applied_by) VALUES ({_VALUES})"  # noqa: S608 - constants
_PUT_SYSTEM = f"INSERT INTO systems ({inserted('systems')}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608
_BEGIN = "INSERT OR REPLACE INTO unfinished VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_OF_OBJECT = "WHERE environment = ? AND system = ? AND type = ? AND key = ?"
_END = f"DELETE FROM unfinished {_OF_OBJECT}"  # noqa: S608
_DROP = f"DELETE FROM objects {_OF_OBJECT}"  # noqa: S608
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_PATIENCE = 10.0
"""Seconds to wait, at the least, while another process writes."""


class Store:
    """A connection to one state file. Not shared between threads."""

    def __init__(self, path: Path, *, reading: bool = False, patience: float = 0.0) -> None:
        """Open or create. A file that isn't ours, or is newer than this program, raises StateError.

        For ``reading`` nothing is made and nothing is written, and the right to read the file is enough. ``patience``:
        seconds to wait while another process writes.
        """
        self.path = path
        self._patience = max(patience, _PATIENCE)
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
            return State(
                environment,
                lineage,
                serial,
                self._objects(environment),
                self._systems(environment),
                self._unfinished(environment),
            )

    def environments(self) -> dict[str, int]:
        """How many objects are recorded, by environment; those without any are left out."""
        with self._errors(), self._snapshot():
            if self._version() == 0:
                return {}
            rows = self._db.execute("SELECT environment, count(*) FROM objects GROUP BY environment ORDER BY 1")
            return {str(name): int(count) for name, count in rows}

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
        records = [_system_row(environment, system) for system in systems]
        with self.transaction(environment, lock=lock) as db:
            db.execute("DELETE FROM systems WHERE environment = ?", (environment,))
            db.executemany(_PUT_SYSTEM, records)
            db.executemany(_PUT, (_row(environment, one, who) for one in applied))

    def begin(self, environment: str, steps: Iterable[tuple[Address, str]], who: str, *, lock: str = "") -> None:
        """Record that the calls of these steps (address, phase) are about to be made."""
        began = _now()
        with self.transaction(environment, lock=lock) as db:
            db.executemany(_BEGIN, ((environment, *address, phase, lock, who, began) for address, phase in steps))

    def put_object(self, environment: str, applied: Applied, who: str, *, lock: str = "") -> None:
        """Record one object as applied now, and the step that did it as ended."""
        with self.transaction(environment, lock=lock) as db:
            db.execute(_PUT, _row(environment, applied, who))
            db.execute(_END, (environment, *applied.resource.address))

    def drop_object(self, environment: str, address: Address, *, lock: str = "") -> None:
        """Forget one object, and record the step that removed it as ended."""
        with self.transaction(environment, lock=lock) as db:
            db.execute(_DROP, (environment, *address))
            db.execute(_END, (environment, *address))

    def settle(self, environment: str, addresses: Iterable[Address], *, lock: str = "") -> None:
        """What was begun on these objects is known: it did nothing, or was read back since."""
        with self.transaction(environment, lock=lock) as db:
            db.executemany(_END, ((environment, *address) for address in addresses))

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
            if not is_there(path):
                path.touch(mode=0o600)
        except OSError as failed:
            raise unopened(path, failed) from failed
        db = self._connected(path, "rw")
        # TRUNCATE, not WAL: a state file that is copied or deleted alone is then always whole.
        db.execute("PRAGMA journal_mode = TRUNCATE")
        db.execute("PRAGMA synchronous = FULL")
        return db

    def _open_reading(self, path: Path) -> sqlite3.Connection:
        is_there(path)
        db = self._connected(path, "ro")
        try:
            db.execute("PRAGMA schema_version").fetchone()
        except sqlite3.OperationalError as failed:
            db.close()
            if failed.sqlite_errorcode != sqlite3.SQLITE_READONLY_ROLLBACK:
                raise
            # A run was killed in the middle of a write: only undoing that makes the file readable.
            return self._connected(path, "rw")
        return db

    def _connected(self, path: Path, mode: str) -> sqlite3.Connection:
        """``mode`` as in sqlite.org/uri.html: ro reads, rw writes, neither makes the file."""
        uri = f"{path.absolute().as_uri()}?mode={mode}"
        return sqlite3.connect(uri, uri=True, timeout=self._patience, isolation_level=None)

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
        if version < SCHEMA_VERSION and not reading:
            with self.immediate() as db:
                if self._version() < SCHEMA_VERSION:
                    upgrade(db, self._version())

    def _version(self) -> int:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        return int(version)

    def _create(self) -> None:
        """The tables, once: two first runs may meet here."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            if self._version() == 0:
                self._refuse_foreign()
                for statement in filter(str.strip, SCHEMA.split(";")):
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
        rows = self._rows("objects", environment)
        found: dict[Address, Applied] = {}
        while some := list(islice(rows, _AT_ONCE)):
            # Decoded together, objects share their keys: a third of the memory, and less time.
            columns = json.loads(f"[{','.join(f'[{row[4]},{row[5]},{row[6]}]' for row in some)}]")
            for row, (attributes, origin, depends_on) in zip(some, columns, strict=True):
                address = Address(*row[1:4])
                found[address] = self._applied(Resource(address, attributes), origin, depends_on, row[7])
        return found

    def _applied(self, resource: Resource, origin: Any, depends_on: Any, native_id: str) -> Applied:
        decoded = decode_origin(origin)
        if decoded is None:
            raise self._damaged(str(resource.address))
        return Applied(resource, decoded, tuple(decode_address(item) for item in depends_on), native_id)

    def _systems(self, environment: str) -> dict[str, SystemRecord]:
        rows = self._rows("systems", environment)
        return {row[1]: SystemRecord(row[1], row[2], json.loads(row[3]), row[4]) for row in rows}

    def _unfinished(self, environment: str) -> tuple[Unfinished, ...]:
        if self._version() < 4:  # before steps were recorded
            return ()
        columns = "system, type, key, phase, run, who, began"
        query = f"SELECT {columns} FROM unfinished WHERE environment = ? ORDER BY began, system, type, key"  # noqa: S608
        return tuple(Unfinished(Address(*row[:3]), *row[3:]) for row in self._db.execute(query, (environment,)))

    def _rows(self, table: str, environment: str) -> Iterator[tuple[str, ...]]:
        """Rows that are as they were written. Raises StateError, saying which isn't."""
        query = f"SELECT {selected(table, self._version())} FROM {table} WHERE environment = ?"  # noqa: S608 - constants
        for *row, written in self._db.execute(query, (environment,)):
            if written and written != digest(row):
                raise self._damaged(f"{table} {' '.join(map(str, row[1 : 4 if table == 'objects' else 2]))}")
            yield tuple(row)

    def _damaged(self, where: str) -> StateError:
        return StateError(f"the state {self.path} is damaged at {where}", help=_WAY_OUT)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as failed:
            if getattr(failed, "sqlite_errorcode", 0) & 0xFF not in _BUSY:
                raise StateError(f"the state {self.path} can't be used: {failed}", help=_WAY_OUT) from failed
            message = f"another run writes to the state {self.path}, and didn't end within {self._patience:.0f} s"
            raise StateLocked(message, help="wait longer with -lock-timeout=60s; look for a run that hangs") from failed
        except (sqlite3.Error, KeyError, ValueError, TypeError, AttributeError) as failed:
            raise StateError(f"the state {self.path} can't be used: {failed}", help=_WAY_OUT) from failed


_WAY_OUT = "free the disk, or restore the file, or move it away: the next plan finds its own objects"


def _system_row(environment: str, system: SystemRecord) -> tuple[str, ...]:
    columns = (environment, system.name, system.provider, json.dumps(system.settings, sort_keys=True), system.place)
    return (*columns, digest(columns))


def _refuse_lost(db: sqlite3.Connection, environment: str, lock: str) -> None:
    row = db.execute("SELECT id FROM locks WHERE environment = ?", (environment,)).fetchone()
    if row is None or row[0] != lock:
        raise LockLost


def _row(environment: str, applied: Applied, who: str) -> tuple[str, ...]:
    columns = (
        environment,
        *applied.resource.address,
        json.dumps(applied.resource.attributes, sort_keys=True),
        json.dumps(encode_origin(applied.origin)),
        json.dumps([encode_address(a) for a in applied.depends_on]),
        applied.native_id,
    )
    return (*columns, digest(columns), _now(), who)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
