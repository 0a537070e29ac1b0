"""The state as tables: what SQLite and PostgreSQL share. They differ in how they connect, lock rows and fail."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from reconciler.model import Address, Applied, Outcomes, Retired, State, SystemRecord, Unfinished
from reconciler.state.errors import LockLost, StateError
from reconciler.state.ledger import End
from reconciler.state.lockinfo import LockInfo, now, stamp
from reconciler.state.rows import (
    LOCK_COLUMNS,
    lock_row,
    object_row,
    objects_of,
    retirement_row,
    retirements_of,
    system_row,
    systems_of,
    unfinished_of,
    unfinished_row,
)
from reconciler.state.schema import digest, inserted, lock_columns, selected

_NAMED = ("systems", "retirements")
_OBJECT = ("environment", "system", "type", "key")
_OF_OBJECT = " AND ".join(f"{name} = ?" for name in _OBJECT)
WAY_OUT = "free the disk, or restore the file, or move it away: the next plan finds its own objects"


class Rows(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int:
        """How many rows were written."""
        ...

    def fetchone(self) -> Any:
        """The next row, or None."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Db(Protocol):
    """A connection within a transaction. Values stand as ``?``."""

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> Rows:
        """One statement."""
        ...

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]], /) -> object:
        """The same for each row."""
        ...


def _upsert(table: str, columns: str, key: Sequence[str]) -> str:
    names = columns.split(", ")
    news = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
    values = ", ".join("?" * len(names))
    return f"INSERT INTO {table} ({columns}) VALUES ({values}) ON CONFLICT ({', '.join(key)}) DO UPDATE SET {news}"  # noqa: S608 - constants


_PUT = _upsert("objects", f"{inserted('objects')}, applied, applied_by", _OBJECT)
_PUT_SYSTEM = _upsert("systems", inserted("systems"), ("environment", "name"))
_BEGIN = _upsert("unfinished", inserted("unfinished"), _OBJECT)
_RETIRE = _upsert("retirements", inserted("retirements"), ("environment", "name"))
_LEDGER_END = _upsert("ledger_ends", inserted("ledger_ends"), ("environment",))
_HEAD = _upsert("environments", inserted("environments"), ("name",))
_END = f"DELETE FROM unfinished WHERE {_OF_OBJECT}"  # noqa: S608
_DROP = f"DELETE FROM objects WHERE {_OF_OBJECT}"  # noqa: S608
_LOCK = (
    f"INSERT INTO locks (environment, {', '.join(LOCK_COLUMNS)}) VALUES (?{', ?' * len(LOCK_COLUMNS)}) "  # noqa: S608
    "ON CONFLICT (environment) DO NOTHING"
)
_UNLOCK = "DELETE FROM locks WHERE environment = ? AND id = ?"
_BEAT = "UPDATE locks SET beat = beat + 1, beaten = ?, stamp = ? WHERE environment = ? AND id = ?"


class TableStore(ABC):
    """A state.store.Store over a database."""

    _for_update = ""
    """How a row that is read is kept from others until the transaction ends; empty where nobody else can write."""

    def __init__(self) -> None:
        self._ends: dict[str, End] = {}
        """How far the audit record went since our last write: kept with the next."""

    @property
    @abstractmethod
    def where(self) -> str:
        """The place, for messages."""

    @abstractmethod
    def _writing(self) -> AbstractContextManager[Db]:
        """A transaction, undone where the block raises. Failures of the database are StateErrors."""

    @abstractmethod
    def _reading(self) -> AbstractContextManager[Db]:
        """All that is read within it is of one moment."""

    @abstractmethod
    def _version(self) -> int:
        """The schema's; 0 where nothing was ever made."""

    def load(self, environment: str) -> State:
        """As state.store.Store."""
        with self._reading() as db:
            if self._version() == 0:
                return State(environment, "", 0, {}, {})
            lineage, serial = self._head(db, environment)
            return State(
                environment,
                lineage,
                serial,
                objects_of(self._rows(db, "objects", environment), self._damaged),
                systems_of(self._rows(db, "systems", environment)),
                # Before schema 4 no steps were recorded.
                unfinished_of(self._rows(db, "unfinished", environment) if self._version() > 3 else ()),
                retirements_of(self._rows(db, "retirements", environment) if self._version() > 6 else ()),
            )

    def environments(self) -> dict[str, int]:
        """As state.store.Store."""
        with self._reading() as db:
            if self._version() == 0:
                return {}
            rows = db.execute("SELECT environment, count(*) FROM objects GROUP BY environment ORDER BY 1")
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
        """As state.store.Store."""
        records = [system_row(environment, system) for system in systems]
        with self._changing(environment, lock) as db:
            db.execute("DELETE FROM systems WHERE environment = ?", (environment,))
            db.executemany(_PUT_SYSTEM, records)
            db.executemany(_PUT, (object_row(environment, one, who) for one in applied))

    def begin(self, environment: str, steps: Iterable[tuple[Address, str]], who: str, *, lock: str = "") -> None:
        """As state.store.Store."""
        began = now()
        begun = [Unfinished(address, phase, lock, who, began) for address, phase in steps]
        with self._changing(environment, lock) as db:
            db.executemany(_BEGIN, (unfinished_row(environment, one) for one in begun))

    def record(self, environment: str, outcomes: Outcomes, who: str, *, lock: str = "") -> None:
        """As state.store.Store."""
        with self._changing(environment, lock) as db:
            db.executemany(_PUT, [object_row(environment, one, who) for one in outcomes.made])
            db.executemany(_DROP, [(environment, *address) for address in outcomes.gone])
            db.executemany(_END, [(environment, *address) for address in outcomes.ended])

    def settle(self, environment: str, addresses: Iterable[Address], *, lock: str = "") -> None:
        """As state.store.Store."""
        with self._changing(environment, lock) as db:
            db.executemany(_END, ((environment, *address) for address in addresses))

    def retire(self, environment: str, one: Retired, *, lock: str = "") -> None:
        """As state.store.Store."""
        with self._changing(environment, lock) as db:
            db.execute(_RETIRE, retirement_row(environment, one))

    def replace(self, state: State, who: str, *, lock: str = "") -> None:
        """As state.store.Store."""
        environment, head = state.environment, (state.environment, state.lineage, state.serial, now())
        with self._writing() as db:
            if lock:
                self._refuse_lost(db, environment, lock)
            for table in ("systems", "objects", "unfinished", "retirements"):
                db.execute(f"DELETE FROM {table} WHERE environment = ?", (environment,))  # noqa: S608 - constants
            db.executemany(_PUT_SYSTEM, [system_row(environment, one) for one in state.systems.values()])
            db.executemany(_PUT, (object_row(environment, one, who) for one in state.objects.values()))
            db.executemany(_BEGIN, [unfinished_row(environment, one) for one in state.unfinished])
            db.executemany(_RETIRE, [retirement_row(environment, one) for one in state.retirements.values()])
            db.execute(_HEAD, (*head, digest(head)))
            self._keep_end(db, environment)
        self._ends.pop(environment, None)

    def locks(self) -> dict[str, LockInfo]:
        """As state.store.Store."""
        with self._reading() as db:
            if self._version() == 0:
                return {}
            rows = db.execute(f"SELECT environment, {self._lock_columns()} FROM locks ORDER BY 1")  # noqa: S608
            return {environment: LockInfo(*columns) for environment, *columns in rows}

    def take(self, environment: str, mine: LockInfo, over: LockInfo | None = None) -> LockInfo | None:
        """As state.store.Store."""
        with self._writing() as db:
            if over is not None:
                seen = (environment, over.id, over.beat)
                db.execute("DELETE FROM locks WHERE environment = ? AND id = ? AND beat = ?", seen)
            while True:
                if db.execute(_LOCK, lock_row(environment, mine)).rowcount > 0:
                    return None
                query = f"SELECT {self._lock_columns()} FROM locks WHERE environment = ?"  # noqa: S608 - constants
                row = db.execute(query, (environment,)).fetchone()
                if row is not None:  # else it was given back between the two
                    return LockInfo(*row)

    def gone(self, holder: LockInfo) -> str:  # noqa: ARG002
        """As state.store.Store."""
        return ""

    def beat(self, environment: str, lock: str) -> None:
        """As state.store.Store."""
        with self._writing() as db:
            if db.execute(_BEAT, (now(), stamp(), environment, lock)).rowcount == 0:
                raise LockLost

    def release(self, environment: str, lock: str) -> bool:
        """As state.store.Store."""
        with self._writing() as db:
            if db.execute(_UNLOCK, (environment, lock)).rowcount == 0:
                return False
            self._keep_end(db, environment)
        self._ends.pop(environment, None)
        return True

    def end(self, environment: str) -> End | None:
        """As state.ledger.Ledger."""
        with self._reading() as db:
            rows = self._rows(db, "ledger_ends", environment) if self._version() > 7 else ()
            return next((End(int(number), head) for _, number, head in rows), None)

    def ended(self) -> tuple[str, ...]:
        """As state.ledger.Ledger."""
        with self._reading() as db:
            if self._version() < 8:
                return ()
            return tuple(str(name) for (name,) in db.execute("SELECT environment FROM ledger_ends ORDER BY 1"))

    @contextmanager
    def _changing(self, environment: str, lock: str) -> Iterator[Db]:
        """One write: the serial grows with it, or nothing happens."""
        with self._writing() as db:
            if lock:
                self._refuse_lost(db, environment, lock)
            yield db
            lineage, serial = self._head(db, environment, self._for_update)
            head = (environment, lineage or str(uuid.uuid4()), serial + 1, now())
            db.execute(_HEAD, (*head, digest(head)))
            self._keep_end(db, environment)
        self._ends.pop(environment, None)

    def _note_end(self, environment: str, end: End | None) -> None:
        if end is not None:
            self._ends[environment] = end

    def _keep_end(self, db: Db, environment: str) -> None:
        end = self._ends.get(environment)
        if end is not None:
            row = (environment, end.number, end.head)
            db.execute(_LEDGER_END, (*row, digest(row)))

    def _refuse_lost(self, db: Db, environment: str, lock: str) -> None:
        held = db.execute(f"SELECT id FROM locks WHERE environment = ?{self._for_update}", (environment,))  # noqa: S608
        row = held.fetchone()
        if row is None or row[0] != lock:
            raise LockLost

    def _head(self, db: Db, environment: str, how: str = "") -> tuple[str, int]:
        for _, lineage, serial, _ in self._rows(db, "environments", environment, how):
            return lineage, int(serial)
        return "", 0

    def _lock_columns(self) -> str:
        return lock_columns(LOCK_COLUMNS, self._version())

    def _rows(self, db: Db, table: str, environment: str, how: str = "") -> Iterator[tuple[str, ...]]:
        """Rows that are as they were written. Raises StateError, saying which isn't."""
        column = "name" if table == "environments" else "environment"
        query = f"SELECT {selected(table, self._version())} FROM {table} WHERE {column} = ?{how}"  # noqa: S608 - constants
        for *row, written in db.execute(query, (environment,)):
            if written and written != digest(row):
                raise self._damaged(f"{table} {' '.join(map(str, row[1 : 2 if table in _NAMED else 4]))}")
            yield tuple(row)

    def _damaged(self, where: str) -> StateError:
        return StateError(f"the state {self.where} is damaged at {where}", help=WAY_OUT)
