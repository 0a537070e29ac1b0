"""Retirements: the exact moments, and what a row says at each stage."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from reconciler.engine.retirement import Case, Verdict, decide, plan_retirements
from reconciler.model import (
    Deed,
    Marked,
    Resource,
    Retirable,
    Retired,
    RetirementRow,
    Stage,
    Use,
    Waits,
)
from tests.engine.test_retirement import (
    AT,
    BUSY,
    DAY,
    GOOD,
    LOCKED,
    MARKS,
    NOW,
    OLD,
    WANTED,
    YOUNG,
    found,
    recorded,
    used,
)

MOMENT = timedelta(microseconds=1)
QUARANTINE = 14 * DAY


def verdict(there: Retirable, record: Retired | None = None, now: datetime = NOW) -> Verdict:
    return decide(Case(WANTED, there, record, (GOOD,), now), MARKS["db"]["login"])


@pytest.mark.parametrize(
    ("age", "deed"),
    [(DAY - MOMENT, Deed.NOTHING), (DAY, Deed.QUARANTINE), (DAY + MOMENT, Deed.QUARANTINE)],
)
def test_a_use_that_is_as_old_as_the_span_is_over(age: timedelta, deed: Deed) -> None:
    assert verdict(found(uses=(used(age),))).deed is deed


@pytest.mark.parametrize(
    ("uses", "due"),
    [
        ((used(DAY / 2),), NOW + DAY / 2),
        ((used(DAY / 2), used(DAY / 4), used(2 * DAY)), NOW + DAY * 3 / 4),
        ((BUSY,), None),
        ((BUSY, used(DAY / 2)), None),
        ((Use("session of unknown age"), used(DAY / 2)), None),
    ],
)
def test_locking_is_due_a_span_after_the_last_use_unless_one_goes_on(
    uses: tuple[Use, ...], due: datetime | None
) -> None:
    said = verdict(found(uses=uses))
    assert (said.deed, said.waits, said.due) == (Deed.NOTHING, Waits.USE, due)
    assert said.uses == tuple(use for use in uses if use != used(2 * DAY))
    if due is not None:
        assert verdict(found(uses=uses), now=due - MOMENT).due == due
        assert verdict(found(uses=uses), now=due).deed is Deed.QUARANTINE


def test_an_earlier_use_of_no_known_time_stops_nothing() -> None:
    once = Use("key", now=False)
    assert verdict(found(uses=(once,))).deed is Deed.QUARANTINE
    assert verdict(found(open_=False, uses=(once,)), YOUNG).due == NOW - 2 * DAY + QUARANTINE


@pytest.mark.parametrize(
    ("record", "uses", "due"),
    [
        (YOUNG, (), NOW + 12 * DAY),
        (YOUNG, (used(DAY),), NOW + 13 * DAY),
        (YOUNG, (used(DAY), used(DAY / 2)), NOW + 13.5 * DAY),
        (YOUNG, (used(3 * DAY),), NOW + 12 * DAY),
    ],
)
def test_a_deletion_is_due_a_quarantine_after_the_lock_or_the_last_use(
    record: Retired, uses: tuple[Use, ...], due: datetime
) -> None:
    there = found(open_=False, uses=uses)
    assert verdict(there, record) == Verdict(Stage.QUARANTINED, waits=Waits.TIME, due=due)
    assert verdict(there, record, due - MOMENT).deed is Deed.NOTHING
    assert verdict(there, record, due) == Verdict(Stage.QUARANTINED, Deed.DELETE, due=due)


def test_who_works_with_a_locked_one_is_named_and_the_date_stays() -> None:
    said = verdict(found(open_=False, uses=(BUSY, used(16 * DAY))), YOUNG)
    assert said == Verdict(Stage.QUARANTINED, waits=Waits.USE, due=NOW + 12 * DAY, uses=(BUSY,))
    held = verdict(found(open_=False, holding=("a table",)), YOUNG)
    assert held == Verdict(Stage.QUARANTINED, waits=Waits.SOMEBODY, due=NOW + 12 * DAY, in_the_way=("a table",))


@pytest.mark.parametrize(
    ("ready", "proved", "waits"),
    [
        ((True, True), (True, True), Waits.NOTHING),
        ((True, True), (True, False), Waits.PROOF),
        ((True, True), (False, True), Waits.PROOF),
        ((True, False), (True, True), Waits.PATH),
        ((False, True), (True, True), Waits.PATH),
    ],
)
def test_of_several_that_replace_it_each_must_be_there_and_proved(
    ready: tuple[bool, bool], proved: tuple[bool, bool], waits: Waits
) -> None:
    paths = tuple(
        replace(GOOD, ready=there, proof=GOOD.proof if shown else None)
        for there, shown in zip(ready, proved, strict=True)
    )
    said = decide(Case(WANTED, found(), None, paths, NOW), MARKS["db"]["login"])
    assert (said.waits, said.deed is Deed.QUARANTINE) == (waits, waits is Waits.NOTHING)


def row_of(there: Retirable | None, record: Retired | None = None) -> RetirementRow:
    (row,) = plan_retirements([Case(WANTED, there, record, (GOOD,), NOW)], MARKS).rows
    return row


@pytest.mark.parametrize(
    ("there", "record", "stage", "since"),
    [
        (found(), None, Stage.STANDING, None),
        (found(), recorded(Marked.LOCKING, DAY), Stage.STANDING, None),
        (found(), recorded(Marked.RESTORED, DAY), Stage.STANDING, None),
        (LOCKED, OLD, Stage.QUARANTINED, OLD.since),
        (LOCKED, YOUNG, Stage.QUARANTINED, YOUNG.since),
        (found(open_=False, native_id="2"), OLD, Stage.STANDING, None),
        (LOCKED, recorded(Marked.LOCKING, DAY), Stage.QUARANTINED, NOW - DAY),
        (LOCKED, recorded(Marked.DELETING, DAY), Stage.QUARANTINED, NOW - DAY),
        (LOCKED, recorded(Marked.RESTORING, DAY), Stage.QUARANTINED, None),
        (None, recorded(Marked.DELETED, DAY), Stage.DELETED, NOW - DAY),
        (None, recorded(Marked.DELETING, DAY), Stage.DELETED, None),
        (None, recorded(Marked.LOCKED, DAY), Stage.GONE, None),
        (None, recorded(Marked.RESTORED, DAY), Stage.GONE, None),
        (None, None, Stage.GONE, None),
    ],
)
def test_since_when_it_is_locked_or_deleted(
    there: Retirable | None, record: Retired | None, stage: Stage, since: datetime | None
) -> None:
    """Where the record's moment is another step's, nobody knows."""
    row = row_of(there, record)
    assert (row.stage, row.since, row.what) == (stage, since, "login" if there is not None else "")


FACTS: dict[str, Any] = {"ends": ("a session",), "losing": ("a table",)}


@pytest.mark.parametrize(
    ("there", "record", "deed", "ends"),
    [
        (found(**FACTS), None, Deed.QUARANTINE, ("a session",)),
        (found(open_=False, **FACTS), OLD, Deed.DELETE, ("a table",)),
        (found(open_=False, **FACTS), YOUNG, Deed.NOTHING, ()),
        (found(uses=(BUSY,), **FACTS), None, Deed.NOTHING, ()),
        (None, OLD, Deed.NOTHING, ()),
    ],
)
def test_what_ends_is_told_of_the_step_that_is_done(
    there: Retirable | None, record: Retired | None, deed: Deed, ends: tuple[str, ...]
) -> None:
    row = row_of(there, record)
    assert (row.deed, row.ends) == (deed, ends)


WAS = Resource(AT, {"open": True, "owns": ["u"]})


@pytest.mark.parametrize(
    ("there", "record", "before"),
    [
        (found(), None, found().live.resource),
        (found(), recorded(Marked.LOCKING), WAS),
        (LOCKED, YOUNG, WAS),
        (LOCKED, OLD, WAS),
        (LOCKED, recorded(Marked.DELETING, 15 * DAY), WAS),
        (found(), recorded(Marked.RESTORED), found().live.resource),
        (found(native_id="2"), recorded(Marked.LOCKING), found().live.resource),
        (None, None, None),
    ],
)
def test_what_undoing_would_restore_is_what_was_there_before_the_lock(
    there: Retirable | None, record: Retired | None, before: Resource | None
) -> None:
    assert row_of(there, replace(record, before=WAS) if record is not None else None).before == before


def test_where_nothing_was_kept_what_is_there_is_what_was() -> None:
    assert row_of(LOCKED, replace(OLD, before=None)).before == LOCKED.live.resource


@pytest.mark.parametrize(("there", "stage"), [(LOCKED, Stage.STANDING), (found(), Stage.STANDING), (None, Stage.GONE)])
def test_what_locked_somebody_else_says_nothing_of_this_one(there: Retirable | None, stage: Stage) -> None:
    row = row_of(there, replace(OLD, address=AT._replace(key="other")))
    assert (row.stage, row.deed, row.waits, row.since) == (stage, Deed.NOTHING, Waits.SOMEBODY, None)


HALF = (Deed.NOTHING, Waits.SOMEBODY)
AGAIN = (Deed.QUARANTINE, Waits.NOTHING)


@pytest.mark.parametrize(
    ("there", "was", "stage", "then"),
    [
        (LOCKED, WAS, Stage.QUARANTINED, HALF),
        (found(), WAS, Stage.STANDING, AGAIN),
        (found(), Resource(AT, {"open": "at night"}), Stage.STANDING, HALF),
        (found(), Resource(AT, {"open": True, "owns": ["u"]}), Stage.STANDING, AGAIN),
        (found(), Resource(AT, {"open": True, "unheard of": 1}), Stage.STANDING, AGAIN),
        (found(), None, Stage.STANDING, AGAIN),
        (found(restored=found().live.resource), WAS, Stage.STANDING, AGAIN),
        (found(restored=Resource(AT, {"open": "at night"})), WAS, Stage.STANDING, HALF),
        (found(open_=False, restored=LOCKED.live.resource), WAS, Stage.QUARANTINED, HALF),
    ],
)
def test_an_undo_that_was_begun_is_ended_first_whatever_is_left_of_it(
    there: Retirable, was: Resource | None, stage: Stage, then: tuple[Deed, Waits]
) -> None:
    said = verdict(there, replace(recorded(Marked.RESTORING), before=was))
    assert (said.stage, (said.deed, said.waits)) == (stage, then)
    assert bool(said.in_the_way) is (then == HALF)
