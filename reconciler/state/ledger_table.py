"""The audit record in a database: a row to a line, in a table of its own that is made with its first row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.state.tables import Db

TABLE = "audit"
MADE = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    environment TEXT NOT NULL, number BIGINT NOT NULL, line TEXT NOT NULL, PRIMARY KEY (environment, number)
)
"""
_ADD = f"INSERT INTO {TABLE} (environment, number, line) VALUES (?, ?, ?)"  # noqa: S608 - a constant
_AT_ONCE = 1000
_SOME = f"SELECT number, line FROM {TABLE} WHERE environment = ? AND number > ? ORDER BY number LIMIT {_AT_ONCE}"  # noqa: S608
_LAST = f"SELECT line FROM {TABLE} WHERE environment = ? ORDER BY number DESC LIMIT 1"  # noqa: S608
_NAMES = f"SELECT DISTINCT environment FROM {TABLE} ORDER BY 1"  # noqa: S608


def add(db: Db, environment: str, first: int, lines: Sequence[bytes]) -> None:
    """Insert; the primary key refuses a number that is there."""
    db.executemany(_ADD, [(environment, first + index, line.decode()) for index, line in enumerate(lines)])


def every(db: Db, environment: str) -> Iterator[bytes]:
    """All lines, some at a time."""
    after = -(2**62)
    while rows := list(db.execute(_SOME, (environment, after))):
        for number, line in rows:
            after = number
            yield str(line).encode()


def last(db: Db, environment: str) -> bytes:
    """The line with the highest number."""
    row = db.execute(_LAST, (environment,)).fetchone()
    return str(row[0]).encode() if row else b""


def names(db: Db) -> tuple[str, ...]:
    """The environments that have lines."""
    return tuple(str(name) for (name,) in db.execute(_NAMES))
