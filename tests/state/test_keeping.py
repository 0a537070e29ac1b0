"""The record alone, wherever it is kept: looked at, moved, corrected, carried elsewhere, made anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler import registry
from reconciler.model import Address, Outcome
from reconciler.provider import Rejected
from reconciler.state.document import decode_state, encode_state
from reconciler.state.errors import NothingRecorded, NotRecorded, PushRefused, StateError
from reconciler.state.lock import Held, locked
from reconciler.state.opening import Place, open_store
from reconciler.workflow import keeping
from reconciler.workflow.rebuilding import Rebuilt, rebuild
from specs.diagnostic import error
from tests.memory import at, resource, wanted
from tests.workflow.desk import NOWHERE, Desk

WISHES = (wanted("a", size=1), wanted("b", "a", size=2))


def sat_at(place: Place, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(place)
    monkeypatch.setattr(registry, "load", lambda name: made.provider)
    return made


@pytest.fixture
def desk(place: Place, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """With its state in each kind of place."""
    return sat_at(place, monkeypatch)


@pytest.fixture
def near(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """With its state in a file."""
    return sat_at(tmp_path / "state.db", monkeypatch)


def at_hand(place: Place) -> keeping.Desk:
    return keeping.Desk(place, 0.0, pytest.fail)


def test_a_run_records_begins_and_ends_and_the_next_plan_is_empty(desk: Desk) -> None:
    application = desk.apply(*WISHES)
    assert application.result is not None
    assert application.result.ok
    state = keeping.recorded(desk.state, None)
    assert (state.objects.keys(), state.unfinished) == ({at("a"), at("b")}, ())
    assert desk.plan(*WISHES).is_empty
    assert keeping.locks(desk.state) == {}
    assert desk.apply(destroy=True).result is not None
    assert keeping.recorded(desk.state, "test").objects == {}


def test_a_run_whose_lock_is_taken_away_in_a_call_begins_no_other(desk: Desk) -> None:
    desk.memory.before = lambda verb, key: desk.take_the_lock_away()
    result = desk.apply(*WISHES).result
    assert result is not None
    assert [one.code for one in result.diagnostics] == ["W613"]
    assert {step.address.key for step in result.of(Outcome.SKIPPED)} == {"b"}
    assert desk.memory.calls == [("create", "a")]
    (open_yet,) = desk.recorded.unfinished
    assert open_yet.address == at("a")


def test_a_call_that_was_refused_leaves_nothing_begun(desk: Desk) -> None:
    def refuse(verb: str, key: str) -> None:
        if key == "b":
            raise Rejected("no")

    desk.memory.before = refuse
    result = desk.apply(*WISHES).result
    assert result is not None
    assert not result.ok
    assert (desk.recorded.objects.keys(), desk.recorded.unfinished) == ({at("a")}, ())


def test_a_plan_and_drift_take_no_lock(desk: Desk) -> None:
    desk.apply(*WISHES)
    with open_store(desk.state) as store, locked(store, "test", "apply", timeout=0, notice=pytest.fail):
        assert desk.plan(*WISHES).is_empty
        assert desk.drift(*WISHES).items == ()
        assert keeping.locks(desk.state)["test"].operation == "apply"
        for refused in (
            lambda: keeping.remove(at_hand(desk.state), "test", str(at("a"))),
            lambda: keeping.move(at_hand(desk.state), "test", str(at("a")), str(at("c"))),
            lambda: keeping.push(at_hand(desk.state), keeping.pulled(desk.recorded), force=True),
        ):
            with pytest.raises(Held):
                refused()


def test_an_object_is_moved_with_what_depends_on_it(desk: Desk) -> None:
    desk.apply(*WISHES)
    before = desk.recorded
    assert keeping.move(at_hand(desk.state), None, 'mem.thing["a"]', 'mem.thing["c"]') == (at("a"), at("c"))
    after = desk.recorded
    assert after.objects.keys() == {at("b"), at("c")}
    assert after.objects[at("c")].resource == resource("c", size=1)
    assert after.objects[at("b")].depends_on == (at("c"),)
    assert (after.lineage, after.serial) == (before.lineage, before.serial + 1)
    for old, new in (("a", at("d")), ("c", at("b")), ("c", Address("mem", "other", "d"))):
        with pytest.raises(NotRecorded):
            keeping.move(at_hand(desk.state), "test", str(at(old)), str(new))
    with pytest.raises(NotRecorded, match="no address"):
        keeping.move(at_hand(desk.state), "test", str(at("c")), "nonsense")
    assert desk.recorded == after
    assert desk.memory.objects.keys() == {"a", "b"}


def test_an_object_is_forgotten_and_found_again(near: Desk) -> None:
    near.apply(*WISHES)
    assert keeping.remove(at_hand(near.state), None, str(at("b"))) == at("b")
    assert near.recorded.objects.keys() == {at("a")}
    with pytest.raises(NotRecorded, match="not recorded"):
        keeping.remove(at_hand(near.state), None, str(at("b")))
    assert near.memory.objects.keys() == {"a", "b"}
    assert near.plan(*WISHES).is_empty


def test_a_document_carries_a_state_elsewhere(desk: Desk, tmp_path: Path) -> None:
    desk.apply(*WISHES)
    with open_store(desk.state) as store:
        store.begin("test", [(at("c"), "create")], "me")
    state = desk.recorded
    elsewhere = tmp_path / "elsewhere.db"
    assert keeping.push(at_hand(elsewhere), keeping.pulled(state), force=False) == state
    assert keeping.recorded(elsewhere, "test") == state


def test_a_document_that_is_older_or_another_is_refused_unless_forced(desk: Desk) -> None:
    desk.apply(*WISHES)
    first = desk.recorded
    keeping.remove(at_hand(desk.state), "test", str(at("b")))
    now = desk.recorded
    edited = replace(now, objects={})
    for wrong, why in (
        (first, "is older"),
        (replace(now, lineage="another"), "of another state"),
        (edited, "and differs"),
    ):
        with pytest.raises(PushRefused, match=why):
            keeping.push(at_hand(desk.state), encode_state(wrong), force=False)
    assert desk.recorded == now
    assert keeping.push(at_hand(desk.state), encode_state(now), force=False) == now
    forced = keeping.push(at_hand(desk.state), encode_state(first), force=True)
    assert forced == replace(first, serial=now.serial + 1)
    assert desk.recorded == forced
    with pytest.raises(PushRefused, match="no lineage"):
        keeping.push(at_hand(desk.state), encode_state(replace(now, lineage="")), force=True)


def test_what_was_all_removed_is_no_wrong_place(near: Desk) -> None:
    near.apply(*WISHES)
    near.apply()
    with pytest.raises(NothingRecorded, match="nothing is recorded in") as found:
        keeping.recorded(near.state, None)
    assert found.value.help.startswith("nothing was applied yet, or all was destroyed")


def test_where_nothing_or_too_much_is_recorded_it_is_told(near: Desk) -> None:
    with pytest.raises(NothingRecorded, match="nothing is recorded in"):
        keeping.recorded(near.state, None)
    near.apply(*WISHES)
    with pytest.raises(NothingRecorded, match="of environment other"):
        keeping.recorded(near.state, "other")
    with open_store(near.state) as store:
        store.replace(replace(near.recorded, environment="other"), "me")
    with pytest.raises(NothingRecorded, match="several environments: other, test"):
        keeping.recorded(near.state, None)


def rebuilt(desk: Desk, *, approve: bool = True) -> Rebuilt:
    return rebuild(desk.prepared(*WISHES), NOWHERE, at_hand(desk.state), lambda old, new: approve)


def test_a_state_is_made_anew_from_what_is_there(desk: Desk) -> None:
    desk.apply(*WISHES)
    before = desk.recorded
    desk.memory.objects["a"]["size"] = 7
    desk.memory.objects["stray"] = {"size": 3}
    with open_store(desk.state) as store:
        store.replace(replace(before, objects={}, serial=9), "me")
        store.begin("test", [(at("a"), "update")], "me")
    found = rebuilt(desk)
    state = desk.recorded
    assert found.state == state
    assert state.objects.keys() == {at("a"), at("b"), at("stray")}
    assert state.objects[at("a")].resource == resource("a", size=7)
    assert state.objects[at("b")] == before.objects[at("b")]
    assert "no spec declares it" in state.objects[at("stray")].origin.reason
    assert (state.serial, state.unfinished, state.systems) == (1, (), before.systems)
    assert state.lineage not in {"", before.lineage}
    assert {one.address.key for one in desk.plan(*WISHES).rows} == {"a", "stray"}
    assert [verb for verb, _ in desk.memory.calls] == ["create", "create"]


def test_nothing_is_made_anew_unasked_or_where_a_system_is_not_read(near: Desk) -> None:
    near.apply(*WISHES)
    before = near.recorded
    assert not rebuilt(near, approve=False).approved
    wrong = replace(near.prepared(*WISHES), diagnostics=(error("W501", "down"),))
    found = rebuild(wrong, NOWHERE, at_hand(near.state), lambda old, new: True)
    assert (found.state, [one.code for one in found.diagnostics]) == (None, ["W501"])
    assert near.recorded == before


@pytest.mark.parametrize("body", [b"", b"{}", b"[" * 100_000, b"\xff", b'{"format": "writ-state/1"}', b"null"])
def test_what_is_no_document_is_refused(body: bytes) -> None:
    with pytest.raises(StateError, match="the document is no state"):
        decode_state(body, "the document")
    with pytest.raises(StateError, match="newer version"):
        decode_state(b'{"format": "writ-state/3"}', "the document")
