"""What is due for a standing principal that is to go: proved, then locked, then deleted. From facts alone.

Make before break: nothing is locked before somebody logged in through what replaces it, and nothing is locked or
deleted while somebody works with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from reconciler.engine.diff import differing
from reconciler.engine.session import Marks
from reconciler.model import (
    Action,
    Address,
    AttributeChange,
    Cause,
    Change,
    Deed,
    Desired,
    Marked,
    Origin,
    Resource,
    Retirable,
    Retired,
    RetirementRow,
    Stage,
    State,
    Successor,
    Use,
    Value,
    Waits,
)
from reconciler.provider import Attribute, Retirement

_HALF_UNDONE = "undoing its quarantine was begun, and isn't done: writ retire --undo does it"
_LOCKED = frozenset({Marked.LOCKING, Marked.LOCKED, Marked.DELETING})
_OVER = frozenset({Marked.LOCKED, Marked.DELETING, Marked.DELETED})
"""It was locked; of one that is still LOCKING a part may be."""


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


def decide(case: Case, known: Mapping[str, Attribute]) -> Verdict:
    """The one next step, or what it waits for. ``known``: what the provider says of the principal's attributes."""
    found, mark = case.found, _mark(case)
    if found is None or (found.stays and found.quarantined and mark is Marked.DELETED):
        return Verdict(Stage.DELETED if mark in {Marked.DELETING, Marked.DELETED} else Stage.GONE)
    locked = found.quarantined and mark in _LOCKED
    stage = Stage.QUARANTINED if locked else Stage.STANDING
    if mark is Marked.RESTORING and _half_undone(found, case.recorded, known):
        stage = Stage.QUARANTINED if found.quarantined else Stage.STANDING
        return Verdict(stage, waits=Waits.SOMEBODY, in_the_way=(_HALF_UNDONE,))
    if found.never:
        return Verdict(stage, waits=Waits.NEVER, in_the_way=found.never)
    if found.unseen:
        return Verdict(stage, waits=Waits.SOMEBODY, in_the_way=found.unseen)
    waits = _path(case.successors)
    if waits is not Waits.NOTHING:
        return Verdict(stage, waits=waits)
    return _deletion(case, found) if locked else _quarantine(case, found)


def _half_undone(found: Retirable, recorded: Retired | None, known: Mapping[str, Attribute]) -> bool:
    if found.quarantined or found.restored is not None:
        return found.quarantined or found.restored != found.live.resource
    now = found.live.resource.attributes
    was = recorded.before.attributes if recorded is not None and recorded.before is not None else {}
    return any(now.get(name) != value and not known[name].computed for name, value in was.items() if name in known)


def _mark(case: Case) -> Marked:
    """What is recorded of this very principal: another one under its name was never locked by us."""
    recorded, found = case.recorded, case.found
    if recorded is None:
        return Marked.NONE
    if found is not None and recorded.native_id and found.live.native_id != recorded.native_id:
        return Marked.NONE
    return recorded.marked


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


def _deletion(case: Case, found: Retirable) -> Verdict:
    since = case.recorded.since if case.recorded is not None and case.recorded.since is not None else case.now
    span = timedelta(seconds=case.wanted.quarantine)
    again = [use.since for use in found.uses if not use.now and use.since is not None and use.since > since]
    due = max([since, *again]) + span
    busy = tuple(use for use in found.uses if use.now)
    if busy:
        return Verdict(Stage.QUARANTINED, waits=Waits.USE, due=due, uses=busy)
    if found.holding:
        return Verdict(Stage.QUARANTINED, waits=Waits.SOMEBODY, due=due, in_the_way=found.holding)
    if case.now < due:
        return Verdict(Stage.QUARANTINED, waits=Waits.TIME, due=due)
    return Verdict(Stage.QUARANTINED, Deed.DELETE, due=due)


def came_back(found: Retirable, recorded: Retired) -> bool:
    """Whether somebody unlocked it: that very one was locked, or given up for good, and nobody undid that by us."""
    same = recorded.native_id == found.live.native_id
    return same and recorded.marked in _OVER and not found.quarantined


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
        address = case.wanted.address
        verdict = decide(case, marks.get(address.system, {}).get(address.type, {}))
        row = _row(case, verdict)
        rows.append(row)
        change = _change(case, verdict, row, marks)
        if change is not None:
            changes.append(change)
    return Retirements(tuple(rows), tuple(changes))


def _row(case: Case, verdict: Verdict) -> RetirementRow:
    wanted, found, recorded = case.wanted, case.found, case.recorded
    known = _mark(case)
    since = recorded.since if recorded is not None and verdict.stage is not Stage.STANDING else None
    kept = recorded.before if recorded is not None and known in _LOCKED else None
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
        since,
        verdict.due if verdict.deed is not Deed.QUARANTINE else case.now + timedelta(seconds=wanted.quarantine),
        ends,
        verdict.uses,
        verdict.in_the_way,
        # A quarantine that was begun, or is, keeps what was there before it: what is there now may be half of it.
        kept or (found.live.resource if found is not None else None),
        wanted.span,
    )


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


def successors(
    wanted: Retirement,
    desired: Mapping[Address, Desired],
    changes: Iterable[Change],
    state: State,
) -> tuple[Successor, ...]:
    """What takes a principal's place: whether it is there as declared, and proved as it is."""
    moving = {_whose(change) for change in changes if change.writes}
    recorded = state.retirements.get(wanted.name)
    found: list[Successor] = []
    for agent, intent in wanted.replaced_by:
        digest = path_digest(agent, intent, desired, state)
        proof = recorded.proof_of(agent, intent) if recorded is not None else None
        ready = bool(digest) and moving.isdisjoint({(agent, intent), (agent, "")})
        found.append(Successor(agent, intent, ready, proof if proof is not None and proof.digest == digest else None))
    return tuple(found)


def path_digest(agent: str, intent: str, desired: Mapping[Address, Desired], state: State) -> str:
    """Of a pair's objects as they are wanted, and of which objects these are; empty where there are none."""
    own = {
        address: wanted
        for address, wanted in desired.items()
        if wanted.origin.agent == agent and wanted.origin.intent in {"", intent}
    }
    if not any(wanted.origin.intent for wanted in own.values()):
        return ""
    ids = {address: state.objects[address].native_id for address in own if address in state.objects}
    rows = [[*address, dict(one.resource.attributes), ids.get(address, "")] for address, one in sorted(own.items())]
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()


def _whose(change: Change) -> tuple[str, str]:
    return (change.origin.agent, change.origin.intent) if change.origin is not None else ("", "")


def restoring(recorded: Retired, found: Retirable, marks: Marks) -> tuple[RetirementRow, Change]:
    """What undoing a quarantine does: the principal as it was before it."""
    kept = recorded.before or found.live.resource
    known = marks.get(recorded.address.system, {}).get(recorded.address.type, {})
    before = found.live.resource.attributes
    after = dict(found.restored.attributes) if found.restored is not None else _after(kept.attributes, before, known)
    moved = tuple(
        AttributeChange(name, before[name], after[name], Cause.SPEC) for name in differing(before, after, known)
    )
    origin = Origin(f"retirement {recorded.name} undone")
    stage = Stage.QUARANTINED if found.quarantined else Stage.STANDING
    row = RetirementRow(
        recorded.name, recorded.address, found.what, stage, Deed.RESTORE, Waits.NOTHING, since=recorded.since,
        before=kept,
        ends=found.lost if found.restored is not None else tuple(_lost(kept.attributes, before, known)),
    )  # fmt: skip
    wanted = Resource(recorded.address, after)
    return row, Change(recorded.address, Action.UPDATE, Cause.SPEC, found.live, wanted, moved, origin)


def _after(was: Mapping[str, Value], now: Mapping[str, Value], known: Mapping[str, Attribute]) -> dict[str, Value]:
    return {
        name: value if name in known and known[name].computed else _again(was.get(name, value), value)
        for name, value in now.items()
    }


def _again(was: Value, now: Value) -> Value:
    """What was, of what is there still: a part that has gone since can't be brought back by changing the rest."""
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        return {name: was.get(name, value) for name, value in now.items()}
    return was


def _lost(was: Mapping[str, Value], now: Mapping[str, Value], known: Mapping[str, Attribute]) -> Iterator[str]:
    """What was there before the quarantine and isn't any more: a deletion was begun, or somebody was at it."""
    for name, value in was.items():
        there = now.get(name)
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            yield from (f"{name} {part} has gone, and can't be brought back" for part in value if part not in there)
        elif value is True and there is False and name in known and known[name].computed:
            yield f"{name} has gone, and can't be brought back"


def not_due(row: RetirementRow, change: Change, recorded: Retired | None, found: Retirable | None) -> str:
    """Why a saved plan's step isn't to be done, by what is recorded and found now. Empty: it is.

    What a plan needs to say that a step is due, whoever applies it can look up again.
    """
    if found is None:
        return "isn't there any more"
    if found.never:
        return f"must not be retired: {'; '.join(found.never)}"
    if found.unseen or any(use.now for use in found.uses):
        return found.unseen[0] if found.unseen else "is in use since"
    if recorded is None or recorded.address != row.address:
        return "was never proved to be replaced"
    if row.deed is Deed.DELETE:
        ours = change.before is not None and change.before.native_id == recorded.native_id
        locked = ours and recorded.marked in _LOCKED and found.quarantined
        return "" if locked else "isn't locked by what is recorded"
    proved = [recorded.proof_of(one.agent, one.intent) for one in row.successors]
    good = row.deed is Deed.QUARANTINE and proved and all(proved) and proved == [one.proof for one in row.successors]
    return "" if good else "isn't proved to be replaced by what is recorded"


def marked(row: RetirementRow, recorded: Retired | None, change: Change, who: str, *, done: bool) -> Retired:
    """What is to be recorded of a step: before its calls, and once it is ``done``."""
    begun, ended = _MARKS[row.deed]
    proofs = recorded.proofs if recorded is not None else ()
    since = recorded.since if recorded is not None and row.deed is Deed.DELETE and not done else None
    if row.deed is Deed.RESTORE:
        # What takes its place didn't suffice, so it is proved anew before anything is locked again.
        proofs = ()
    if done and recorded is not None and row.deed is Deed.QUARANTINE:
        since = recorded.since
    return Retired(
        row.name,
        row.address,
        ended if done else begun,
        since or datetime.now(UTC),
        who,
        # What nobody can undo isn't kept.
        None if done and row.deed is Deed.DELETE else row.before,
        change.before.native_id if change.before is not None else "",
        proofs,
    )


_MARKS: Mapping[Deed, tuple[Marked, Marked]] = {
    Deed.QUARANTINE: (Marked.LOCKING, Marked.LOCKED),
    Deed.DELETE: (Marked.DELETING, Marked.DELETED),
    Deed.RESTORE: (Marked.RESTORING, Marked.RESTORED),
}
