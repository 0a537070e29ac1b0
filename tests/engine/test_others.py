"""What lies outside a scope: the very object that was recorded, or another project's that chose the same names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.destroy import destroy_changes
from reconciler.engine.drift import find_drift
from reconciler.engine.others import Strays
from reconciler.engine.planner import Planned, plan_changes
from reconciler.model import (
    PLACE,
    Action,
    Applied,
    Cause,
    Desired,
    DriftKind,
    Live,
    Origin,
    Ownership,
    Snapshot,
    State,
    SystemRecord,
)
from tests.memory import MARKS, at, live, resource, wanted

RECORDED = Applied(resource("a", size=1), Origin("a"), (), "i-1")
STATE = State("test", "L", 1, {at("a"): RECORDED}, {})
STRAY = live("z", {"size": 1}, in_scope=False, native_id="i-1")
STRANGE = replace(STRAY, native_id="i-9")
HANGING = live("rogue", {}, needs=("z",), in_scope=False, ownership=Ownership.UNMARKED)
D = wanted("a", size=1)


def snapshots(*found: Live) -> dict[str, Snapshot]:
    return {"mem": Snapshot({one.resource.address: one for one in found})}


def plan(*found: Live, state: State = STATE, desired: Desired = D) -> Planned:
    return plan_changes({desired.resource.address: desired}, snapshots(*found), state, MARKS)


def test_the_very_object_under_another_name_goes_with_what_hangs_on_it() -> None:
    rows = {row.address.key: (row.action, row.cause) for row in plan(STRAY, HANGING).changes}
    assert rows == {
        "a": (Action.CREATE, Cause.OUTSIDE),
        "z": (Action.DELETE, Cause.UNDECLARED),
        "rogue": (Action.DELETE, Cause.UNDECLARED),
    }
    items = find_drift({at("a"): D}, snapshots(STRAY, HANGING), STATE, MARKS)
    assert {item.address.key: item.kind for item in items} == {
        "a": DriftKind.MISSING,
        "z": DriftKind.UNDECLARED,
        "rogue": DriftKind.UNDECLARED,
    }


@pytest.mark.parametrize("stray", [STRANGE, replace(STRAY, native_id="")])
def test_another_projects_object_is_left_alone(stray: Live) -> None:
    found = (stray, HANGING)
    assert [(row.address.key, row.action) for row in plan(*found).changes] == [("a", Action.CREATE)]
    assert [item.address.key for item in find_drift({at("a"): D}, snapshots(*found), STATE, MARKS)] == ["a"]
    assert Strays.of(snapshots(*found), STATE) == Strays(frozenset(), frozenset({at("z")}))


def test_destroy_takes_what_was_moved_and_nothing_of_another_project() -> None:
    gone, _ = destroy_changes({}, snapshots(STRAY, HANGING), STATE)
    assert {row.address.key for row in gone if row.action is Action.DELETE} == {"z", "rogue"}
    gone, left = destroy_changes({}, snapshots(STRANGE, HANGING), STATE)
    assert {row.address.key: row.action for row in gone} == {"a": Action.FORGET}
    assert left == ()


def test_a_wanted_name_that_another_project_has_is_taken() -> None:
    here = live("a", {"size": 2}, in_scope=False, native_id="i-9")
    nothing = State("test", "", 0, {}, {})
    found = plan(here, state=nothing)
    assert found.changes == ()
    assert [one.code for one in found.diagnostics] == ["W502"]


def test_ids_mean_nothing_at_another_place() -> None:
    """A rebuilt server counts anew: the same number is somebody else's object there."""
    here = {"mem": replace(snapshots(STRAY)["mem"], facts={PLACE: "cluster 2"})}
    at_first = replace(STATE, systems={"mem": SystemRecord("mem", "memory", {}, "cluster 1")})
    assert Strays.of(here, at_first) == Strays(frozenset(), frozenset({at("z")}))
    same = replace(STATE, systems={"mem": SystemRecord("mem", "memory", {}, "cluster 2")})
    assert Strays.of(here, same).moved == {at("z")}
