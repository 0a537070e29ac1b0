"""A saved plan against a world that moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reconciler.engine.destroy import destroy_changes
from reconciler.engine.guard import stale_against_state, stale_against_world
from reconciler.engine.planner import plan_changes
from reconciler.model import (
    PLACE,
    AccessChange,
    AccessRow,
    Action,
    Applied,
    Aspect,
    Comparison,
    Live,
    Mover,
    Origin,
    Ownership,
    Plan,
    Snapshot,
    State,
    Verdict,
)
from specs.source import SourceSpan
from tests.memory import MARKS, at, live, resource, wanted

MOUNT, ROLE = live("mount", {"size": 1}), live("role", {"size": 1}, ("mount",), version="1", native_id="i-1")
STATE = State("test", "L", 3, {at("mount"): Applied(resource("mount", size=1), Origin("mount"))}, {})


def snapshot(*found: Live, place: str = "account 1") -> dict[str, Snapshot]:
    return {"mem": Snapshot({one.resource.address: one for one in found}, facts={PLACE: place})}


def plan() -> Plan:
    desired = {one.resource.address: one for one in (wanted("mount", size=1), wanted("role", "mount", size=2))}
    changes = plan_changes(desired, snapshot(MOUNT, ROLE), STATE, MARKS).changes
    return Plan("test", datetime.now(UTC), "", "L", 3, (), changes, facts={"mem": {PLACE: "account 1"}})


def test_what_did_not_move_is_applied() -> None:
    assert stale_against_world(plan(), snapshot(MOUNT, ROLE), MARKS) == ()
    assert stale_against_state(plan(), STATE) == ()


@pytest.mark.parametrize(
    "now",
    [
        snapshot(MOUNT),
        snapshot(MOUNT, live("role", {"size": 9}, version="1", native_id="i-1")),
        snapshot(MOUNT, replace(ROLE, version="2")),
        snapshot(MOUNT, replace(ROLE, ownership=Ownership.OTHER)),
        snapshot(MOUNT, replace(ROLE, native_id="i-2")),
        snapshot(live("mount", {"size": 7}), ROLE),
        snapshot(ROLE),
        snapshot(MOUNT, ROLE, place="account 2"),
    ],
)
def test_what_moved_is_refused(now: dict[str, Snapshot]) -> None:
    assert [d.code for d in stale_against_world(plan(), now, MARKS)] == ["W606"]


def test_what_the_plan_leaves_alone_may_not_move_either() -> None:
    """What a plan says of access hangs on it."""
    other = live("other", {"size": 1})
    desired = {one.resource.address: one for one in (wanted("role", size=2), wanted("other", size=1))}
    before = snapshot(ROLE, other)
    recorded = {at("other"): Applied(resource("other", size=1), wanted("other", size=1).origin)}
    changes = plan_changes(desired, before, replace(STATE, objects=recorded), MARKS).changes
    whole = Plan("test", datetime.now(UTC), "", "L", 3, (), changes, facts={"mem": {PLACE: "account 1"}})
    now = snapshot(ROLE, live("other", {"size": 2}))
    assert [found.subject for found in stale_against_world(whole, now, MARKS)] == [str(at("other"))]
    few = replace(whole, targets=(str(at("role")),))
    assert stale_against_world(few, now, MARKS) == ()
    told = AccessRow(Mover.PLAN, AccessChange(at("other"), Aspect.REACH, Comparison(Verdict.EQUAL)))
    assert [found.code for found in stale_against_world(replace(few, access=(told,)), now, MARKS)] == ["W606"]


def test_another_serial_or_lineage_is_refused() -> None:
    assert [d.code for d in stale_against_state(plan(), replace(STATE, serial=4))] == ["W605"]
    assert [d.code for d in stale_against_state(plan(), replace(STATE, lineage="M"))] == ["W605"]


def test_what_appeared_since_is_refused() -> None:
    rogue = live("rogue", {"size": 1}, ("role",))
    [found] = stale_against_world(plan(), snapshot(MOUNT, ROLE, rogue), MARKS)
    assert (found.code, found.message) == ("W606", 'Saved plan is stale: mem.thing["rogue"] has appeared since')
    outside = replace(rogue, in_scope=False)
    assert stale_against_world(plan(), snapshot(MOUNT, ROLE, outside), MARKS) == ()


def test_what_was_seen_and_left_alone_has_not_appeared() -> None:
    theirs = live("theirs", {"size": 1}, ("role",), ownership=Ownership.OTHER)
    seen = replace(plan(), left=(at("theirs"),))
    assert stale_against_world(seen, snapshot(MOUNT, ROLE, theirs), MARKS) == ()
    assert stale_against_world(replace(seen, targets=("role",)), snapshot(MOUNT, ROLE, theirs), MARKS) == ()
    rogue = live("rogue", {"size": 1}, ("role",))
    assert [d.subject for d in stale_against_world(seen, snapshot(MOUNT, ROLE, theirs, rogue), MARKS)] == [
        str(at("rogue"))
    ]


@pytest.mark.parametrize("destroy", [False, True])
def test_what_is_forgotten_because_it_is_anothers_is_as_it_was_read(destroy: bool) -> None:
    theirs = live("mount", {"size": 5}, ownership=Ownership.OTHER, in_scope=False)
    found = snapshot(theirs)
    rows = destroy_changes({}, found, STATE)[0] if destroy else plan_changes({}, found, STATE, MARKS).changes
    assert [change.action for change in rows] == [Action.FORGET]
    forgetting = replace(plan(), changes=tuple(rows))
    assert stale_against_world(forgetting, found, MARKS) == ()
    assert [d.code for d in stale_against_world(forgetting, snapshot(replace(theirs, in_scope=True)), MARKS)] == [
        "W606"
    ]
    assert [d.code for d in stale_against_world(forgetting, snapshot(), MARKS)] == ["W606"]


def test_a_targeted_plan_minds_what_stands_on_what_it_touches() -> None:
    targeted = replace(plan(), targets=("role",))
    on_it, beside = live("rogue", {"size": 1}, ("role",)), live("rogue", {"size": 1}, ("mount",))
    assert [d.code for d in stale_against_world(targeted, snapshot(MOUNT, ROLE, on_it), MARKS)] == ["W606"]
    assert stale_against_world(targeted, snapshot(MOUNT, ROLE, beside), MARKS) == ()


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (snapshot(MOUNT), 'mem.thing["role"] has gone since'),
        (snapshot(MOUNT, replace(ROLE, native_id="i-2")), 'mem.thing["role"] has been made anew since'),
        (snapshot(MOUNT, replace(ROLE, version="2")), 'mem.thing["role"] has changed since (its version)'),
        (
            snapshot(MOUNT, live("role", {"size": 9}, ("mount",), version="1", native_id="i-1")),
            'mem.thing["role"] has changed since: size',
        ),
        (
            snapshot(MOUNT, live("role", {"size": 1, "more": 2}, ("mount",), version="1", native_id="i-1")),
            'mem.thing["role"] has changed since: more',
        ),
        (
            snapshot(MOUNT, replace(ROLE, ownership=Ownership.OTHER, note="it is theirs")),
            'mem.thing["role"] has changed hands since: it is theirs',
        ),
        (
            snapshot(MOUNT, replace(ROLE, ownership=Ownership.UNMARKED)),
            'mem.thing["role"] has changed hands since: unmarked',
        ),
        (snapshot(MOUNT, ROLE, place=""), "mem was account 1, and is now unknown"),
        (snapshot(MOUNT, ROLE, place="account 2"), "mem was account 1, and is now account 2"),
    ],
)
def test_what_moved_is_said(now: dict[str, Snapshot], said: str) -> None:
    (found,) = stale_against_world(plan(), now, MARKS)
    assert found.message == f"Saved plan is stale: {said}"
    assert found.help == "plan again, and have the new plan reviewed"


def test_where_what_moved_is_declared_is_said() -> None:
    span = SourceSpan("specs/a.yaml", 3, 1, 5)
    rows = tuple(replace(row, origin=row.origin and replace(row.origin, span=span)) for row in plan().changes)
    (found,) = stale_against_world(replace(plan(), changes=rows), snapshot(MOUNT), MARKS)
    assert found.span == span
    rows = tuple(replace(row, origin=None) for row in plan().changes)
    (found,) = stale_against_world(replace(plan(), changes=rows), snapshot(MOUNT), MARKS)
    assert found.span is None


def test_what_was_to_be_made_and_is_there_is_refused() -> None:
    changes = plan_changes({at("new"): wanted("new", size=1)}, snapshot(), replace(STATE, objects={}), MARKS).changes
    new = replace(plan(), changes=changes)
    assert stale_against_world(new, snapshot(), MARKS) == ()
    (found,) = stale_against_world(new, snapshot(live("new", {"size": 1})), MARKS)
    assert found.message == 'Saved plan is stale: mem.thing["new"] has appeared since'


def test_an_id_that_one_of_the_two_readings_doesnt_tell_is_no_other_object() -> None:
    assert stale_against_world(plan(), snapshot(MOUNT, replace(ROLE, native_id="")), MARKS) == ()


def test_a_targeted_plan_minds_what_it_stands_on_and_not_what_lies_beside() -> None:
    desired = (wanted("mount", size=1), wanted("role", "mount", size=2), wanted("beside", size=1))
    beside = live("beside", {"size": 1})
    recorded = {at(one): Applied(resource(one, size=1), Origin(one)) for one in ("mount", "beside")}
    whole = plan_changes(
        {one.resource.address: one for one in desired},
        snapshot(MOUNT, ROLE, beside),
        replace(STATE, objects=recorded),
        MARKS,
    ).changes
    targeted = replace(plan(), changes=whole, targets=("role",))
    assert stale_against_world(targeted, snapshot(MOUNT, ROLE, beside), MARKS) == ()
    (found,) = stale_against_world(targeted, snapshot(live("mount", {"size": 7}), ROLE, beside), MARKS)
    assert found.subject == str(at("mount"))
    assert stale_against_world(targeted, snapshot(MOUNT, ROLE, live("beside", {"size": 9})), MARKS) == ()


def test_of_which_state_a_stale_plan_is_said() -> None:
    (other,) = stale_against_state(plan(), replace(STATE, lineage="M"))
    assert other.message == "Saved plan is stale: it was made for another state"
    (later,) = stale_against_state(plan(), replace(STATE, serial=4))
    assert later.message == "Saved plan is stale: it was made for serial 3, the state is at 4"
