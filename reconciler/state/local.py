"""The embedded state: one SQLite file, one transaction to a write, a namespace to an environment."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from reconciler.state.errors import LockLost, StateError, StateLocked
from reconciler.state.ledger import End
from reconciler.state.ledger_file import LedgerFiles
from reconciler.state.place import is_there, unopened
from reconciler.state.schema import SCHEMA, SCHEMA_VERSION, upgrade
from reconciler.state.tables import WAY_OUT, TableStore

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_PATIENCE = 10.0
"""Seconds to wait, at the least, while another process writes."""


class LocalStore(TableStore):
    """A connection to one state file. Not shared between threads."""

    def __init__(self, path: Path, *, reading: bool = False, patience: float = 0.0) -> None:
        """Open or create. A file that isn't ours, or is newer than this program, raises StateError.

        For ``reading`` nothing is made and nothing is written, and the right to read the file is enough. ``patience``:
        seconds to wait while another process writes.
        """
        super().__init__()
        self.path = path
        self._ledger = LedgerFiles(path)
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

    @property
    def where(self) -> str:
        """The path."""
        return str(self.path)

    def another(self) -> LocalStore:
        """As state.store.Store. A file that was taken away under a run isn't made again: its lock went with it."""
        if not is_there(self.path):
            raise LockLost
        return LocalStore(self.path, patience=self._patience)

    def append(
        self,
        environment: str,
        first: int,  # noqa: ARG002 - it would tell of another's lines; so does the file's length
        lines: Sequence[bytes],
        *,
        end: End | None = None,
        lock: str = "",
    ) -> None:
        """As state.ledger.Ledger. While the state is ours to write, nobody else takes the lock or appends."""
        with self._writing() as db:
            if lock:
                self._refuse_lost(db, environment, lock)
            self._ledger.append(environment, lines)
        self._note_end(environment, end)

    def lines(self, environment: str) -> Iterator[bytes]:
        """As state.ledger.Ledger."""
        return self._ledger.lines(environment)

    def last(self, environment: str) -> bytes:
        """As state.ledger.Ledger."""
        return self._ledger.last(environment)

    def mend(self, environment: str, *, lock: str = "") -> bytes:
        """As state.ledger.Ledger."""
        with self._writing() as db:
            if lock:
                self._refuse_lost(db, environment, lock)
            return self._ledger.mend(environment)

    def audited(self) -> tuple[str, ...]:
        """As state.ledger.Ledger."""
        return self._ledger.audited()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._errors():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._errors():
            self._db.execute("BEGIN")
            try:
                self._refuse_damage()
                yield self._db
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    def _refuse_damage(self) -> None:
        """A row that its index lost is gone without a trace: no digest would miss it."""
        (found,) = self._db.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise StateError(f"the state {self.path} is damaged: {found.splitlines()[-1]}", help=WAY_OUT)

    def _version(self) -> int:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        return int(version)

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
            with self._writing() as db:
                if self._version() < SCHEMA_VERSION:
                    upgrade(db, self._version())

    def _create(self) -> None:
        """The tables, once: two first runs may meet here."""
        with self._writing() as db:
            if self._version() == 0:
                self._refuse_foreign()
                for statement in filter(str.strip, SCHEMA.split(";")):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _refuse_foreign(self) -> None:
        if self._db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            message = f"{self.path} is a database of another program"
            raise StateError(message, help="choose another place with -state PLACE")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as failed:
            if getattr(failed, "sqlite_errorcode", 0) & 0xFF not in _BUSY:
                raise StateError(f"the state {self.path} can't be used: {failed}", help=WAY_OUT) from failed
            message = f"another run writes to the state {self.path}, and didn't end within {self._patience:.0f} s"
            raise StateLocked(message, help="wait longer with -lock-timeout=60s; look for a run that hangs") from failed
        except (sqlite3.Error, KeyError, ValueError, TypeError, AttributeError) as failed:
            raise StateError(f"the state {self.path} can't be used: {failed}", help=WAY_OUT) from failed
