"""A state in PostgreSQL, for teams. The only user of psycopg here.

A run's own connection is the proof that it lives: it holds an advisory lock that bears its lock's id, and the server
frees that within seconds when the connection ends. Through a pooler that gives a connection to a transaction it proves
nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from reconciler.provider.deadline import DeadlineError, deadline
from reconciler.state import ledger_table
from reconciler.state.dsn import Dsn
from reconciler.state.errors import LedgerError, StateError, StateLocked
from reconciler.state.ledger import End
from reconciler.state.lockinfo import LockInfo
from reconciler.state.schema import SCHEMA, SCHEMA_VERSION, UPGRADES
from reconciler.state.tables import TableStore
from specs.redaction import keep

_PATIENCE = 10.0
"""Seconds to wait, at the least, while another run writes."""
_SECONDS = 45.0
"""The most that the server may take, whatever it does: its own statement_timeout comes before."""
_CONNECTION = {
    "connect_timeout": "10",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "fallback_application_name": "writ",
    "client_encoding": "UTF8",
}
"""What the URL, and libpq's environment, may say otherwise."""
# The server's keepalives are ours to set, too: a host that died must not keep its connection for two hours. A run that
# was stopped within a transaction is cut off, for others wait for its row.
_SESSION = """
SET search_path = {schema}; SET statement_timeout = '30s'; SET lock_timeout = {patience};
SET idle_in_transaction_session_timeout = '8s'; SET client_min_messages = 'error';
SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;
SET tcp_user_timeout = 10000;
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
"""
_MIGRATING = 0x5752_4954
"""The advisory lock of whoever makes the tables."""
_HELP = "look at the server and the network; nothing was lost that was recorded"


class PostgresStore(TableStore):
    """A connection to the tables in one schema. Not shared between threads."""

    _for_update = " FOR UPDATE"

    def __init__(self, dsn: Dsn, *, reading: bool = False, patience: float = 0.0) -> None:
        """Connect; unless for ``reading``, make the tables. Raises StateError."""
        super().__init__()
        self._dsn, self._patience = dsn, max(patience, _PATIENCE)
        self._made = 0
        with self._errors():
            self._db = _connected(dsn)
            try:
                settings = _SESSION.format(schema=dsn.schema, patience=int(self._patience * 1000))
                self._bounded(settings)
                self._made = self._migrated(reading=reading)
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
        """The URL without its secrets."""
        return self._dsn.where

    def another(self) -> PostgresStore:
        """As state.store.Store."""
        return PostgresStore(self._dsn, patience=self._patience)

    def take(self, environment: str, mine: LockInfo, over: LockInfo | None = None) -> LockInfo | None:
        """As state.store.Store. Who sees the row sees a lock that this connection proves to be held."""
        with self._errors():
            self._bounded("SELECT pg_advisory_lock(%s)", (_key(mine.id),))
        holder = super().take(environment, mine, over)
        if holder is not None:
            self._disown(mine.id)
        return holder

    def release(self, environment: str, lock: str) -> bool:
        """As state.store.Store."""
        released = super().release(environment, lock)
        self._disown(lock)
        return released

    def gone(self, holder: LockInfo) -> str:
        """As state.store.Store."""
        with self._errors():
            (free,) = self._bounded("SELECT pg_try_advisory_xact_lock(%s)", (_key(holder.id),)).fetchall()[0]
        return "whose connection to the database is gone" if free else ""

    def append(
        self, environment: str, first: int, lines: Sequence[bytes], *, end: End | None = None, lock: str = ""
    ) -> None:
        """As state.ledger.Ledger."""
        try:
            with self._writing() as db:
                if lock:
                    self._refuse_lost(db, environment, lock)
                if not self._has_audit():
                    self._bounded("SELECT pg_advisory_xact_lock(%s)", (_MIGRATING,))
                    db.execute(ledger_table.MADE)
                ledger_table.add(db, environment, first, lines)
        except StateError as failed:
            if not isinstance(failed.__context__, errors.UniqueViolation):
                raise
            message = f"entry {first} of the audit record of {environment} was written by another run meanwhile"
            raise LedgerError(message, help="run it again") from None
        self._note_end(environment, end)

    def lines(self, environment: str) -> Iterator[bytes]:
        """As state.ledger.Ledger."""
        with self._reading() as db:
            if self._has_audit():
                yield from ledger_table.every(db, environment)

    def last(self, environment: str) -> bytes:
        """As state.ledger.Ledger."""
        with self._reading() as db:
            return ledger_table.last(db, environment) if self._has_audit() else b""

    def mend(self, environment: str, *, lock: str = "") -> bytes:  # noqa: ARG002 - a row is whole
        """As state.ledger.Ledger."""
        return b""

    def audited(self) -> tuple[str, ...]:
        """As state.ledger.Ledger."""
        with self._reading() as db:
            return ledger_table.names(db) if self._has_audit() else ()

    def _has_audit(self) -> bool:
        name = f"{self._dsn.schema}.{ledger_table.TABLE}"
        return self._bounded("SELECT to_regclass(%s)", (name,)).fetchall()[0][0] is not None

    def _disown(self, lock: str) -> None:
        with self._errors():
            self._bounded("SELECT pg_advisory_unlock(%s)", (_key(lock),))

    @contextmanager
    def _writing(self) -> Iterator[_Session]:
        with self._transaction("BEGIN"):
            yield _Session(self)
            self._commit()

    @contextmanager
    def _reading(self) -> Iterator[_Session]:
        with self._transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"):
            yield _Session(self)
            self._bounded("ROLLBACK")

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        with self._errors():
            self._bounded(begin)
            try:
                yield
            except BaseException:
                if not self._db.closed:
                    self._bounded("ROLLBACK")
                raise

    def _commit(self) -> None:
        try:
            self._bounded("COMMIT")
        except (psycopg.Error, DeadlineError) as failed:
            if not self._db.closed and not isinstance(failed, DeadlineError):
                raise
            self._db.close()
            message = f"the connection to the state {self.where} was lost while a write was committed"
            way_out = "whether it was recorded is unknown: the next run reads what is there"
            raise StateError(f"{message}: its outcome is unknown", help=way_out) from None

    def _version(self) -> int:
        return self._made

    def _migrated(self, *, reading: bool) -> int:
        version = self._recorded_version()
        if version < SCHEMA_VERSION and not reading:
            # Before the transaction: one that began earlier wouldn't see what another first run makes meanwhile.
            self._bounded("SELECT pg_advisory_lock(%s)", (_MIGRATING,))
            version = self._recorded_version()
            if version == 0:
                self._create()
            elif version < SCHEMA_VERSION:
                self._upgrade(version)
            version = max(version, SCHEMA_VERSION)
            self._bounded("SELECT pg_advisory_unlock(%s)", (_MIGRATING,))
        if version > SCHEMA_VERSION:
            message = f"the state {self.where} was written by a newer version (schema {version}, this one knows"
            raise StateError(f"{message} {SCHEMA_VERSION})", help="upgrade writ-iam")
        return version

    def _recorded_version(self) -> int:
        table = f"{self._dsn.schema}.version"
        if self._bounded("SELECT to_regclass(%s)", (table,)).fetchall()[0][0] is None:
            return 0
        return int(self._bounded("SELECT max(number) FROM version").fetchall()[0][0])

    def _create(self) -> None:
        schema = self._dsn.schema
        with self._writing() as db:
            if not db.execute("SELECT 1 FROM pg_namespace WHERE nspname = ?", (schema,)).fetchone():
                db.execute(f"CREATE SCHEMA {schema}")
            for statement in filter(str.strip, SCHEMA.split(";")):
                db.execute(statement)
            db.execute("CREATE TABLE version (number BIGINT NOT NULL)")
            db.execute("INSERT INTO version VALUES (?)", (SCHEMA_VERSION,))

    def _upgrade(self, version: int) -> None:
        """From schema 5, the first one that was kept here, or later."""
        with self._writing() as db:
            for to, statement in UPGRADES.items():
                if version < to:
                    db.execute(statement)
            db.execute("UPDATE version SET number = ?", (SCHEMA_VERSION,))

    def _bounded(self, statement: str, values: Sequence[Any] = ()) -> psycopg.Cursor[Any]:
        with deadline(self._db.fileno(), _SECONDS):
            return self._db.execute(statement.encode(), values or None)

    def _many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        with deadline(self._db.fileno(), _SECONDS), self._db.cursor() as cursor:
            cursor.executemany(statement.encode(), rows)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (errors.LockNotAvailable, errors.QueryCanceled) as failed:
            message = f"another run writes to the state {self.where}, and didn't end within {self._patience:.0f} s"
            raise StateLocked(message, help="wait longer with -lock-timeout=60s; look for a run that hangs") from failed
        except errors.InsufficientPrivilege as failed:
            way_out = f"the owner of the database runs: CREATE SCHEMA {self._dsn.schema} AUTHORIZATION …"
            raise StateError(f"the state {self.where} can't be used: {_said(failed)}", help=way_out) from None
        except (psycopg.Error, DeadlineError) as failed:
            raise StateError(f"the state {self.where} can't be used: {_said(failed)}", help=_HELP) from None
        except (KeyError, ValueError, TypeError, AttributeError) as failed:
            raise StateError(f"the state {self.where} can't be used: {failed}", help=_HELP) from failed


class _Session:
    """The connection within a transaction, for statements that SQLite understands too."""

    def __init__(self, store: PostgresStore) -> None:
        self._store = store

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> psycopg.Cursor[Any]:
        """One statement."""
        return self._store._bounded(statement.replace("?", "%s"), values)  # noqa: SLF001 - its own

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]], /) -> None:
        """The same for each row."""
        self._store._many(statement.replace("?", "%s"), rows)  # noqa: SLF001 - its own


def _connected(dsn: Dsn) -> psycopg.Connection[Any]:
    try:
        given = conninfo_to_dict(dsn.conninfo)
    except psycopg.Error:
        # What libpq says of it may hold a piece of a password.
        raise StateError(
            f"{dsn.where} is no PostgreSQL URL", help="as in postgresql://user@host:5432/database"
        ) from None
    said = {*given, *(name for name in _CONNECTION if f"PG{name.upper()}" in os.environ)}
    ours = {name: text for name, text in _CONNECTION.items() if name not in said}
    made = psycopg.connect(make_conninfo(dsn.conninfo, **ours), autocommit=True)
    keep(made.info.password)  # wherever libpq found it
    return made


def _key(lock: str) -> int:
    return int.from_bytes(hashlib.blake2s(lock.encode(), digest_size=8).digest(), signed=True)


def _said(failed: Exception) -> str:
    """The server's words, or libpq's, on one line. Neither says a password."""
    primary = failed.diag.message_primary if isinstance(failed, psycopg.Error) else None
    return " ".join((primary or str(failed) or type(failed).__name__).split())
