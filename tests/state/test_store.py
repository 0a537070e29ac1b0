"""A state, wherever it is kept: round trips, one transaction to a write, locks."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reconciler.cli.findings import state_finding
from reconciler.model import Address, Applied, Marked, Origin, Outcomes, Proof, Resource, Retired, SystemRecord
from reconciler.state.document import decode_state, encode_state
from reconciler.state.errors import LockLost, StateLocked
from reconciler.state.lock import Held, force_unlock, locked
from reconciler.state.lockinfo import made
from reconciler.state.opening import Place, open_store, shown
from specs.source import SourceSpan

ADDRESS = Address("db", "role", "writ_a_b")
APPLIED = Applied(
    Resource(ADDRESS, {"login": False, "config": ["x=1"], "comment": "é\"'"}),
    Origin("why", "a", "b", SourceSpan("a.yaml", 3, 5, 9)),
    (Address("db", "role", "other"),),
    "i-1",
)
OBSERVED = Address("db", "public_grant", "table:public.orders")
SYSTEM = SystemRecord(
    "db",
    "postgres",
    {"database": "orders"},
    "cluster 7",
    {OBSERVED: Resource(OBSERVED, {"privileges": ["SELECT"], "note": None})},
)
UNOBSERVED = SystemRecord("aws", "aws", {})


def test_what_was_put_is_loaded(place: Place) -> None:
    with open_store(place) as store:
        store.put_all("production", (SYSTEM, UNOBSERVED), [APPLIED], "me")
    with open_store(place) as store:
        state = store.load("production")
        assert state.objects == {ADDRESS: APPLIED}
        assert state.systems == {"db": SYSTEM, "aws": UNOBSERVED}
        assert (len(state.lineage), state.serial) == (36, 1)
        assert store.load("staging").objects == {}


def test_a_retirement_is_kept_with_what_undoing_needs(place: Place) -> None:
    at = datetime(2026, 12, 1, 12, 30, tzinfo=UTC)
    proof = Proof("bot", "read", at, "me", "d1", "logged in")
    one = Retired("svc", ADDRESS, Marked.LOCKED, at, "me", Resource(ADDRESS, {"login": True, "é": [1]}), "7", (proof,))
    with open_store(place) as store:
        store.retire("production", Retired("svc", ADDRESS, proofs=(proof,)))
        store.retire("production", one)
        store.put_all("production", (SYSTEM,), [APPLIED], "me")
    with open_store(place) as store:
        state = store.load("production")
        assert (state.retirements, state.serial) == ({"svc": one}, 3)
        assert store.load("staging").retirements == {}
        assert decode_state(encode_state(state), "it")[0] == state
        store.replace(replace(state, retirements={}), "me")
        assert store.load("production").retirements == {}


def test_the_serial_grows_and_the_lineage_stays(place: Place) -> None:
    with open_store(place) as store:
        store.record("production", Outcomes(made=(APPLIED,)), "me")
        first = store.load("production")
        store.record("production", Outcomes(gone=(ADDRESS,)), "me")
        second = store.load("production")
        assert (second.serial, second.lineage) == (first.serial + 1, first.lineage)
        assert second.objects == {}


def test_a_step_that_was_begun_is_unfinished_until_its_end_is_recorded(place: Place) -> None:
    others = [Address("db", "role", name) for name in ("one", "two", "three")]
    with open_store(place) as store:
        store.begin("production", [(address, "create") for address in (ADDRESS, *others)], "me", lock="")
        begun = store.load("production")
        assert [(one.address, one.phase, one.who) for one in begun.unfinished] == [
            (address, "create", "me") for address in sorted((ADDRESS, *others))
        ]
        assert store.load("staging").unfinished == ()
        store.record("production", Outcomes(made=(APPLIED,)), "me")
        store.record("production", Outcomes(gone=(others[0],)), "me")
        store.settle("production", [others[1]])
        ended = store.load("production")
        assert [one.address for one in ended.unfinished] == [others[2]]
        assert ended.serial == begun.serial + 3
        store.begin("production", [(others[2], "delete")], "you")
        (again,) = store.load("production").unfinished
        assert (again.phase, again.who) == ("delete", "you")


def test_steps_that_ended_together_are_one_write(place: Place) -> None:
    gone, undone, unknown = (Address("db", "role", name) for name in ("gone", "undone", "unknown"))
    with open_store(place) as store:
        store.put_all("production", (SYSTEM,), [replace(APPLIED, resource=Resource(gone, {}))], "me")
        store.begin("production", [(address, "create") for address in (ADDRESS, gone, undone, unknown)], "me")
        begun = store.load("production")
        store.record("production", Outcomes((APPLIED,), (gone,), (undone,)), "me")
        ended = store.load("production")
        assert ended.objects == {ADDRESS: APPLIED}
        assert [one.address for one in ended.unfinished] == [unknown]
        assert ended.serial == begun.serial + 1


def test_nothing_is_begun_without_the_lock(place: Place) -> None:
    with open_store(place) as store:
        with pytest.raises(LockLost):
            store.begin("production", [(ADDRESS, "create")], "me", lock="lost")
        assert store.load("production").unfinished == ()


def test_a_second_holder_is_refused_by_name(place: Place) -> None:
    with (
        open_store(place) as store,
        locked(store, "production", "apply", timeout=0, notice=pytest.fail) as mine,
        open_store(place) as other,
    ):
        with (
            pytest.raises(Held) as refused,
            locked(other, "production", "destroy", timeout=0.05, notice=pytest.fail),
        ):
            pytest.fail("two holders")
        assert refused.value.holder == mine.info
        told = state_finding(refused.value).message
        assert f"ID:        {mine.id}\n" in told
        assert f"Process:   {os.getpid()}\n" in told
        assert f"Path:      {shown(place)}\n" in told
        assert f"force-unlock {mine.id}" in refused.value.help
        with locked(other, "staging", "apply", timeout=0, notice=pytest.fail):
            pass
    with open_store(place) as store, locked(store, "production", "apply", timeout=0, notice=pytest.fail):
        pass


@pytest.mark.parametrize("there", ["another-boot:pid:[1]", ""])
def test_a_lock_of_another_place_is_never_taken_over(place: Place, monkeypatch: pytest.MonkeyPatch, there: str) -> None:
    """Two containers of one name, or a version that noted the host's name only and didn't beat."""
    host = f"{socket.gethostname()}/{there}" if there else socket.gethostname()
    theirs = replace(made("apply", 0.0), host=host, pid_started="1")
    with open_store(place) as store, open_store(place) as other:
        assert store.take("production", theirs) is None
        with pytest.raises(Held), locked(other, "production", "apply", timeout=0.05, notice=pytest.fail):
            pytest.fail("two holders")
        assert store.locks() == {"production": theirs}
        assert force_unlock(other, theirs.id)


def test_a_write_under_a_lost_lock_changes_nothing(place: Place) -> None:
    with open_store(place) as store, locked(store, "production", "apply", timeout=0, notice=pytest.fail) as mine:
        store.record("production", Outcomes(made=(APPLIED,)), "me", lock=mine.id)
        before = store.load("production")
        assert force_unlock(store, mine.id, force=True)
        for write in (
            lambda: store.record("production", Outcomes(made=(APPLIED,)), "me", lock=mine.id),
            lambda: store.record("production", Outcomes(gone=(ADDRESS,)), "me", lock=mine.id),
            lambda: store.put_all("production", (SYSTEM,), [APPLIED], "me", lock=mine.id),
        ):
            with pytest.raises(LockLost):
                write()
        with locked(store, "production", "destroy", timeout=0, notice=pytest.fail), pytest.raises(LockLost):
            store.record("production", Outcomes(made=(APPLIED,)), "me", lock=mine.id)
        assert store.load("production") == before


def test_force_unlock_removes_that_lock_only(place: Place) -> None:
    with open_store(place) as store, locked(store, "production", "apply", timeout=0, notice=pytest.fail) as mine:
        assert not force_unlock(store, "another")
        with pytest.raises(StateLocked, match=str(os.getpid())):
            force_unlock(store, mine.id)
        assert store.locks().keys() == {"production"}
        assert force_unlock(store, mine.id, force=True)
        assert store.locks() == {}
        with open_store(place) as other, locked(other, "production", "apply", timeout=0, notice=pytest.fail):
            pass


def test_force_unlock_shuts_out_a_holder_that_goes_on_renewing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        open_store(place) as store,
        open_store(place) as other,
        locked(other, "production", "apply", timeout=0, notice=lambda _: None) as mine,
    ):
        seen = store.locks()
        other.beat("production", mine.id)
        monkeypatch.setattr(store, "locks", lambda: seen)
        assert force_unlock(store, mine.id, force=True)
        with pytest.raises(LockLost):
            other.beat("production", mine.id)
