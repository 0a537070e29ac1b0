"""A plan that contradicts itself is refused: each part in turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.model import (
    AccessChange,
    AccessRow,
    Action,
    Address,
    Aspect,
    AttributeChange,
    ByHand,
    Cause,
    Change,
    Comparison,
    DriftItem,
    DriftKind,
    Live,
    Mover,
    Origin,
    Ownership,
    Plan,
    Resource,
    SystemRecord,
    Value,
    Verdict,
)
from reconciler.state.consistent import consistent

AT, OTHER, AWAY = Address("db", "role", "a"), Address("db", "role", "b"), Address("else", "role", "a")
ORIGIN = Origin("why")


def live(address: Address = AT, **values: Value) -> Live:
    return Live(Resource(address, values or {"size": 1}), Ownership.OURS)


def after(address: Address = AT, **values: Value) -> Resource:
    return Resource(address, values or {"size": 1})


def row(action: Action, before: Live | None, then: Resource | None, *items: AttributeChange, **more: Any) -> Change:
    return Change(AT, action, Cause.SPEC, before, then, items, **{"origin": ORIGIN, **more})


def item(name: str, before: Value, then: Value) -> AttributeChange:
    return AttributeChange(name, before, then, Cause.SPEC)


def plan(*rows: Change, **more: Any) -> Plan:
    return Plan("e", datetime(2026, 1, 1, tzinfo=UTC), "d", "l", 1, (SystemRecord("db", "postgres", {}),), rows, **more)


BY_HAND = ByHand("it would lose data", "drop it")
GOOD: dict[str, Change] = {
    "no-op": row(Action.NO_OP, live(), after()),
    "adopt": row(Action.ADOPT, live(), after()),
    "create": row(Action.CREATE, None, after()),
    "update": row(Action.UPDATE, live(size=1), after(size=2), item("size", 1, 2)),
    "replace": row(Action.REPLACE, live(size=1), after(size=2), item("size", 1, 2)),
    "delete": row(Action.DELETE, live(), None, origin=None),
    "by hand": row(Action.BY_HAND, live(), None, by_hand=BY_HAND),
    "forget": row(Action.FORGET, None, None),
    "forget what is another's": row(Action.FORGET, live(), None),
}
BAD: dict[str, Change] = {
    "a no-op without a before": row(Action.NO_OP, None, after()),
    "a no-op without an after": row(Action.NO_OP, live(), None),
    "an adoption without a before": row(Action.ADOPT, None, after()),
    "an adoption without an after": row(Action.ADOPT, live(), None),
    "a creation of what is there": row(Action.CREATE, live(), after()),
    "a creation of nothing": row(Action.CREATE, None, None),
    "an update of nothing": row(Action.UPDATE, None, after()),
    "an update to nothing": row(Action.UPDATE, live(), None),
    "a replacement of nothing": row(Action.REPLACE, None, after()),
    "a replacement by nothing": row(Action.REPLACE, live(), None),
    "a removal of nothing": row(Action.DELETE, None, None),
    "a removal that leaves something": row(Action.DELETE, live(), after()),
    "by hand what isn't there": row(Action.BY_HAND, None, None, by_hand=BY_HAND),
    "by hand, and something after": row(Action.BY_HAND, live(), after(), by_hand=BY_HAND),
    "by hand without how": row(Action.BY_HAND, live(), None),
    "a removal that is by hand too": row(Action.DELETE, live(), None, by_hand=BY_HAND),
    "what is forgotten stays": row(Action.FORGET, live(), after()),
    "what will be there has no reason": row(Action.CREATE, None, after(), origin=None),
    "another object before": row(Action.UPDATE, live(OTHER), after()),
    "another object after": row(Action.UPDATE, live(), after(OTHER)),
    "a difference that isn't listed": row(Action.UPDATE, live(size=1), after(size=2)),
    "a difference that isn't": row(Action.UPDATE, live(size=1), after(size=1), item("size", 1, 2)),
    "another before than is listed": row(Action.UPDATE, live(size=1), after(size=2), item("size", 3, 2)),
    "one that is listed of many": row(Action.UPDATE, live(a=1, b=1), after(a=2, b=2), item("a", 1, 2)),
    "a truth for a number": row(Action.UPDATE, live(a=1), after(a=True)),
    "text for a number": row(Action.UPDATE, live(a=1), after(a="1")),
    "a number for text": row(Action.UPDATE, live(a="1"), after(a=1)),
    "another text": row(Action.UPDATE, live(a="x"), after(a="y")),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_says_one_thing_is_as_it_is(name: str) -> None:
    whole = plan(GOOD[name])
    assert consistent(whole) is whole


@pytest.mark.parametrize("name", BAD)
def test_a_row_that_contradicts_itself_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r'row db\.role\["a"\]'):
        consistent(plan(BAD[name]))


def test_what_is_equal_as_json_is_equal() -> None:
    consistent(plan(row(Action.NO_OP, live(a={"x": 1, "y": [None]}), after(a={"y": [None], "x": 1}))))
    consistent(plan(row(Action.UPDATE, live(a=1), after(a=1, new=2))))
    consistent(plan(row(Action.CREATE, None, after(a=1), item("a", None, 1))))


FINE = DriftItem(AT, DriftKind.CHANGED, live=live(), applied=after())
SIDES = {
    DriftKind.CHANGED: (True, True),
    DriftKind.MISSING: (True, False),
    DriftKind.UNDECLARED: (False, True),
    DriftKind.EXPIRED: (True, True),
    DriftKind.APPEARED: (False, True),
}


@pytest.mark.parametrize("kind", DriftKind)
@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("found", [True, False])
def test_drift_has_the_sides_of_its_kind(kind: DriftKind, applied: bool, found: bool) -> None:
    whole = plan(drift=(DriftItem(AT, kind, live=live() if found else None, applied=after() if applied else None),))
    if SIDES[kind] == (applied, found):
        assert consistent(whole) is whole
    else:
        with pytest.raises(ValueError, match=r'drift db\.role\["a"\]'):
            consistent(whole)


ACCESS = AccessRow(Mover.PLAN, AccessChange(AWAY, Aspect.REACH, Comparison(Verdict.EQUAL)))
WRONG: dict[str, tuple[Callable[[], Plan], str]] = {
    "a system twice": (lambda: replace(plan(), systems=plan().systems * 2), "the same system twice"),
    "a row twice": (lambda: plan(GOOD["create"], GOOD["create"]), "the same row twice"),
    "drift twice": (lambda: plan(drift=(FINE, FINE)), "the same drift twice"),
    "no zone": (lambda: replace(plan(), created=datetime(2026, 1, 1)), "at no known time"),  # noqa: DTZ001
    "facts of another system": (lambda: plan(facts={"else": {}}), "doesn't declare"),
    "a row of another system": (lambda: plan(replace(GOOD["forget"], address=AWAY)), "doesn't declare"),
    "drift of another system": (
        lambda: plan(drift=(replace(FINE, address=AWAY, live=live(AWAY), applied=after(AWAY)),)),
        "doesn't declare",
    ),
    "access to another system": (lambda: plan(access=(ACCESS,)), "doesn't declare"),
    "left in another system": (lambda: plan(left=(AWAY,)), "doesn't declare"),
    "wording of another system": (lambda: plan(wording=frozenset({AWAY})), "doesn't declare"),
    "observed in another system": (lambda: plan(observed={AWAY: "d"}), "doesn't declare"),
    "drift of another object": (lambda: plan(drift=(replace(FINE, live=live(OTHER)),)), "drift"),
    "drift from another object": (lambda: plan(drift=(replace(FINE, applied=after(OTHER)),)), "drift"),
}


@pytest.mark.parametrize("name", WRONG)
def test_parts_that_contradict_each_other_are_refused(name: str) -> None:
    make, why = WRONG[name]
    with pytest.raises(ValueError, match=why):
        consistent(make())


def test_what_is_declared_may_be_named_anywhere() -> None:
    at = replace(ACCESS, change=replace(ACCESS.change, subject=AT))
    whole = plan(
        GOOD["create"],
        facts={"db": {}},
        drift=(FINE,),
        access=(at,),
        left=(OTHER,),
        wording=frozenset({AT}),
        observed={OTHER: "d"},
    )
    assert consistent(whole) is whole
