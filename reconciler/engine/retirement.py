"""What is due for a standing principal that is to go: proved, then locked, then deleted. From facts alone.

Make before break: nothing is locked before somebody logged in through what replaces it, and nothing is locked or
deleted while somebody works with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reconciler.engine.diff import differing
from reconciler.engine.quarantine import LOCKED, UNDOABLE, before_quarantine, half_undone, of_another, since_when
from reconciler.engine.session import Marks
from reconciler.model import (
    Action,
    AttributeChange,
    Cause,
    Change,
    Deed,
    Marked,
    Origin,
    Resource,
    Retirable,
    Retired,
    RetirementRow,
    Stage,
    Successor,
    Use,
    Waits,
)
from reconciler.provider import Attribute, Retirement

_HALF_UNDONE = "undoing its quarantine was begun, and isn't done: writ retire --undo does it"
_UNMARKED: Mapping[str, Attribute] = {}


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one retirement."""

    wanted: Retirement
    found: Retirable | None
    """None: it isn't there."""
    recorded: Retired | None
    successors: tuple[Successor, ...]
    now: datetime
    """UTC."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done, and what is in the way."""

    stage: Stage
    deed: Deed = Deed.NOTHING
    waits: Waits = Waits.NOTHING
    due: datetime | None = None
    uses: tuple[Use, ...] = ()
    in_the_way: tuple[str, ...] = ()


def decide(case: Case, known: Mapping[str, Attribute] = _UNMARKED) -> Verdict:
    """The one next step, or what it waits for. ``known``: the marks of its attributes."""
    found, mark = case.found, _mark(case)
    if another := of_another(case.recorded, case.wanted.address):
        stage = Stage.STANDING if found is not None else Stage.GONE
        return Verdict(stage, waits=Waits.SOMEBODY, in_the_way=(another,))
    if found is None or (found.stays and found.quarantined and mark is Marked.DELETED):
        return Verdict(Stage.DELETED if mark in {Marked.DELETING, Marked.DELETED} else Stage.GONE)
    locked = found.quarantined and mark in LOCKED and _since(case) is not None
    stage = Stage.QUARANTINED if locked else Stage.STANDING
    if stopped := _stopped(case, found, known, stage):
        return stopped
    waits = _path(case.successors)
    if waits is not Waits.NOTHING:
        return Verdict(stage, waits=waits)
    return _deletion(case, found) if locked else _quarantine(case, found)


def _stopped(case: Case, found: Retirable, known: Mapping[str, Attribute], stage: Stage) -> Verdict | None:
    """Whatever the path is like."""
    if case.recorded is not None and _mark(case) is Marked.RESTORING and half_undone(case.recorded, found, known):
        there = Stage.QUARANTINED if found.quarantined else Stage.STANDING
        return Verdict(there, waits=Waits.SOMEBODY, in_the_way=(_HALF_UNDONE,))
    if found.never:
        return Verdict(stage, waits=Waits.NEVER, in_the_way=found.never)
    if found.unseen:
        due = _over(case) if stage is Stage.QUARANTINED else None
        return Verdict(stage, waits=Waits.SOMEBODY, due=due, in_the_way=found.unseen)
    return None


def _mark(case: Case) -> Marked:
    """What is recorded of this very principal: another one under its name was never locked by us."""
    recorded, found = case.recorded, case.found
    if recorded is None or recorded.address != case.wanted.address:
        return Marked.NONE
    if found is not None and recorded.native_id and found.live.native_id != recorded.native_id:
        return Marked.NONE
    return recorded.marked


def _since(case: Case) -> datetime | None:
    """Since when it is in quarantine; None where what was once isn't any more."""
    return case.recorded.since if case.recorded is not None else None


def _path(successors: Sequence[Successor]) -> Waits:
    if not all(one.ready for one in successors):
        return Waits.PATH
    return Waits.NOTHING if all(one.proof for one in successors) else Waits.PROOF


def _quarantine(case: Case, found: Retirable) -> Verdict:
    span = timedelta(seconds=case.wanted.unused_for)
    busy = tuple(use for use in found.uses if use.now or (use.since is not None and use.since + span > case.now))
    if not busy:
        return Verdict(Stage.STANDING, Deed.QUARANTINE)
    last = [use.since + span for use in busy if use.since is not None and not use.now]
    due = max(last) if len(last) == len(busy) else None
    return Verdict(Stage.STANDING, waits=Waits.USE, due=due, uses=busy)


def _over(case: Case, *used: datetime) -> datetime:
    """When a quarantine is over. ``used``: when somebody worked with it since all the same."""
    since = _since(case) or case.now
    return max([since, *(moment for moment in used if moment > since)]) + timedelta(seconds=case.wanted.quarantine)


def _deletion(case: Case, found: Retirable) -> Verdict:
    due = _over(case, *(use.since for use in found.uses if not use.now and use.since is not None))
    busy = tuple(use for use in found.uses if use.now)
    if busy:
        return Verdict(Stage.QUARANTINED, waits=Waits.USE, due=due, uses=busy)
    if found.holding:
        return Verdict(Stage.QUARANTINED, waits=Waits.SOMEBODY, due=due, in_the_way=found.holding)
    if case.now < due:
        return Verdict(Stage.QUARANTINED, waits=Waits.TIME, due=due)
    return Verdict(Stage.QUARANTINED, Deed.DELETE, due=due)


@dataclass(frozen=True, slots=True)
class Retirements:
    """What a plan does for those that the specs name, sorted by name."""

    rows: tuple[RetirementRow, ...] = ()
    changes: tuple[Change, ...] = ()


def plan_retirements(cases: Iterable[Case], marks: Marks) -> Retirements:
    """A row for each, and a change for each that something is done to."""
    rows: list[RetirementRow] = []
    changes: list[Change] = []
    for case in cases:
        verdict = decide(case, marks.get(case.wanted.address.system, {}).get(case.wanted.address.type, {}))
        row = _row(case, verdict)
        rows.append(row)
        change = _change(case, verdict, row, marks)
        if change is not None:
            changes.append(change)
    return Retirements(tuple(rows), tuple(changes))


def _row(case: Case, verdict: Verdict) -> RetirementRow:
    wanted, found = case.wanted, case.found
    ends: tuple[str, ...] = ()
    if found is not None and verdict.deed is not Deed.NOTHING:
        ends = found.ends if verdict.deed is Deed.QUARANTINE else found.losing
    return RetirementRow(
        wanted.name,
        wanted.address,
        found.what if found is not None else "",
        verdict.stage,
        verdict.deed,
        verdict.waits,
        case.successors,
        since_when(verdict.stage, case.recorded),
        verdict.due if verdict.deed is not Deed.QUARANTINE else case.now + timedelta(seconds=wanted.quarantine),
        ends,
        verdict.uses,
        verdict.in_the_way,
        _before(case),
        wanted.span,
    )


def _before(case: Case) -> Resource | None:
    """A quarantine that was begun, or is, keeps what was there before it: what is there now may be half of it."""
    if case.found is not None and case.recorded is not None and _mark(case) in UNDOABLE:
        return before_quarantine(case.recorded, case.found)
    return case.found.live.resource if case.found is not None else None


def _change(case: Case, verdict: Verdict, row: RetirementRow, marks: Marks) -> Change | None:
    found = case.found
    if found is None or verdict.deed is Deed.NOTHING:
        return None
    origin = Origin(f"retirement {row.name}", span=row.span)
    if verdict.deed is Deed.DELETE:
        return Change(row.address, Action.DELETE, Cause.SPEC, found.live, None, origin=origin)
    known = marks.get(row.address.system, {}).get(row.address.type, {})
    before, after = found.live.resource.attributes, found.locked.attributes
    moved = tuple(
        AttributeChange(name, before[name], after[name], Cause.SPEC) for name in differing(before, after, known)
    )
    return Change(row.address, Action.UPDATE, Cause.SPEC, found.live, found.locked, moved, origin)
