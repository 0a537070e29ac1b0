"""The tables of every schema that there was: read as they are, and brought up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from reconciler.state.rows import LOCK_COLUMNS
from reconciler.state.schema import (
    COLUMNS,
    SCHEMA,
    SCHEMA_VERSION,
    digest,
    inserted,
    lock_columns,
    selected,
    upgrade,
)

_FIRST = {
    "environments": "name TEXT PRIMARY KEY, lineage TEXT NOT NULL, serial BIGINT NOT NULL, updated TEXT NOT NULL",
    "systems": "environment TEXT NOT NULL, name TEXT NOT NULL, provider TEXT NOT NULL, settings TEXT NOT NULL,"
    " PRIMARY KEY (environment, name)",
    "objects": "environment TEXT NOT NULL, system TEXT NOT NULL, type TEXT NOT NULL, key TEXT NOT NULL,"
    " attributes TEXT NOT NULL, origin TEXT NOT NULL, depends_on TEXT NOT NULL, applied TEXT NOT NULL,"
    " applied_by TEXT NOT NULL, PRIMARY KEY (environment, system, type, key)",
    "locks": "environment TEXT PRIMARY KEY, id TEXT NOT NULL, operation TEXT NOT NULL, who TEXT NOT NULL,"
    " host TEXT NOT NULL, pid INTEGER NOT NULL, pid_started TEXT NOT NULL, created TEXT NOT NULL,"
    " version TEXT NOT NULL",
}
_UNFINISHED = (
    "CREATE TABLE unfinished (environment TEXT NOT NULL, system TEXT NOT NULL, type TEXT NOT NULL, key TEXT NOT NULL,"
    " phase TEXT NOT NULL, run TEXT NOT NULL, who TEXT NOT NULL, began TEXT NOT NULL,"
    " PRIMARY KEY (environment, system, type, key))"
)
_STEPS = {
    1: [f"CREATE TABLE {name} ({columns})" for name, columns in _FIRST.items()],
    2: [f"ALTER TABLE {name} ADD COLUMN digest TEXT NOT NULL DEFAULT ''" for name in ("objects", "systems")],
    3: [
        "ALTER TABLE objects ADD COLUMN native_id TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE systems ADD COLUMN place TEXT NOT NULL DEFAULT ''",
    ],
    4: [_UNFINISHED],
    5: [
        *(f"ALTER TABLE {name} ADD COLUMN digest TEXT NOT NULL DEFAULT ''" for name in ("environments", "unfinished")),
        "ALTER TABLE locks ADD COLUMN lease DOUBLE PRECISION NOT NULL DEFAULT 0",
        "ALTER TABLE locks ADD COLUMN beat BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE locks ADD COLUMN beaten TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE locks ADD COLUMN stamp DOUBLE PRECISION NOT NULL DEFAULT 0",
    ],
    6: ["ALTER TABLE systems ADD COLUMN observed TEXT NOT NULL DEFAULT ''"],
    7: [
        (
            "CREATE TABLE retirements (environment TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,"
            " digest TEXT NOT NULL DEFAULT '', PRIMARY KEY (environment, name))"
        )
    ],
    8: [
        (
            "CREATE TABLE ledger_ends (environment TEXT PRIMARY KEY, number BIGINT NOT NULL, head TEXT NOT NULL,"
            " digest TEXT NOT NULL DEFAULT '')"
        )
    ],
}
"""What each schema brought, as it was written then."""
VERSIONS = tuple(_STEPS)
TABLES = tuple(COLUMNS)
NEW = {("objects", "native_id"): 3, ("systems", "place"): 3, ("systems", "observed"): 6}
MADE = {"unfinished": 4, "retirements": 7, "ledger_ends": 8}
DIGESTED = {"objects": 2, "systems": 2, "environments": 5, "unfinished": 5, "retirements": 7, "ledger_ends": 8}


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        yield made


def make(db: sqlite3.Connection, version: int) -> None:
    """As a program of that time left it, with a row in each table: every text is its column's name."""
    for number in range(1, version + 1):
        for statement in _STEPS[number]:
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {version}")
    for table in tables(db):
        names = columns(db, table)
        db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", list(names))


def tables(db: sqlite3.Connection) -> list[str]:
    return [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]


def columns(db: sqlite3.Connection, table: str) -> dict[str, tuple[object, ...]]:
    return {name: rest for _, name, *rest in db.execute(f"PRAGMA table_info({table})")}


def shape(db: sqlite3.Connection) -> dict[str, dict[str, tuple[object, ...]]]:
    return {table: {name: tuple(rest) for name, rest in columns(db, table).items()} for table in tables(db)}


def fresh() -> dict[str, dict[str, tuple[object, ...]]]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(SCHEMA)
        return shape(db)


def test_the_last_of_them_is_what_is_made_anew(db: sqlite3.Connection) -> None:
    make(db, max(VERSIONS))
    assert max(VERSIONS) == SCHEMA_VERSION
    assert shape(db) == fresh()


@pytest.mark.parametrize("version", VERSIONS[:-1])
def test_an_earlier_one_becomes_the_same(db: sqlite3.Connection, version: int) -> None:
    make(db, version)
    upgrade(db, version)
    assert shape(db) == fresh()
    assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)


@pytest.mark.parametrize(
    ("version", "table"), [(one, table) for one in VERSIONS for table in TABLES if one >= MADE.get(table, 1)]
)
def test_each_is_read_as_it_is(db: sqlite3.Connection, version: int, table: str) -> None:
    make(db, version)
    (row,) = db.execute(f"SELECT {selected(table, version)} FROM {table}")
    wanted = inserted(table).split(", ")
    lacks = {name for (where, name), since in NEW.items() if where == table and version < since}
    lacks |= {"digest"} if version < DIGESTED[table] else set()
    assert row == tuple("" if name in lacks else name for name in wanted)


@pytest.mark.parametrize("table", TABLES)
def test_all_of_a_row_is_written(db: sqlite3.Connection, table: str) -> None:
    make(db, SCHEMA_VERSION)
    names = inserted(table).split(", ")
    assert names[-1] == "digest"
    # When an object was applied, and by whom, is beside what its digest is of.
    assert {*names} == {*columns(db, table)} - {"applied", "applied_by"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_lock_of_each_is_read(db: sqlite3.Connection, version: int) -> None:
    make(db, version)
    (row,) = db.execute(f"SELECT {lock_columns(LOCK_COLUMNS, version)} FROM locks")
    lease = {"lease": 0, "beat": 0, "beaten": "", "stamp": 0} if version < 5 else {}
    assert row == tuple(lease.get(name, name) for name in LOCK_COLUMNS)


@pytest.mark.parametrize("version", VERSIONS[:-1])
def test_rows_without_digests_get_them_once(db: sqlite3.Connection, version: int) -> None:
    make(db, version)
    upgrade(db, version)
    for table in ("objects", "systems"):
        ((*values, found),) = db.execute(f"SELECT {selected(table, SCHEMA_VERSION)} FROM {table}")
        assert found == (digest(values) if version == 1 else "digest")


def test_a_digest_is_of_every_column_in_its_place() -> None:
    rows = [
        ["a", "b", "c"],
        ["a", "c", "b"],
        ["a", "bc"],
        ["ab", "c"],
        ["", "a", "b", "c"],
        ["a", "", "b", "c"],
        [1],
        [2],
    ]
    digests = {digest(row) for row in rows}
    assert len(digests) == len(rows)
    assert {len(one) for one in digests} == {32}
    assert digest(["a", "b", "c", "", ""]) == digest(["a", "b", "c"]) != digest(["a", "b"])
    assert digest(["a\udcff"]) != digest(["a"]), "a name that is no UTF-8"
    # As it stands in states that were written before.
    assert digest(["name", 7]) == "e012da406308a437704c18c7ca9d46f3"
