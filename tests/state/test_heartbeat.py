"""Whether a lock surely stands, as a step asks before each call that writes: by the clock that nobody sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.state import heartbeat
from reconciler.state.errors import LockLost, StateError
from reconciler.state.heartbeat import LEASE, Hold, Lease
from reconciler.state.lock import force_unlock, locked
from reconciler.state.opening import open_store
from reconciler.state.store import Store

LONG = Lease(400, 100)
"""No beat comes by itself within a test."""


class Ticks:
    """A clock that goes by a second with each look that is waited for."""

    def __init__(self) -> None:
        self.now, self.waits = 1000.0, 0
        self.meanwhile: Callable[[int], None] = lambda waits: None

    def sleep(self, _: float) -> None:
        self.now, self.waits = self.now + 1, self.waits + 1
        assert self.waits < 1000, "it waits without end"
        self.meanwhile(self.waits)


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> Ticks:
    made = Ticks()
    monkeypatch.setattr("reconciler.state.heartbeat.ticking", lambda: made.now)
    monkeypatch.setattr("reconciler.state.lock.ticking", lambda: made.now)
    monkeypatch.setattr("reconciler.state.heartbeat.time.sleep", made.sleep)
    return made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "state.db") as made:
        yield made


@pytest.fixture
def mine(store: Store, ticks: Ticks) -> Iterator[Hold]:
    with locked(store, "production", "apply", timeout=0, notice=lambda _: None, lease=LONG) as made:
        yield made


def test_it_stands_while_the_last_beat_is_young(mine: Hold, ticks: Ticks) -> None:
    assert mine.stands()
    ticks.now += 140
    assert mine.stands()
    assert ticks.waits == 0


def test_with_an_old_beat_it_doesnt_and_the_next_one_is_waited_for(mine: Hold, ticks: Ticks) -> None:
    ticks.now += 141
    assert not mine.stands()
    assert 100 <= ticks.waits <= 102
    ticks.waits, ticks.meanwhile = 0, lambda waits: mine.renew() if waits == 7 else None
    assert mine.stands()
    assert ticks.waits == 7


def test_once_it_is_lost_it_stands_no_more_and_nothing_is_waited_for(mine: Hold, store: Store, ticks: Ticks) -> None:
    force_unlock(store, mine.id, force=True)
    ticks.now += 141
    mine._ending.wait = lambda _: False  # type: ignore[method-assign]
    ticks.meanwhile = lambda waits: mine._beating() if waits == 3 else None
    assert not mine.stands()
    assert ticks.waits == 3
    assert not mine.stands(), "young or not"
    ticks.now -= 141
    assert not mine.stands()
    assert ticks.waits == 3
    with pytest.raises(LockLost):
        mine.check()
    with pytest.raises(LockLost):
        mine.renew()


def test_a_heartbeat_that_has_a_bug_holds_nothing(mine: Hold, ticks: Ticks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(mine._store), "another", lambda _: {}["no store"])
    mine._ending.wait = lambda _: False  # type: ignore[method-assign]
    mine._beating()
    ticks.now += 141
    assert not mine.stands()
    assert ticks.waits == 0
    with pytest.raises(StateError, match="KeyError in the heartbeat"):
        mine.check()


def test_the_run_itself_makes_up_for_two_beats(mine: Hold, store: Store, ticks: Ticks) -> None:
    before = store.locks()["production"].beat
    ticks.now += 200
    mine.check()
    assert store.locks()["production"].beat == before
    ticks.now += 1
    mine.check()
    assert store.locks()["production"].beat == before + 1
    mine.check()
    assert store.locks()["production"].beat == before + 1
    assert mine.stands()


def test_each_beat_makes_it_young_until_the_run_ends(mine: Hold, store: Store, ticks: Ticks) -> None:
    ends = [False, False, True]
    mine._ending.wait = lambda _: ends.pop(0)  # type: ignore[method-assign]
    before = store.locks()["production"].beat
    ticks.now += 141
    mine._beat_while_it_works(store)
    assert store.locks()["production"].beat == before + 3
    assert mine.stands()
    assert ticks.waits == 0


def test_a_beat_that_fails_is_tried_again(mine: Hold, ticks: Ticks, monkeypatch: pytest.MonkeyPatch) -> None:
    ends, whole, tried = [False, False, True, True], type(mine._store).another, list[int]()

    def another(store: Store) -> Store:
        tried.append(1)
        if len(tried) == 1:
            raise StateError("the disk is full")
        return whole(store)

    mine._ending.wait = lambda _: ends.pop(0)  # type: ignore[method-assign]
    monkeypatch.setattr(type(mine._store), "another", another)
    ticks.now += 141
    mine._beating()
    assert len(tried) == 2
    assert mine.stands()


def test_young_is_less_than_it_takes_until_anybody_may_have_taken_over() -> None:
    cut_off = 8
    assert heartbeat._FRESH * LEASE.every < cut_off < LEASE.seconds
    assert heartbeat._FRESH > 1, "a beat that is on time is young"
