"""The embedded state: round trips, one transaction to a write, clear refusals."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.model import Address, Applied, Origin, Resource, SystemRecord
from reconciler.state.errors import StateError, StateLocked
from reconciler.state.lock import force_unlock, locked, still_held
from reconciler.state.store import Store
from specs.source import SourceSpan

ADDRESS = Address("db", "role", "writ_a_b")
APPLIED = Applied(
    Resource(ADDRESS, {"login": False, "config": ["x=1"], "comment": "é\"'"}),
    Origin("why", "a", "b", SourceSpan("a.yaml", 3, 5, 9)),
    (Address("db", "role", "other"),),
)
SYSTEM = SystemRecord("db", "postgres", {"database": "orders"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".writ" / "state.db"


def test_what_was_put_is_loaded(path: Path) -> None:
    with Store(path) as store:
        store.put_all("production", (SYSTEM,), [APPLIED], "me")
    with Store(path) as store:
        state = store.load("production")
        assert state.objects == {ADDRESS: APPLIED}
        assert state.systems == {"db": SYSTEM}
        assert (len(state.lineage), state.serial) == (36, 1)
        assert store.load("staging").objects == {}


def test_the_serial_grows_and_the_lineage_stays(path: Path) -> None:
    with Store(path) as store:
        store.put_object("production", APPLIED, "me")
        first = store.load("production")
        store.drop_object("production", ADDRESS)
        second = store.load("production")
        assert (second.serial, second.lineage) == (first.serial + 1, first.lineage)
        assert second.objects == {}


def test_files_are_their_owners_only(path: Path) -> None:
    with Store(path):
        assert path.stat().st_mode & 0o077 == 0
        assert path.parent.stat().st_mode & 0o077 == 0


def _delete_on_a_full_disk(store: Store) -> None:
    with store.transaction("production") as db:
        db.execute("DELETE FROM objects")
        raise sqlite3.OperationalError("database or disk is full")


def test_a_failed_write_changes_nothing(path: Path) -> None:
    with Store(path) as store:
        store.put_object("production", APPLIED, "me")
        with pytest.raises(StateError):
            _delete_on_a_full_disk(store)
        assert store.load("production").serial == 1
        assert store.load("production").objects == {ADDRESS: APPLIED}


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to look at" * 10, b"\x00" * 5000])
def test_a_file_that_is_no_state_is_refused(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StateError, match=r"state\.db"):
        Store(path)


def test_a_newer_schema_is_refused(path: Path) -> None:
    with Store(path):
        pass
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StateError, match="newer version"):
        Store(path)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="can't be opened"):
        Store(tmp_path / "file" / "state.db")


def test_a_second_holder_is_refused_by_name(path: Path) -> None:
    with (
        Store(path) as store,
        locked(store, "production", "apply", timeout=0, notice=pytest.fail) as mine,
        Store(path) as other,
    ):
        with (
            pytest.raises(StateLocked) as refused,
            locked(other, "production", "destroy", timeout=0.3, notice=pytest.fail),
        ):
            pytest.fail("two holders")
        assert mine.id in refused.value.message
        assert str(os.getpid()) in refused.value.message
        assert f"force-unlock {mine.id}" in refused.value.help
        with locked(other, "staging", "apply", timeout=0, notice=pytest.fail):
            pass
    with Store(path) as store, locked(store, "production", "apply", timeout=0, notice=pytest.fail):
        pass


_HOLD = """
import sys, time
from pathlib import Path
from reconciler.state.lock import locked
from reconciler.state.store import Store
with Store(Path(sys.argv[1])) as store, locked(store, "production", "apply", timeout=0, notice=print):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_dead_holders_lock_is_taken_over_and_said_so(path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", _HOLD, str(path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with (
        Store(path) as store,
        pytest.raises(StateLocked),
        locked(store, "production", "apply", timeout=0, notice=pytest.fail),
    ):
        pytest.fail("two holders")
    holder.kill()
    holder.wait()
    holder.stdout.close()
    said: list[str] = []
    with Store(path) as store, locked(store, "production", "apply", timeout=0, notice=said.append):
        assert str(holder.pid) in said[0]


def test_force_unlock_removes_that_lock_only(path: Path) -> None:
    with Store(path) as store, locked(store, "production", "apply", timeout=0, notice=pytest.fail) as mine:
        assert not force_unlock(store, "another")
        with pytest.raises(StateLocked, match=str(os.getpid())):
            force_unlock(store, mine.id)
        assert still_held(store, "production", mine)
        assert force_unlock(store, mine.id, force=True)
        assert not still_held(store, "production", mine)
        with Store(path) as other, locked(other, "production", "apply", timeout=0, notice=pytest.fail):
            pass
