"""Taking a lock: whom it is taken from, when, and what is said. By clocks of the tests' own."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.state import lock as locking
from reconciler.state import lockinfo
from reconciler.state.errors import LockLost, StateError, StateLocked
from reconciler.state.heartbeat import LEASE, Hold, Lease
from reconciler.state.holder import start_of
from reconciler.state.lock import Held, force_unlock, locked
from reconciler.state.lockinfo import LockInfo, here, made, stamp, ticking, whoami
from reconciler.state.opening import open_store
from reconciler.state.store import Store

SELDOM = Lease(20, 1000)
"""No beat comes by itself within a test."""


class Clock:
    """Monotonic seconds that go by while somebody sleeps, and only then."""

    def __init__(self) -> None:
        self.now = 500.0
        self.slept: list[float] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += max(seconds, 0.001)
        self.meanwhile()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(locking, "time", found)
    return found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "state.db") as found:
        yield found


def elsewhere(**more: object) -> LockInfo:
    return replace(made("destroy", 20.0), host="another/boot:pid:[1]", who="eve@another", pid=7, **more)  # type: ignore[arg-type]


def taken(store: Store, said: list[str], timeout: float = 0.0) -> LockInfo:
    """Whose lock it is once it was taken, and given back."""
    with locked(store, "production", "apply", timeout=timeout, notice=said.append, lease=SELDOM) as mine:
        found = store.locks()["production"]
        assert (found.id, mine.id) == (mine.info.id, mine.info.id)
    return found


def test_what_is_free_is_taken_and_given_back(store: Store, clock: Clock) -> None:
    said: list[str] = []
    found = taken(store, said)
    assert store.locks() == {}
    assert (found.operation, found.host, found.pid, found.lease) == ("apply", here(), os.getpid(), 20.0)
    assert said == clock.slept == []


def test_whoever_holds_it_elsewhere_is_named_at_once(store: Store, clock: Clock) -> None:
    theirs = elsewhere()
    assert store.take("production", theirs) is None
    with pytest.raises(Held) as refused:
        taken(store, [])
    assert refused.value.holder == theirs
    assert refused.value.where == store.where
    assert refused.value.message == f"{store.where} is locked by eve@another (destroy, process 7)"
    assert refused.value.help == (
        "wait with -lock-timeout=60s; a run that is gone is taken over after its lease of 20 s; "
        f"if that run is gone: writ force-unlock {theirs.id}"
    )
    assert clock.slept == []
    assert store.locks() == {"production": theirs}
    taken_in_another = Held(replace(theirs, lease=0.0), "there")
    assert taken_in_another.help == f"wait with -lock-timeout=60s; if that run is gone: writ force-unlock {theirs.id}"


def test_it_is_waited_for_as_long_as_was_said(store: Store, clock: Clock) -> None:
    store.take("production", elsewhere())
    with pytest.raises(Held):
        taken(store, [], timeout=1.1)
    assert clock.slept == pytest.approx([0.25, 0.25, 0.25, 0.25, 0.1])


def test_a_lock_that_is_given_back_meanwhile_is_taken(store: Store, clock: Clock) -> None:
    theirs, said = elsewhere(), list[str]()
    store.take("production", theirs)
    clock.meanwhile = lambda: store.release("production", theirs.id) and None  # type: ignore[func-returns-value]
    taken(store, said, timeout=5)
    assert (len(clock.slept), said) == (1, [])


def test_a_beat_that_stands_still_for_a_lease_is_taken_over_and_said_so(store: Store, clock: Clock) -> None:
    said: list[str] = []
    store.take("production", elsewhere())
    taken(store, said, timeout=60)
    assert 20 < clock.now - 500 <= 20.5
    assert said == ["took over the lock of eve@another (destroy, process 7), which didn't renew its lease of 20 s"]


def test_a_beat_that_moves_is_a_living_holder(store: Store, clock: Clock) -> None:
    theirs = elsewhere()
    store.take("production", theirs)

    def beat() -> None:
        if len(clock.slept) == 76:  # after 19 s
            store.beat("production", theirs.id)

    clock.meanwhile = beat
    said: list[str] = []
    taken(store, said, timeout=60)
    assert 39 < clock.now - 500 <= 39.5
    assert len(said) == 1


def test_another_holder_has_a_lease_of_its_own(store: Store, clock: Clock) -> None:
    first, second = elsewhere(), elsewhere()
    store.take("production", first)

    def change() -> None:
        if len(clock.slept) == 40:  # after 10 s
            store.release("production", first.id)
            store.take("production", second)

    clock.meanwhile = change
    taken(store, [], timeout=60)
    assert 30 < clock.now - 500 <= 30.5


def test_a_lock_without_a_lease_is_held_until_it_is_given_back(store: Store, clock: Clock) -> None:
    store.take("production", elsewhere(lease=0.0, stamp=1.0))
    with pytest.raises(Held):
        taken(store, [], timeout=300)


def test_whoever_has_ended_here_is_taken_over_at_once(store: Store, clock: Clock) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    started = start_of(ended.pid)
    ended.wait()
    said: list[str] = []
    store.take("production", replace(made("apply", 20.0), pid=ended.pid, pid_started=started, who="me@here"))
    taken(store, said)
    assert said == [f"took over the lock of me@here (apply, process {ended.pid}), which has ended"]


@pytest.mark.parametrize(("age", "over"), [(19.0, False), (30.0, True)])
def test_here_the_clock_since_boot_is_shared(store: Store, clock: Clock, age: float, over: bool) -> None:
    said: list[str] = []
    store.take("production", replace(made("apply", 20.0), stamp=ticking() - age))
    if over:
        taken(store, said)
        assert "which didn't renew its lease of 20 s" in said[0]
    else:
        with pytest.raises(Held):
            taken(store, said)


def test_a_lock_that_cant_be_given_back_is_told_and_hides_nothing(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bool:
        raise StateError("the disk is full")

    def run() -> None:
        with locked(store, "production", "apply", timeout=0, notice=said.append) as mine:
            held.append(mine)
            monkeypatch.setattr(type(store), "release", fail)
            raise KeyError

    said: list[str] = []
    held: list[Hold] = []
    with pytest.raises(KeyError):
        run()
    (mine,) = held
    assert said == [f"the lock {mine.id} could not be given back, and ends with its lease: the disk is full"]
    assert not mine._thread.is_alive(), "it is renewed no more"


def test_by_force_and_by_leave(store: Store) -> None:
    mine, theirs = made("apply", 20.0), elsewhere()
    store.take("production", mine)
    store.take("staging", theirs)
    assert not force_unlock(store, "nobody's")
    with pytest.raises(StateLocked) as refused:
        force_unlock(store, mine.id)
    assert refused.value.message == (f"process {os.getpid()}, which holds this lock, is running (apply by {whoami()})")
    assert refused.value.help == "end it first; or add -force: it then stops at its next step"
    assert set(store.locks()) == {"production", "staging"}
    assert force_unlock(store, theirs.id), "who knows whether it lives"
    assert set(store.locks()) == {"production"}
    assert force_unlock(store, mine.id, force=True)
    assert store.locks() == {}
    with pytest.raises(LockLost):
        store.beat("production", mine.id)


def test_only_who_is_of_this_place_can_be_judged() -> None:
    mine = made("apply", 20.0)
    assert (mine.dead, mine.alive_here, mine.overdue) == (False, True, False)
    gone = replace(mine, pid_started="another's")
    assert (gone.dead, gone.alive_here) == (True, False)
    away = replace(gone, host="another", stamp=1.0)
    assert (away.dead, away.alive_here, away.overdue) == (False, False, False)
    late = replace(mine, stamp=ticking() - 21)
    assert (late.overdue, replace(late, lease=0.0).overdue, replace(late, stamp=0.0).overdue) == (True, False, False)


def test_a_lease_is_over_after_its_last_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = replace(made("apply", 20.0), stamp=100.0)
    for moment, over in ((119.0, False), (120.0, False), (120.5, True)):
        monkeypatch.setattr(lockinfo, "ticking", lambda moment=moment: moment)
        assert mine.overdue is over


def test_a_lock_of_a_version_without_leases_holds_until_it_is_released() -> None:
    """As such a version wrote it."""
    old = LockInfo("id", "apply", "eve@host", here(), os.getpid(), start_of(os.getpid()), "2026-01-01", "0.0.1")
    assert (old.lease, old.beat, old.beaten, old.stamp, old.overdue) == (0, 0, "", 0, False)


def test_the_clock_since_boot_is_told_where_a_place_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ticking() <= stamp() <= ticking()
    monkeypatch.setattr(lockinfo, "place", lambda: "")
    assert stamp() == 0.0
    monkeypatch.delattr(lockinfo.time, "CLOCK_BOOTTIME", raising=False)
    assert ticking() > 0


def test_who_it_is_where_nobody_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("no such user")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert whoami().startswith(f"uid:{os.getuid()}@")


def test_a_lock_says_when_in_utc() -> None:
    mine = made("apply", 20.0)
    assert abs(datetime.fromisoformat(mine.created) - datetime.now(UTC)) < timedelta(minutes=1)
    assert mine.beaten == mine.created
    assert datetime.fromisoformat(lockinfo.now()).utcoffset() == timedelta(0)
    assert (mine.beat, mine.lease, mine.version) == (0, 20.0, lockinfo.version("writ-iam"))
    assert mine.id != made("apply", 20.0).id


def test_a_lease_is_twenty_seconds_and_four_beats_long() -> None:
    assert (LEASE.seconds, LEASE.every) == (20.0, 5.0)


def test_what_is_broken_is_told_while_nobody_else_can_hold_it(store: Store) -> None:
    theirs, told = elsewhere(), list[tuple[str, LockInfo, str]]()
    store.take("production", theirs)

    def tell(environment: str, holder: LockInfo, instead: str) -> None:
        told.append((environment, holder, instead))
        assert store.locks()["production"].id == instead

    assert force_unlock(store, theirs.id, tell)
    assert [(environment, holder) for environment, holder, _ in told] == [("production", theirs)]
    assert store.locks() == {}


def test_a_holder_that_renews_meanwhile_is_broken_all_the_same(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs, whole = elsewhere(), type(store).take
    store.take("production", theirs)

    def slow(self: Store, environment: str, mine: LockInfo, over: LockInfo | None = None) -> LockInfo | None:
        if over is not None and over.beat == 0:
            self.beat(environment, theirs.id)
        return whole(self, environment, mine, over)

    monkeypatch.setattr(type(store), "take", slow)
    assert force_unlock(store, theirs.id)
    assert store.locks() == {}


def test_whoever_took_it_over_meanwhile_keeps_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs, others, whole = elsewhere(), elsewhere(), type(store).take
    store.take("production", theirs)

    def late(self: Store, environment: str, mine: LockInfo, over: LockInfo | None = None) -> LockInfo | None:
        if mine.operation == "force-unlock" and theirs.id in {one.id for one in self.locks().values()}:
            self.release(environment, theirs.id)
            assert whole(self, environment, others) is None
        return whole(self, environment, mine, over)

    monkeypatch.setattr(type(store), "take", late)
    told: list[str] = []
    assert not force_unlock(store, theirs.id, lambda environment, holder, instead: told.append(instead))
    assert store.locks()["production"].id == others.id
    assert told == []


def test_a_lease_of_a_second_is_one(store: Store, clock: Clock) -> None:
    store.take("production", elsewhere(lease=1.0, stamp=0.0))
    taken(store, [], timeout=5)
    assert 1 < clock.now - 500 <= 1.5


def test_a_lock_is_given_back_also_where_its_end_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = Hold.end

    def interrupted(hold: Hold) -> None:
        end(hold)
        raise KeyboardInterrupt

    monkeypatch.setattr(Hold, "end", interrupted)
    with open_store(tmp_path / "state.db") as store:
        with (
            pytest.raises(KeyboardInterrupt),
            locked(store, "production", "apply", timeout=0, notice=pytest.fail, lease=SELDOM),
        ):
            pass
        assert store.locks() == {}
