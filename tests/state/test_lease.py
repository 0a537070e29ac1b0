"""Leases: kept while the holder lives, taken over once it doesn't, and nothing written by it from then on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from reconciler.model import Address
from reconciler.state import lockinfo
from reconciler.state.errors import LockLost, StateError
from reconciler.state.heartbeat import Lease
from reconciler.state.lock import Held, force_unlock, locked
from reconciler.state.lockinfo import made
from reconciler.state.opening import Place, open_store
from reconciler.state.store import Store

SHORT = Lease(0.6, 0.15)
LONGER = 1.2
"""Seconds: within them a busy machine has asked for it and been refused."""
ROOT = Path(__file__).parent.parent.parent


@contextmanager
def holding(place: Place, seconds: float = 60) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process that holds the lock and begins steps; and the lock's id."""
    command = [sys.executable, "-P", "-m", "tests.state.holding", str(place), str(seconds)]
    environ = dict(os.environ) | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as holder:
        try:
            assert holder.stdout is not None
            said, lock = holder.stdout.readline().split()
            assert said == "held"
            assert holder.stdout.readline() == "begun\n"
            yield holder, lock
        finally:
            holder.kill()


def test_a_holder_that_was_killed_is_taken_over_at_once_and_said_so(place: Place) -> None:
    with holding(place) as (holder, _):
        with (
            open_store(place) as store,
            pytest.raises(Held),
            locked(store, "production", "apply", timeout=0, notice=pytest.fail),
        ):
            pytest.fail("two holders")
        holder.kill()
        os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)  # ended, and not yet reaped: a zombie
        said: list[str] = []
        with open_store(place) as store, locked(store, "production", "apply", timeout=0, notice=said.append):
            assert f"process {holder.pid}), which has ended" in said[0]


def test_a_holder_that_sleeps_past_its_lease_is_taken_over_and_writes_nothing_when_it_wakes(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.state.local._PATIENCE", 0.3)
    with holding(place, seconds=0.8) as (holder, _):
        # Not in the middle of a write to a file: that is waited for.
        said: list[str] = []
        with open_store(place) as store, locked_past(store, holder, said) as mine:
            before = store.load("production")
            holder.send_signal(signal.SIGCONT)
            assert holder.stdout is not None
            assert holder.stdout.readline() == "W613\n"
            holder.wait(10)
            assert store.load("production") == before
            mine.renew()
        assert "which didn't renew its lease of 0.8 s" in said[0]


@contextmanager
def locked_past(store: Store, holder: subprocess.Popen[str], said: list[str]) -> Iterator[object]:
    for _ in range(5):
        holder.send_signal(signal.SIGSTOP)
        try:
            store.beat("production", "nobody's")
        except LockLost:
            break  # nobody stopped within a write
        except StateError:
            holder.send_signal(signal.SIGCONT)
            time.sleep(0.05)
    with locked(store, "production", "apply", timeout=10, notice=said.append, lease=SHORT) as mine:
        yield mine


def test_another_machine_judges_by_the_beat_alone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the holder's clock says: a day ahead, a day behind."""
    for said in ("2126-01-01T00:00:00.000+00:00", "1926-01-01T00:00:00.000+00:00"):
        with open_store(place) as store, open_store(place) as other:
            dead = elsewhere(store, monkeypatch, said)
            started = time.monotonic()
            with pytest.raises(Held), locked(other, "production", "apply", timeout=0.1, notice=pytest.fail):
                pytest.fail("two holders")
            told: list[str] = []
            with locked(other, "production", "apply", timeout=5, notice=told.append) as mine:
                assert time.monotonic() - started > dead.lease
                assert f"which didn't renew its lease of {LONGER} s" in told[0]
                with pytest.raises(LockLost):
                    store.beat("production", dead.id)
                with pytest.raises(LockLost):
                    store.settle("production", [], lock=dead.id)
                mine.renew()


def test_a_lease_that_is_renewed_is_never_taken_over(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(place) as store:
        living = elsewhere(store, monkeypatch, "1926-01-01T00:00:00.000+00:00")
        ending = threading.Event()

        def beat() -> None:
            with store.another() as own:
                while not ending.wait(0.05):
                    own.beat("production", living.id)

        beating = threading.Thread(target=beat)
        beating.start()
        with (
            open_store(place) as other,
            pytest.raises(Held) as refused,
            locked(other, "production", "apply", timeout=2.5 * LONGER, notice=pytest.fail),
        ):
            pytest.fail("two holders")
        ending.set()
        beating.join()
        assert refused.value.holder.beat > 3
        assert store.release("production", living.id)


def elsewhere(store: Store, monkeypatch: pytest.MonkeyPatch, clock: str) -> lockinfo.LockInfo:
    """A short lease, held on another machine whose clock says something else."""
    with monkeypatch.context() as there:
        there.setattr(lockinfo, "here", lambda: "another/boot:pid:[1]")
        there.setattr(lockinfo, "now", lambda: clock)
        info = made("apply", LONGER)
        assert store.take("production", info) is None
    return info


def test_a_run_keeps_its_lease_while_it_waits_for_a_person(place: Place) -> None:
    with (
        open_store(place) as store,
        locked(store, "production", "apply", timeout=0, notice=pytest.fail, lease=SHORT) as mine,
        open_store(place) as other,
        pytest.raises(Held),
        locked(other, "production", "apply", timeout=1.6 * SHORT.seconds, notice=pytest.fail),
    ):
        pytest.fail("two holders")
    mine.end()


def test_a_run_whose_lock_was_taken_away_may_begin_nothing(place: Place) -> None:
    with (
        open_store(place) as store,
        locked(store, "production", "apply", timeout=0, notice=pytest.fail, lease=SHORT) as mine,
    ):
        assert force_unlock(store, mine.id, force=True)
        time.sleep(2 * SHORT.every)
        with pytest.raises(LockLost):
            mine.check()


def test_a_lease_that_cannot_be_renewed_lets_nothing_be_begun(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(place) as store:
        said: list[str] = []
        with locked(store, "production", "apply", timeout=0, notice=said.append, lease=SHORT) as mine:
            mine.check()

            def down(environment: str, lock: str) -> None:
                raise StateError("the disk is full")

            monkeypatch.setattr(type(store), "beat", lambda *_: down("", ""))
            time.sleep(3 * SHORT.every)
            with pytest.raises(StateError, match="the disk is full"):
                mine.check()
            monkeypatch.undo()
        assert said == []


def test_of_eight_that_race_one_wins_and_the_others_name_it(place: Place) -> None:
    with open_store(place):
        pass
    start, done = threading.Barrier(8), threading.Barrier(8)
    winners: list[str] = []
    named: list[str] = []

    def run() -> None:
        with open_store(place) as store:
            start.wait()
            with ExitStack() as stack:
                try:
                    mine = stack.enter_context(locked(store, "production", "apply", timeout=0, notice=pytest.fail))
                    winners.append(mine.id)
                    store.begin("production", [(Address("db", "role", "x"), "create")], "me", lock=mine.id)
                except Held as held:
                    named.append(held.holder.id)
                done.wait()

    racing = [threading.Thread(target=run) for _ in range(8)]
    for one in racing:
        one.start()
    for one in racing:
        one.join()
    assert named == winners * 7
    assert len(winners) == 1
    with open_store(place) as store:
        assert store.load("production").serial == 1


def test_a_file_that_is_taken_away_takes_the_lock_with_it(tmp_path: Path) -> None:
    path, said = tmp_path / "state.db", list[str]()
    with (
        open_store(path) as store,
        locked(store, "production", "apply", timeout=0, notice=said.append, lease=SHORT) as mine,
    ):
        path.unlink()
        time.sleep(2 * SHORT.every)
        with pytest.raises(LockLost):
            mine.check()
    assert not path.exists()
    assert "could not be given back" in said[0]
