"""The tables of the state, their versions, and the digests of their rows."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence

SCHEMA_VERSION = 4

_UNFINISHED = """
CREATE TABLE unfinished (
    environment TEXT NOT NULL, system TEXT NOT NULL, type TEXT NOT NULL, key TEXT NOT NULL,
    phase TEXT NOT NULL, run TEXT NOT NULL, who TEXT NOT NULL, began TEXT NOT NULL,
    PRIMARY KEY (environment, system, type, key)
)
"""
"""Steps whose calls may have been made, and of which nothing more is recorded. New in schema 4."""

SCHEMA = f"""
CREATE TABLE environments (
    name TEXT PRIMARY KEY, lineage TEXT NOT NULL, serial INTEGER NOT NULL, updated TEXT NOT NULL
);
CREATE TABLE systems (
    environment TEXT NOT NULL, name TEXT NOT NULL, provider TEXT NOT NULL, settings TEXT NOT NULL,
    digest TEXT NOT NULL DEFAULT '', place TEXT NOT NULL DEFAULT '',
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
    pid INTEGER NOT NULL, pid_started TEXT NOT NULL, created TEXT NOT NULL, version TEXT NOT NULL
);
{_UNFINISHED};
"""

_COLUMNS: Mapping[str, str] = {
    "objects": "environment, system, type, key, attributes, origin, depends_on",
    "systems": "environment, name, provider, settings",
}
_LATER: Mapping[str, str] = {"objects": "native_id", "systems": "place"}
"""By table, the column that schema 3 added."""


def selected(table: str, version: int) -> str:
    """The columns to read, the digest last. What an earlier schema lacks is empty."""
    later = _LATER[table] if version > 2 else "''"
    return f"{_COLUMNS[table]}, {later}, {'digest' if version > 1 else repr('')}"


def inserted(table: str) -> str:
    """The columns that ``selected`` reads, to be written."""
    return f"{_COLUMNS[table]}, {_LATER[table]}, digest"


def digest(columns: Sequence[object]) -> str:
    """Against damage, not against people: whoever can write the file can write this too.

    An empty last column, as in rows of an earlier schema, doesn't count.
    """
    counted = columns if columns[-1] else columns[:-1]
    return hashlib.blake2s("\0".join(map(str, counted)).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def upgrade(db: sqlite3.Connection, version: int) -> None:
    """To this schema, within a transaction. Rows of schema 1 had no digest."""
    for table, columns in _COLUMNS.items():
        if version < 2:
            db.execute(f"ALTER TABLE {table} ADD COLUMN digest TEXT NOT NULL DEFAULT ''")
            rows = db.execute(f"SELECT rowid, {columns} FROM {table}").fetchall()  # noqa: S608 - constants
            digests = [(digest((*row[1:], "")), row[0]) for row in rows]
            db.executemany(f"UPDATE {table} SET digest = ? WHERE rowid = ?", digests)  # noqa: S608
        if version < 3:
            db.execute(f"ALTER TABLE {table} ADD COLUMN {_LATER[table]} TEXT NOT NULL DEFAULT ''")
    db.execute(_UNFINISHED)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
