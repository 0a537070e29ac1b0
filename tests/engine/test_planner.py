"""Desired, live and last applied to rows: every combination, and the laws that hold for all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.engine.cascade import cascade_replacements
from reconciler.engine.destroy import destroy_changes
from reconciler.engine.drift import find_drift
from reconciler.engine.planner import Planned, plan_changes
from reconciler.model import Action, Applied, Cause, Desired, Live, Origin, Ownership, Snapshot, State
from specs.diagnostic import Severity
from tests.memory import MARKS, at, live, resource, wanted


def state(*applied: Applied) -> State:
    return State("test", "L" if applied else "", 1, {one.resource.address: one for one in applied}, {})


def applied(key: str, *needs: str, **attributes: Any) -> Applied:
    return Applied(resource(key, **attributes), Origin(key), tuple(at(need) for need in needs))


def plan(desired: list[Desired], found: list[Live], recorded: State | None = None) -> Planned:
    return plan_changes(
        {one.resource.address: one for one in desired},
        {"mem": Snapshot({one.resource.address: one for one in found})},
        recorded or state(),
        MARKS,
    )


D = wanted("a", size=1)
SAME, OTHER = live("a", {"size": 1}), live("a", {"size": 2})
OVER = live("a", {"size": 1}, overdue="since yesterday")


@pytest.mark.parametrize(
    ("desired", "found", "recorded", "action", "cause"),
    [
        ([D], [], state(), Action.CREATE, Cause.SPEC),
        ([D], [], state(applied("a", size=1)), Action.CREATE, Cause.OUTSIDE),
        ([D], [SAME], state(applied("a", size=1)), Action.NO_OP, Cause.NONE),
        ([D], [SAME], state(), Action.ADOPT, Cause.NONE),
        ([D], [OTHER], state(applied("a", size=1)), Action.UPDATE, Cause.OUTSIDE),
        ([D], [OTHER], state(applied("a", size=2)), Action.UPDATE, Cause.SPEC),
        ([D], [OTHER], state(applied("a", size=3)), Action.UPDATE, Cause.BOTH),
        ([D], [OTHER], state(), Action.UPDATE, Cause.UNKNOWN),
        ([wanted("a", kind="x")], [live("a", {"kind": "y"})], state(), Action.REPLACE, Cause.UNKNOWN),
        ([], [SAME], state(applied("a", size=1)), Action.DELETE, Cause.SPEC),
        ([], [SAME], state(), Action.DELETE, Cause.UNDECLARED),
        ([], [live("a", {}, ownership=Ownership.FOREIGN)], state(), Action.DELETE, Cause.UNDECLARED),
        ([], [OVER], state(applied("a", size=1)), Action.DELETE, Cause.EXPIRED),
        ([], [OVER], state(), Action.DELETE, Cause.UNDECLARED),
        ([D], [OVER], state(applied("a", size=1)), Action.NO_OP, Cause.NONE),
        ([], [], state(applied("a", size=1)), Action.FORGET, Cause.OUTSIDE),
        ([D], [live("a", {"size": 1, "id": "i-1"})], state(applied("a", size=1)), Action.NO_OP, Cause.NONE),
        ([wanted("a", size=1, id="x")], [live("a", {"size": 1, "id": "y"})], state(), Action.ADOPT, Cause.NONE),
    ],
)
def test_row(desired: list[Desired], found: list[Live], recorded: State, action: Action, cause: Cause) -> None:
    (row,) = plan(desired, found, recorded).changes
    assert (row.action, row.cause) == (action, cause)


def test_somebody_elses_object_is_an_error_and_never_a_row() -> None:
    planned = plan([D], [live("a", {"size": 2}, ownership=Ownership.FOREIGN, note="it lacks our marker")])
    assert planned.changes == ()
    assert [d.code for d in planned.diagnostics] == ["W502"]


def test_a_lost_marker_is_drift_when_the_state_knows_the_object() -> None:
    (row,) = plan([D], [live("a", {"size": 2}, ownership=Ownership.FOREIGN)], state(applied("a", size=1))).changes
    assert row.action is Action.UPDATE


def test_another_environments_object_in_the_scope_is_left_alone_and_said_so() -> None:
    planned = plan([], [live("a", {}, ownership=Ownership.OTHER, note="it belongs to environment staging")])
    assert planned.changes == ()
    assert [(d.code, d.severity) for d in planned.diagnostics] == [("W503", Severity.WARNING)]


def test_another_environments_object_under_a_wanted_name_is_an_error() -> None:
    taken = live("a", {"size": 1}, ownership=Ownership.OTHER, note="it belongs to environment staging")
    assert [d.code for d in plan([D], [taken]).diagnostics] == ["W502"]


@pytest.mark.parametrize("ownership", [Ownership.OTHER, Ownership.FOREIGN])
def test_a_forged_marker_takes_nothing_from_us(ownership: Ownership) -> None:
    forged, recorded = live("a", {"size": 2}, ownership=ownership), state(applied("a", size=1))
    assert [row.action for row in plan([D], [forged], recorded).changes] == [Action.UPDATE]
    assert [row.action for row in plan([], [forged], recorded).changes] == [Action.DELETE]
    rows, left = destroy_changes({}, {"mem": Snapshot({forged.resource.address: forged})}, recorded)
    assert ([row.action for row in rows], left) == ([Action.DELETE], ())


@pytest.mark.parametrize("ownership", [Ownership.OTHER, Ownership.FOREIGN])
def test_a_record_makes_nothing_outside_the_scope_ours(ownership: Ownership) -> None:
    elsewhere, recorded = live("a", {"size": 2}, ownership=ownership, in_scope=False), state(applied("a", size=1))
    assert [d.code for d in plan([D], [elsewhere], recorded).diagnostics] == ["W502"]
    assert [row.action for row in plan([], [elsewhere], recorded).changes] == [Action.FORGET]
    rows, left = destroy_changes({}, {"mem": Snapshot({elsewhere.resource.address: elsewhere})}, recorded)
    assert ([row.action for row in rows], left) == ([Action.FORGET], ())


@pytest.mark.parametrize("ownership", [Ownership.OTHER, Ownership.FOREIGN])
def test_what_somebody_made_anew_under_a_recorded_name_is_not_ours(ownership: Ownership) -> None:
    recorded = state(replace(applied("a", size=1), native_id="i-1"))
    theirs = live("a", {"size": 2}, ownership=ownership, native_id="i-2")
    assert [d.code for d in plan([D], [theirs], recorded).diagnostics] == ["W502"]
    assert [row.action for row in plan([], [theirs], recorded).changes] == [Action.FORGET]
    rows, left = destroy_changes({}, {"mem": Snapshot({theirs.resource.address: theirs})}, recorded)
    assert ([row.action for row in rows], left) == ([Action.FORGET], (at("a"),))


@pytest.mark.parametrize(
    ("was", "found"),
    [
        ("i-1", live("a", {"size": 2}, native_id="i-2")),
        ("i-1", live("a", {"size": 2}, ownership=Ownership.UNMARKED, native_id="i-2")),
        ("i-1", live("a", {"size": 2}, ownership=Ownership.FOREIGN, native_id="i-1")),
        ("", live("a", {"size": 2}, ownership=Ownership.FOREIGN, native_id="i-2")),
        ("i-1", live("a", {"size": 2}, ownership=Ownership.FOREIGN)),
    ],
    ids=["with-our-marker", "without-room-for-one", "the-very-same", "older-record", "without-ids"],
)
def test_what_is_ours_still(was: str, found: Live) -> None:
    recorded = state(replace(applied("a", size=1), native_id=was))
    assert [row.action for row in plan([D], [found], recorded).changes] == [Action.UPDATE]
    assert [row.action for row in plan([], [found], recorded).changes] == [Action.DELETE]


@pytest.mark.parametrize(("number", "seen"), [("i-1", True), ("i-2", False)])
def test_a_forged_marker_hides_nothing_that_hangs_on_the_very_object_that_we_recorded(number: str, seen: bool) -> None:
    recorded = state(replace(applied("a", size=1), native_id="i-1"))
    forged = live("a", {"size": 1}, ownership=Ownership.OTHER, native_id=number)
    rogue = live("rogue", {"size": 1}, ("a",), ownership=Ownership.OTHER, native_id=number)
    planned = plan([], [forged, rogue], recorded)
    rows = {row.address.key: row.action for row in planned.changes}
    assert rows == ({"a": Action.DELETE, "rogue": Action.DELETE} if seen else {"a": Action.FORGET})
    assert [d.code for d in planned.diagnostics] == ([] if seen else ["W503"])
    found = {"mem": Snapshot({one.resource.address: one for one in (forged, rogue)})}
    assert [item.address.key for item in find_drift({}, found, recorded, MARKS)] == (["rogue"] if seen else [])


def test_what_lies_outside_the_scope_is_left_alone() -> None:
    assert plan([], [live("a", {}, in_scope=False)]).changes == ()


def test_a_system_that_was_not_read_has_no_rows() -> None:
    planned = plan_changes({D.resource.address: D}, {}, state(applied("b", size=1)), MARKS)
    assert planned.changes == ()


def test_a_replacement_takes_its_dependents_along() -> None:
    desired = [wanted("role", kind="x"), wanted("policy", "role", size=1), wanted("other", size=1)]
    found = [live("role", {"kind": "y"}), live("policy", {"size": 1}, ("role",)), live("other", {"size": 1})]
    recorded = state(applied("role", kind="y"), applied("policy", "role", size=1), applied("other", size=1))
    rows = cascade_replacements(plan(desired, found, recorded).changes)
    assert {row.address.key: row.action for row in rows} == {
        "role": Action.REPLACE,
        "policy": Action.REPLACE,
        "other": Action.NO_OP,
    }


def test_destroy_takes_ours_and_what_hangs_on_it_and_nothing_else() -> None:
    found = [
        live("ours", {}),
        live("rogue-on-ours", {}, ("ours",), ownership=Ownership.FOREIGN),
        live("prefix-only", {}, ownership=Ownership.UNMARKED),
        live("declared", {}, ownership=Ownership.UNMARKED),
        live("rogue", {}, ownership=Ownership.FOREIGN),
    ]
    snapshot = Snapshot({one.resource.address: one for one in found})
    declared = wanted("declared")
    rows, left = destroy_changes({declared.resource.address: declared}, {"mem": snapshot}, state())
    assert {row.address.key for row in rows} == {"ours", "rogue-on-ours", "declared"}
    assert {address.key for address in left} == {"prefix-only", "rogue"}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
ATTRIBUTES = st.dictionaries(st.sampled_from(["size", "colour", "tags"]), VALUES, min_size=1)


@given(ATTRIBUTES)
def test_equal_is_no_change(attributes: dict[str, Any]) -> None:
    (row,) = plan([wanted("a", **attributes)], [live("a", attributes)], state(applied("a", **attributes))).changes
    assert row.action is Action.NO_OP


@given(ATTRIBUTES, ATTRIBUTES)
def test_applying_the_difference_gives_what_is_wanted(before: dict[str, Any], after: dict[str, Any]) -> None:
    after = {**before, **after}
    before = {name: before.get(name) for name in after}
    (row,) = plan([wanted("a", **after)], [live("a", before)], state(applied("a", **before))).changes
    patched = {**before, **{change.name: change.after for change in row.attributes}}
    assert patched == after


def test_what_hangs_on_somebody_elses_object_is_no_row() -> None:
    theirs = live("a", {"size": 1}, ownership=Ownership.FOREIGN)
    inside = live("b", {}, needs=("a",), ownership=Ownership.FOREIGN)
    found = plan([D], [theirs, inside])
    assert ([row.address for row in found.changes], [one.code for one in found.diagnostics]) == ([], ["W502"])
    ours = plan([D], [theirs, inside], state(applied("a", size=1)))
    assert {row.address.key: row.action for row in ours.changes} == {"a": Action.NO_OP, "b": Action.DELETE}


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (live("a", {}, ownership=Ownership.FOREIGN, note="it is Eve's"), "it is Eve's"),
        (live("a", {}, ownership=Ownership.FOREIGN), "it lacks our marker"),
        (live("a", {}, ownership=Ownership.OURS, in_scope=False), "it carries our marker, outside this scope"),
    ],
)
def test_why_it_isnt_ours_is_said(found: Live, why: str) -> None:
    (finding,) = plan([D], [found]).diagnostics
    assert finding.message == f'mem.thing["a"] exists already and is not ours: {why}'
