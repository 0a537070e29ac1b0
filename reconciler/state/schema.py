"""The tables of the state, their versions, and the digests of their rows. SQLite and PostgreSQL share them."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence

SCHEMA_VERSION = 8

_UNFINISHED = """
CREATE TABLE unfinished (
    environment TEXT NOT NULL, system TEXT NOT NULL, type TEXT NOT NULL, key TEXT NOT NULL,
    phase TEXT NOT NULL, run TEXT NOT NULL, who TEXT NOT NULL, began TEXT NOT NULL, digest TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (environment, system, type, key)
)
"""
"""Steps whose calls may have been made, and of which nothing more is recorded. New in schema 4."""

_RETIREMENTS = """
CREATE TABLE retirements (
    environment TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, digest TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (environment, name)
)
"""
"""Standing principals that are to go: what undoing needs, and who proved what replaces them. New in schema 7."""

_LEDGER_ENDS = """
CREATE TABLE ledger_ends (
    environment TEXT PRIMARY KEY, number BIGINT NOT NULL, head TEXT NOT NULL, digest TEXT NOT NULL DEFAULT ''
)
"""
"""How far the audit record went when the state was last written. New in schema 8."""

_LEASE: Mapping[str, str] = {
    "lease": "DOUBLE PRECISION NOT NULL DEFAULT 0",
    "beat": "BIGINT NOT NULL DEFAULT 0",
    "beaten": "TEXT NOT NULL DEFAULT ''",
    "stamp": "DOUBLE PRECISION NOT NULL DEFAULT 0",
}
"""What schema 5 added to a lock: before it, a lock was held until it was released."""

SCHEMA = f"""
CREATE TABLE environments (
    name TEXT PRIMARY KEY, lineage TEXT NOT NULL, serial BIGINT NOT NULL, updated TEXT NOT NULL,
    digest TEXT NOT NULL DEFAULT ''
);
CREATE TABLE systems (
    environment TEXT NOT NULL, name TEXT NOT NULL, provider TEXT NOT NULL, settings TEXT NOT NULL,
    digest TEXT NOT NULL DEFAULT '', place TEXT NOT NULL DEFAULT '', observed TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (environment, name)
);
CREATE TABLE objects (
    environment TEXT NOT NULL, system TEXT NOT NULL, type TEXT NOT NULL, key TEXT NOT NULL,
    attributes TEXT NOT NULL, origin TEXT NOT NULL, depends_on TEXT NOT NULL, applied TEXT NOT NULL,
    applied_by TEXT NOT NULL, digest TEXT NOT NULL DEFAULT '', native_id TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (environment, system, type, key)
);
CREATE TABLE locks (
    environment TEXT PRIMARY KEY, id TEXT NOT NULL, operation TEXT NOT NULL, who TEXT NOT NULL, host TEXT NOT NULL,
    pid INTEGER NOT NULL, pid_started TEXT NOT NULL, created TEXT NOT NULL, version TEXT NOT NULL,
    {", ".join(f"{name} {kind}" for name, kind in _LEASE.items())}
);
{_UNFINISHED};
{_RETIREMENTS};
{_LEDGER_ENDS};
"""

COLUMNS: Mapping[str, str] = {
    "environments": "name, lineage, serial, updated",
    "objects": "environment, system, type, key, attributes, origin, depends_on",
    "systems": "environment, name, provider, settings",
    "unfinished": "environment, system, type, key, phase, run, who, began",
    "retirements": "environment, name, body",
    "ledger_ends": "environment, number, head",
}
_LATER: Mapping[str, str] = {"objects": "native_id", "systems": "place"}
"""By table, the column that schema 3 added."""
_OBSERVED = "observed"
"""The column of systems that schema 6 added."""
_UNDIGESTED = ("environments", "unfinished")
"""Tables whose rows have digests since schema 5."""


def selected(table: str, version: int) -> str:
    """The columns to read, the digest last. What an earlier schema lacks is empty."""
    names = COLUMNS[table]
    if table in _LATER:
        names += f", {_LATER[table] if version > 2 else repr('')}"
    if table == "systems":
        names += f", {_OBSERVED if version > 5 else repr('')}"
    return f"{names}, {'digest' if version > (4 if table in _UNDIGESTED else 1) else repr('')}"


def inserted(table: str) -> str:
    """The columns that ``selected`` reads, to be written."""
    latest = [_OBSERVED] if table == "systems" else []
    return ", ".join((COLUMNS[table], *filter(None, (_LATER.get(table),)), *latest, "digest"))


def lock_columns(names: Sequence[str], version: int) -> str:
    """The same of a lock. It has no digest: it is renewed all the time, and says nothing of what was applied."""
    return ", ".join(name if version > 4 or name not in _LEASE else _absent(name) for name in names)


def _absent(column: str) -> str:
    return "''" if "TEXT" in _LEASE[column] else "0"


def digest(columns: Sequence[object]) -> str:
    """Against damage, not against people: whoever can write the file can write this too.

    Empty last columns, as in rows of an earlier schema, don't count.
    """
    counted = list(columns)
    while not counted[-1]:
        counted.pop()
    return hashlib.blake2s("\0".join(map(str, counted)).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


UPGRADES: Mapping[int, str] = {
    6: f"ALTER TABLE systems ADD COLUMN {_OBSERVED} TEXT NOT NULL DEFAULT ''",
    7: _RETIREMENTS,
    8: _LEDGER_ENDS,
}
"""From the schema before, in every database."""


def upgrade(db: sqlite3.Connection, version: int) -> None:
    """To this schema, within a transaction. Rows of schema 1 had no digest."""
    for table in _LATER:
        if version < 2:
            _add(db, table, "digest", "TEXT NOT NULL DEFAULT ''")
            rows = db.execute(f"SELECT rowid, {COLUMNS[table]} FROM {table}").fetchall()  # noqa: S608 - constants
            digests = [(digest((*row[1:], "")), row[0]) for row in rows]
            db.executemany(f"UPDATE {table} SET digest = ? WHERE rowid = ?", digests)  # noqa: S608
        if version < 3:
            _add(db, table, _LATER[table], "TEXT NOT NULL DEFAULT ''")
    if version < 4:
        db.execute(_UNFINISHED)
    elif version < 5:
        _add(db, "unfinished", "digest", "TEXT NOT NULL DEFAULT ''")
    if version < 5:
        _add(db, "environments", "digest", "TEXT NOT NULL DEFAULT ''")
        for name, kind in _LEASE.items():
            _add(db, "locks", name, kind)
    for to, statement in UPGRADES.items():
        if version < to:
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _add(db: sqlite3.Connection, table: str, column: str, kind: str) -> None:
    db.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
