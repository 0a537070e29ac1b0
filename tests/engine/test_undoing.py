"""What undoing a quarantine restores and says, and what is told of a saved step that isn't due."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.quarantine import not_due, restoring, settled
from reconciler.engine.retirement import Case, plan_retirements
from reconciler.model import (
    Deed,
    Live,
    Marked,
    Ownership,
    Resource,
    Retirable,
    RetirementRow,
    Stage,
    Value,
)
from reconciler.provider import Attribute
from tests.engine.test_retirement import AT, BUSY, GOOD, LOCKED, MARKS, NOW, OLD, WANTED, found, recorded


def undone(was: dict[str, Value], now: dict[str, Value], *, quarantined: bool = True) -> tuple[RetirementRow, Resource]:
    live = Live(Resource(AT, now), Ownership.UNMARKED, native_id="1")
    marks = {"db": {"login": {name: Attribute("x") for name in was} | {"owns": Attribute("y", computed=True)}}}
    there = Retirable(live, "login", quarantined, live.resource)
    row, change = restoring(replace(OLD, before=Resource(AT, was)), there, marks)
    assert change.after is not None
    return row, change.after


def test_undoing_says_where_it_stands() -> None:
    row, _ = undone({"open": True}, {"open": False})
    assert (row.stage, row.deed, row.since, row.what) == (Stage.QUARANTINED, Deed.RESTORE, OLD.since, "login")
    row, _ = undone({"open": True}, {"open": True}, quarantined=False)
    assert (row.stage, row.since) == (Stage.STANDING, None)
    row, _ = restoring(recorded(Marked.RESTORING), LOCKED, MARKS)
    assert (row.stage, row.since) == (Stage.QUARANTINED, None), "when undoing began isn't when it was locked"


@pytest.mark.parametrize(
    ("was", "now", "after", "lost"),
    [
        ({"k": {"a": 1, "b": 1}}, {"k": {"b": 2, "c": 2}}, {"k": {"b": 1, "c": 2}}, ["k a has gone"]),
        ({"k": {"a": 1}}, {"k": "none"}, {"k": {"a": 1}}, []),
        ({"k": "ab"}, {"k": {"a": 2}}, {"k": "ab"}, []),
        ({"open": True}, {"open": False}, {"open": True}, []),
        (
            {"open": True, "owns": True},
            {"open": False, "owns": False},
            {"open": True, "owns": False},
            ["owns has gone"],
        ),
        ({"open": True, "owns": False}, {"open": False, "owns": True}, {"open": True, "owns": True}, []),
        ({"owns": True}, {"owns": True}, {"owns": True}, []),
        ({"owns": True}, {"owns": None}, {"owns": None}, []),
        ({"open": True}, {"open": False, "new": 1}, {"open": True, "new": 1}, []),
    ],
)
def test_undoing_restores_what_was_of_what_is_there_and_tells_what_has_gone(
    was: dict[str, Value], now: dict[str, Value], after: dict[str, Value], lost: list[str]
) -> None:
    row, restored = undone(was, now)
    assert restored.attributes == after
    assert list(row.ends) == [f"{one}, and can't be brought back" for one in lost]


def test_only_what_is_known_to_be_computed_is_told_as_gone() -> None:
    live = Live(Resource(AT, {"extra": False}), Ownership.UNMARKED, native_id="1")
    there = Retirable(live, "login", quarantined=True, locked=live.resource)
    row, _ = restoring(replace(OLD, before=Resource(AT, {"extra": True})), there, MARKS)
    assert row.ends == ()


def test_the_first_reason_of_several_is_told_of_a_saved_step() -> None:
    planned = plan_retirements([Case(WANTED, found(), None, (GOOD,), NOW)], MARKS)
    blind = found(unseen=("one is dark", "two is dark"), uses=(BUSY,))
    assert not_due(planned.rows[0], planned.changes[0], recorded(Marked.NONE), blind) == "one is dark"


def test_nothing_is_settled_of_an_undo_or_of_somebody_else() -> None:
    (standing,) = plan_retirements([Case(WANTED, found(uses=(BUSY,)), OLD, (GOOD,), NOW)], MARKS).rows
    assert settled(standing, OLD) == replace(OLD, since=None)
    assert settled(replace(standing, deed=Deed.RESTORE), OLD) is None
    assert settled(standing, replace(OLD, address=AT._replace(key="other"))) is None
    assert settled(standing, None) is None
