"""What isn't ours and bears on ours: differences to what was recorded, and to what was read for a plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler import registry
from reconciler.engine.access import outside_access
from reconciler.engine.guard import stale_against_world
from reconciler.engine.observed import digests, not_taken_back, observed_drift
from reconciler.model import (
    PLACE,
    AccessChange,
    Address,
    Aspect,
    Cause,
    Comparison,
    DriftItem,
    DriftKind,
    Ownership,
    Plan,
    Resource,
    Snapshot,
    State,
    SystemRecord,
    Value,
    Verdict,
    Worlds,
)
from reconciler.provider import Scope
from specs.base import SpecModel
from tests.memory import MARKS, Memory, MemoryProvider, at, session, wanted
from tests.workflow.desk import Desk

BESIDE, NAMED = Address("mem", "beside", "b"), Address("mem", "named", "n")
SIZE = {"size": 1}
Observed = dict[Address, dict[str, Value]]


def resources(observed: Observed) -> dict[Address, Resource]:
    return {address: Resource(address, values) for address, values in observed.items()}


def snapshot(observed: Observed) -> dict[str, Snapshot]:
    return {"mem": Snapshot({}, facts={PLACE: ""}, observed=resources(observed))}


def state(observed: Observed | None) -> State:
    known = None if observed is None else resources(observed)
    return State("test", "L", 1, {}, {"mem": SystemRecord("mem", "memory", {}, "", known)})


def drifted(was: Observed | None, now: Observed) -> dict[Address, DriftKind]:
    items = observed_drift(session(Memory()).systems, snapshot(now), state(was))
    assert all(item.observed for item in items)
    return {item.address: item.kind for item in items}


def test_each_difference_to_the_record_is_drift() -> None:
    assert drifted({BESIDE: SIZE}, {BESIDE: SIZE}) == {}
    assert drifted({BESIDE: SIZE}, {BESIDE: {"size": 2}}) == {BESIDE: DriftKind.CHANGED}
    assert drifted({BESIDE: SIZE}, {BESIDE: {"size": 1, "more": 1}}) == {BESIDE: DriftKind.CHANGED}
    assert drifted({}, {BESIDE: SIZE}) == {BESIDE: DriftKind.APPEARED}
    assert drifted({BESIDE: SIZE}, {}) == {BESIDE: DriftKind.MISSING}


def test_without_a_record_nothing_moved() -> None:
    assert drifted(None, {BESIDE: SIZE}) == {}
    unknown = State("test", "", 0, {}, {})
    assert observed_drift(session(Memory()).systems, snapshot({BESIDE: SIZE}), unknown) == ()


def test_what_ours_begins_or_ceases_to_name_is_no_drift_of_its_own() -> None:
    assert drifted({NAMED: SIZE}, {}) == drifted({}, {NAMED: SIZE}) == {}
    assert drifted({NAMED: SIZE}, {NAMED: {"size": 2}}) == {NAMED: DriftKind.CHANGED}


class Telling(MemoryProvider):
    """Tells both worlds."""

    def access_changes(self, scope: Scope[SpecModel], worlds: Worlds) -> Iterable[AccessChange]:
        notes = (repr(sorted(worlds.before)), repr(sorted(worlds.after)))
        for address in sorted(worlds.touched):
            yield AccessChange(address, Aspect.REACH, Comparison(Verdict.UNKNOWN, notes=notes))


def test_each_world_has_what_was_observed_in_it() -> None:
    """Also what ours don't name any more: what they came to then hangs on it."""
    before, now = state({BESIDE: SIZE, NAMED: SIZE}), snapshot({BESIDE: {"size": 2}})
    systems = {"mem": replace(session(Memory()).systems["mem"], provider=Telling())}
    (row,) = outside_access(observed_drift(systems, now, before), systems, now, {}, before)
    assert row.change.subject == BESIDE
    assert row.change.comparison.notes == (repr([BESIDE, NAMED]), repr([BESIDE]))


@pytest.mark.parametrize("targets", [(), ("mem.thing",)])
@pytest.mark.parametrize(
    ("now", "address", "what"),
    [
        ({BESIDE: {"size": 2}, NAMED: SIZE}, BESIDE, "has changed since"),
        ({BESIDE: SIZE}, NAMED, "has gone since"),
        ({BESIDE: SIZE, NAMED: SIZE, at("new"): SIZE}, at("new"), "has appeared since"),
    ],
)
def test_a_saved_plan_is_refused(targets: tuple[str, ...], now: Observed, address: Address, what: str) -> None:
    before = snapshot({BESIDE: SIZE, NAMED: SIZE})
    facts = {"mem": {PLACE: ""}}
    plan = Plan("test", datetime.now(UTC), "", "L", 1, (), (), targets=targets, facts=facts, observed=digests(before))
    assert stale_against_world(plan, before, MARKS) == ()
    (stale,) = stale_against_world(plan, snapshot(now), MARKS)
    assert (stale.code, stale.subject) == ("W606", str(address))
    assert f"{address} {what}" in stale.message
    unread = replace(plan, facts={}, observed={})
    assert stale_against_world(unread, snapshot(now), MARKS) == (), "it couldn't be read for the plan"


def test_what_a_narrowed_plan_leaves_out_may_be_looked_at_no_longer() -> None:
    """What only a row that was left out wants isn't read when the plan is applied."""
    facts = {"mem": {PLACE: ""}}
    whole = Plan("test", datetime.now(UTC), "", "L", 1, (), (), facts=facts, observed=digests(snapshot({NAMED: SIZE})))
    narrow, named = replace(whole, targets=("mem.thing",)), {"mem": {NAMED.type}}
    assert stale_against_world(narrow, snapshot({}), MARKS, named) == ()
    assert len(stale_against_world(narrow, snapshot({NAMED: {"size": 2}}), MARKS, named)) == 1
    assert len(stale_against_world(narrow, snapshot({NAMED: SIZE, BESIDE: SIZE}), MARKS, named)) == 1
    assert len(stale_against_world(whole, snapshot({}), MARKS, named)) == 1


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(tmp_path / "state.db")
    monkeypatch.setattr(registry, "load", lambda name: made.provider)
    made.memory.observed = {BESIDE: {"size": 1}}
    return made


THING = wanted("a", size=1, kind="x")


def test_apply_records_it_also_where_nothing_else_is_to_do(desk: Desk) -> None:
    desk.apply(THING)
    assert desk.recorded.systems["mem"].observed == resources({BESIDE: SIZE})
    desk.memory.observed[BESIDE]["size"] = 2
    (item,) = desk.drift(THING).items
    plan = desk.plan(THING)
    assert (plan.is_empty, plan.drift) == (True, (item,))
    assert [found.code for found in plan.diagnostics] == ["W517"]
    serial = desk.recorded.serial
    desk.apply(THING)
    assert desk.recorded.serial == serial + 1
    assert desk.drift(THING).items == desk.plan(THING).diagnostics == ()
    desk.apply(THING)
    assert desk.recorded.serial == serial + 1, "the same again is nothing to record"


def test_a_saved_plan_records_what_it_showed_or_nothing(desk: Desk) -> None:
    desk.apply(THING)
    desk.memory.observed[BESIDE]["size"] = 2
    saved = desk.plan(THING)
    desk.memory.observed[BESIDE]["size"] = 3
    assert [found.code for found in desk.apply_saved(saved).diagnostics] == ["W606"]
    assert desk.recorded.systems["mem"].observed == resources({BESIDE: SIZE})
    desk.memory.observed[BESIDE]["size"] = 2
    assert desk.apply_saved(saved).diagnostics == ()
    assert desk.recorded.systems["mem"].observed == resources({BESIDE: {"size": 2}})


def test_destroy_shows_nothing_of_it_and_records_nothing(desk: Desk) -> None:
    desk.apply(THING)
    desk.memory.observed[BESIDE]["size"] = 2
    desk.apply(THING, destroy=True)
    assert desk.recorded.systems["mem"].observed == resources({BESIDE: SIZE})
    assert [item.address for item in desk.drift(THING).items] == [BESIDE]


def item(key: str, was: dict[str, Value] | None, now: dict[str, Value] | None) -> DriftItem:
    address = Address("mem", "beside", key)
    before = {} if was is None else {address: was}
    (found,) = observed_drift(session(Memory()).systems, snapshot({} if now is None else {address: now}), state(before))
    return found


def test_a_difference_is_told_by_name_and_nothing_else_is() -> None:
    changed = item("a", {"size": 1, "kind": "x"}, {"size": 2, "kind": "x"})
    assert [(one.name, one.before, one.after, one.cause) for one in changed.attributes] == [
        ("size", 1, 2, Cause.OUTSIDE)
    ]
    assert changed.live is not None
    assert (changed.live.ownership, changed.live.in_scope) == (Ownership.FOREIGN, False)
    gone, come = item("a", SIZE, None), item("a", None, SIZE)
    assert (gone.live, gone.applied is not None) == (None, True)
    assert (come.live is not None, come.applied) == (True, None)


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "mem.beside[\"0\"]; it isn't Writ's"),
        (2, 'mem.beside["0"], mem.beside["1"]; they aren\'t Writ\'s'),
        (3, 'mem.beside["0"], mem.beside["1"], mem.beside["2"]; they aren\'t Writ\'s'),
        (4, 'mem.beside["0"], mem.beside["1"], mem.beside["2"] and 1 more; they aren\'t Writ\'s'),
    ],
)
def test_what_is_only_recorded_is_told_a_few_by_name(count: int, said: str) -> None:
    items = tuple(item(str(number), SIZE, None) for number in range(count))
    (found,) = not_taken_back(items)
    assert found.message == f"changed since the last apply: {said}, so apply takes nothing back"
    assert list(not_taken_back(tuple(replace(one, observed=False) for one in items))) == []


def test_the_digest_of_what_was_observed_hangs_on_what_it_says_alone() -> None:
    one, other = (
        {"mem": Snapshot({}, observed={BESIDE: Resource(BESIDE, dict(order))})}
        for order in ((("a", 1), ("b", 2)), (("b", 2), ("a", 1)))
    )
    assert digests(one) == digests(other) != {}
