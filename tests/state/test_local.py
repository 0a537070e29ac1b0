"""The embedded state: one file, one transaction to a write, clear refusals."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.model import Address, Applied, Origin, Outcomes, Resource, SystemRecord
from reconciler.state.errors import StateError, StateLocked
from reconciler.state.local import LocalStore
from reconciler.workflow.situation import load_state
from specs.source import SourceSpan

ADDRESS = Address("db", "role", "writ_a_b")
APPLIED = Applied(
    Resource(ADDRESS, {"login": False, "config": ["x=1"], "comment": "é\"'"}),
    Origin("why", "a", "b", SourceSpan("a.yaml", 3, 5, 9)),
    (Address("db", "role", "other"),),
    "i-1",
)
SYSTEM = SystemRecord("db", "postgres", {"database": "orders"}, "cluster 7")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".writ" / "state.db"


def test_files_are_their_owners_only(path: Path) -> None:
    with LocalStore(path):
        assert path.stat().st_mode & 0o077 == 0
        assert path.parent.stat().st_mode & 0o077 == 0


def _delete_on_a_full_disk(store: LocalStore) -> None:
    with store._changing("production", "") as db:
        db.execute("DELETE FROM objects")
        raise sqlite3.OperationalError("database or disk is full")


def test_a_failed_write_changes_nothing(path: Path) -> None:
    with LocalStore(path) as store:
        store.record("production", Outcomes(made=(APPLIED,)), "me")
        with pytest.raises(StateError):
            _delete_on_a_full_disk(store)
        assert store.load("production").serial == 1
        assert store.load("production").objects == {ADDRESS: APPLIED}


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to look at" * 10, b"\x00" * 5000])
def test_a_file_that_is_no_state_is_refused(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StateError, match=r"state\.db"):
        LocalStore(path)


def test_a_newer_schema_is_refused(path: Path) -> None:
    with LocalStore(path):
        pass
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StateError, match="newer version"):
        LocalStore(path)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="can't be opened"):
        LocalStore(tmp_path / "file" / "state.db")


def test_reading_makes_and_changes_nothing(path: Path) -> None:
    assert load_state(path, "production").serial == 0
    assert not path.parent.exists()
    with LocalStore(path) as store:
        store.record("production", Outcomes(made=(APPLIED,)), "me")
    os.utime(path, (1, 1))

    def files() -> dict[Path, tuple[int, int, int]]:
        stats = ((file, file.stat()) for file in path.parent.iterdir())
        return {file: (found.st_ino, found.st_mtime_ns, found.st_size) for file, found in stats}

    before = files()
    assert load_state(path, "production").objects == {ADDRESS: APPLIED}
    with LocalStore(path, reading=True) as store, pytest.raises(StateError, match="readonly"):
        store.record("production", Outcomes(made=(APPLIED,)), "me")
    assert files() == before


_READ = """
import os, sys
from pathlib import Path
from reconciler.workflow.situation import load_state
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
print(load_state(Path(sys.argv[1]), "production").serial)
"""


def test_who_may_only_read_can_read() -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "state" / "state.db"
        with LocalStore(path) as store:
            store.record("production", Outcomes(made=(APPLIED,)), "me")
        for file, mode in ((path, 0o444), (path.parent, 0o555), (Path(name), 0o755)):
            file.chmod(mode)
        for left in path.parent.glob("*-journal"):
            left.chmod(0o444)
        done = subprocess.run([sys.executable, "-c", _READ, str(path)], capture_output=True, text=True, check=False)
        path.parent.chmod(0o755)
        assert (done.stdout, done.stderr) == ("1\n", "")


_CUT_OFF = """
import os, sys
from pathlib import Path
from reconciler.state.local import LocalStore
store = LocalStore(Path(sys.argv[1]))
store._db.execute("PRAGMA cache_size = 1")
store._db.execute("BEGIN IMMEDIATE")
for number in range(200):
    store._db.execute("INSERT INTO systems VALUES ('production', ?, ?, ?, '', '', '')", (str(number), "x", "y" * 4000))
os._exit(0)
"""


def test_what_a_killed_run_left_half_written_is_undone_for_reading(path: Path) -> None:
    with LocalStore(path) as store:
        store.put_all("production", (SYSTEM,), [APPLIED], "me")
    subprocess.run([sys.executable, "-c", _CUT_OFF, str(path)], check=True)
    assert path.with_name("state.db-journal").stat().st_size > 0, "no hot journal"
    state = load_state(path, "production")
    assert (state.serial, state.systems) == (1, {"db": SYSTEM})


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to look at" * 10, b"\x00" * 5000])
def test_reading_refuses_what_is_no_state(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StateError, match=r"state\.db"):
        load_state(path, "production")


def test_reading_a_database_of_another_program_is_refused_and_an_empty_file_is_an_empty_state(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    assert load_state(path, "production").serial == 0
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StateError, match="another program"):
        load_state(path, "production")


def damage(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as db:
        db.execute(statement)
    db.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE objects SET attributes = replace(attributes, '1', '2')",
        "UPDATE objects SET key = key || 'x'",
        "UPDATE objects SET type = 'another'",
        "UPDATE objects SET depends_on = '[3]'",
        "UPDATE objects SET native_id = 'i-2'",
        "UPDATE systems SET settings = '{}'",
        "UPDATE systems SET place = 'another'",
        "UPDATE environments SET serial = 7",
        "UPDATE environments SET lineage = 'another'",
        "UPDATE unfinished SET phase = 'delete'",
        "UPDATE unfinished SET key = key || 'x'",
        "UPDATE unfinished SET run = 'another'",
        "UPDATE unfinished SET began = '2026'",
    ],
)
def test_damage_is_refused_and_located(path: Path, statement: str) -> None:
    record = SystemRecord("mem", "memory", {"a": "b"}, "here")
    with LocalStore(path) as store:
        store.put_all("production", (record,), [APPLIED], "me")
        store.begin("production", [(ADDRESS, "create")], "me")
    damage(path, statement)
    where = r"is damaged at (environments|objects|systems|unfinished) "
    with LocalStore(path, reading=True) as store, pytest.raises(StateError, match=where):
        store.load("production")


def test_schema_5_is_read_and_brought_up_to_date(path: Path) -> None:
    observed = {ADDRESS: APPLIED.resource}
    with LocalStore(path) as store:
        store.put_all("production", (SYSTEM,), [APPLIED], "me")
    damage(path, "ALTER TABLE systems DROP COLUMN observed")
    damage(path, "DROP TABLE retirements")
    damage(path, "DROP TABLE ledger_ends")
    damage(path, "PRAGMA user_version = 5")
    with LocalStore(path, reading=True) as store:
        assert store.load("production").systems == {"db": SYSTEM}
    with LocalStore(path) as store:
        assert store.load("production").systems == {"db": SYSTEM}
        store.put_all("production", (replace(SYSTEM, observed=observed),), [], "me")
        assert store.load("production").systems["db"].observed == observed
    damage(path, "UPDATE systems SET observed = '[]'")
    with LocalStore(path) as store, pytest.raises(StateError, match="damaged"):
        store.load("production")


@pytest.mark.parametrize(("version", "lacks"), [(1, ("digest", "later")), (2, ("later",)), (3, ())])
def test_an_earlier_schema_is_read_and_brought_up_to_date(path: Path, version: int, lacks: tuple[str, ...]) -> None:
    old, system = replace(APPLIED, native_id=""), SystemRecord("mem", "memory", {})
    with LocalStore(path) as store:
        store.put_all("production", (system,), [old], "me")
    for table, later in (("objects", "native_id"), ("systems", "place")):
        for column in lacks:
            damage(path, f"ALTER TABLE {table} DROP COLUMN {later if column == 'later' else column}")
    damage(path, "ALTER TABLE systems DROP COLUMN observed")
    damage(path, "DROP TABLE retirements")
    damage(path, "DROP TABLE ledger_ends")
    damage(path, "DROP TABLE unfinished")
    damage(path, "ALTER TABLE environments DROP COLUMN digest")
    for column in ("lease", "beat", "beaten", "stamp"):
        damage(path, f"ALTER TABLE locks DROP COLUMN {column}")
    damage(path, f"PRAGMA user_version = {version}")
    with LocalStore(path, reading=True) as store:
        assert store.load("production").objects == {ADDRESS: old}
        assert store.locks() == {}
    with LocalStore(path) as store:
        state = store.load("production")
        assert (state.objects, state.systems) == ({ADDRESS: old}, {"mem": system})
        store.record("production", Outcomes(made=(APPLIED,)), "me")
        assert store.load("production").objects == {ADDRESS: APPLIED}
    damage(path, "UPDATE objects SET key = 'x'")
    with LocalStore(path) as store, pytest.raises(StateError, match="damaged"):
        store.load("production")


def test_a_writer_that_takes_long_is_waited_for_and_said_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.state.local._PATIENCE", 0.1)
    with LocalStore(path) as writer, LocalStore(path) as other:
        with writer._writing(), pytest.raises(StateLocked, match="another run writes to the state"):
            other.record("production", Outcomes(made=(APPLIED,)), "me")
        other.record("production", Outcomes(made=(APPLIED,)), "me")


def test_a_folder_in_the_states_place_is_told(path: Path) -> None:
    path.mkdir(parents=True)
    for reading in (True, False):
        with pytest.raises(StateError, match="not a regular file"):
            LocalStore(path, reading=reading)


def test_no_flip_in_the_file_is_taken_for_a_state(path: Path) -> None:
    names = [f"writ_{number}" for number in range(30)]
    applied = [
        replace(APPLIED, resource=replace(APPLIED.resource, address=Address("db", "role", name))) for name in names
    ]
    with LocalStore(path) as store:
        store.put_all("production", (SYSTEM,), applied, "me")
        store.begin("production", [(ADDRESS, "create")], "me")
        state = store.load("production")
    body, chance, found = path.read_bytes(), random.Random(5), 0
    for _ in range(400):
        at, bit = chance.randrange(len(body)), 1 << chance.randrange(8)
        path.write_bytes(body[:at] + bytes([body[at] ^ bit]) + body[at + 1 :])
        try:
            assert load_state(path, "production") == state, f"byte {at}, bit {bit}"
        except StateError:
            found += 1
    assert found > 40
