"""Work on the record by hand is told in the audit record, before it is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.audit.entry import Entry, Kind
from reconciler.state.errors import LedgerBroken, StateLocked
from reconciler.state.opening import Place, open_store
from reconciler.workflow import keeping
from reconciler.workflow.auditing import entries
from reconciler.workflow.rebuilding import rebuild
from reconciler.workflow.state_edits import unlock
from tests.state.test_keeping import NOWHERE, WISHES, at, at_hand, sat_at
from tests.workflow.desk import Desk


@pytest.fixture
def desk(place: Place, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Applied, with its state in each kind of place."""
    made = sat_at(place, monkeypatch)
    made.apply(*WISHES)
    return made


def last(desk: Desk) -> Entry:
    """The chain is intact up to it."""
    return entries(desk.state, "test")[-1]


WORK: dict[str, tuple[Callable[[Desk], object], dict[str, list[str]]]] = {
    "state rm": (
        lambda desk: keeping.remove(at_hand(desk.state), "test", str(at("b"))),
        {"added": [], "removed": [str(at("b"))], "changed": []},
    ),
    "state mv": (
        lambda desk: keeping.move(at_hand(desk.state), "test", str(at("a")), str(at("c"))),
        {"added": [str(at("c"))], "removed": [str(at("a"))], "changed": [str(at("b"))]},
    ),
    "state push": (
        lambda desk: keeping.push(at_hand(desk.state), keeping.pulled(desk.recorded), force=True),
        {"added": [], "removed": [], "changed": []},
    ),
    "state rebuild": (
        lambda desk: rebuild(desk.prepared(*WISHES), NOWHERE, at_hand(desk.state), lambda *_: True),
        {"added": [], "removed": [], "changed": []},
    ),
}


@pytest.mark.parametrize("operation", WORK)
def test_what_is_changed_by_hand_is_told_with_who_and_what(desk: Desk, operation: str) -> None:
    work, objects = WORK[operation]
    before = desk.recorded
    work(desk)
    told, after = last(desk), desk.recorded
    assert (told.kind, told.body["operation"], told.lineage) == (Kind.STATE_EDITED, operation, before.lineage)
    assert {name: told.body[name] for name in objects} == objects
    assert told.body["serial"] == [before.serial, after.serial]
    assert told.body["lineage"] == [before.lineage, after.lineage]
    assert "@" in told.body["who"]
    assert desk.apply(*WISHES).result is not None
    assert last(desk).kind is Kind.RUN_ENDED


def test_a_lock_that_is_taken_away_is_told_and_its_holder_adds_nothing_behind_it(desk: Desk) -> None:
    def away(verb: str, key: str) -> None:
        desk.memory.before = lambda *_: None
        with open_store(desk.state, reading=True) as store:
            (held,) = store.locks().values()
        with pytest.raises(StateLocked):
            unlock(desk.state, held.id, force=False)
        assert unlock(desk.state, held.id, force=True)
        assert not unlock(desk.state, held.id, force=True)

    desk.memory.before = away
    result = desk.apply(destroy=True).result
    assert result is not None
    assert not result.ok
    told = last(desk)
    assert told.kind is Kind.UNLOCKED
    assert told.body["holder"]["operation"] == "destroy"
    assert told.body["run"] != told.run
    assert keeping.locks(desk.state) == {}


@pytest.mark.parametrize("operation", WORK)
def test_where_it_cant_be_told_nothing_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    desk = sat_at(tmp_path / "state.db", monkeypatch)
    desk.apply(*WISHES)
    (ledger,) = tmp_path.glob("*.jsonl")
    ledger.write_bytes(ledger.read_bytes()[:-20] + b"\n")
    before = desk.recorded
    with pytest.raises(LedgerBroken):
        WORK[operation][0](desk)
    assert desk.recorded == before
