"""Retirements of a situation: what is due for each, and what is told of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from reconciler.engine.diff import differing
from reconciler.engine.meter import meter
from reconciler.engine.quarantine import UNDOABLE, came_back, not_due, settled
from reconciler.engine.retirables import Seen
from reconciler.engine.retirement import Case, Retirements, plan_retirements
from reconciler.engine.succession import successors
from reconciler.model import (
    Address,
    AttributeChange,
    Cause,
    Change,
    Deed,
    DriftItem,
    DriftKind,
    Marked,
    Meter,
    Origin,
    Plan,
    Resource,
    Retirable,
    Retired,
    RetirementRow,
    Stage,
    State,
    Ttl,
    Waits,
)
from reconciler.render.retirement import use_text
from reconciler.workflow.situation import Situation
from reconciler.workflow.systems import marks_of
from specs.diagnostic import Diagnostic, error, warning

_MOST = 5
"""Uses that a finding names."""


def retirements_of(now: Situation, changes: Sequence[Change]) -> Retirements:
    """What is due. Of a system that couldn't be asked there are no rows."""
    compiled = now.prepared.compiled
    wanted = compiled.retirements if compiled is not None else ()
    moment = datetime.now(UTC)
    cases = (
        Case(
            one,
            now.retirables.found.get(one.address),
            now.state.retirements.get(one.name),
            successors(one, now.desired, changes, now.state, read=now.refreshed.snapshots),
            moment,
        )
        for one in wanted
        if one.address.system in now.retirables.systems
    )
    return plan_retirements(cases, marks_of(now.systems))


def not_due_any_more(plan: Plan, state: State, seen: Seen) -> tuple[Diagnostic, ...]:
    """Steps of a saved plan that what is recorded and found now doesn't bear out."""
    changes = plan.by_address()
    return tuple(
        error(
            "W606",
            f"Saved plan is stale: {row.principal} of {row.address.system} {why}",
            subject=f"retirements.{row.name}",
            help="plan again, and have the new plan reviewed",
            span=row.span,
        )
        for row in plan.retirements
        if row.deed is not Deed.NOTHING
        and (why := not_due(row, changes[row.address], state.retirements.get(row.name), seen.found.get(row.address)))
    )


def retired_by_now(plan: Plan, state: State) -> Iterator[Retired]:
    """What is recorded of retirements for what was found. A system that is in another place by now is no witness."""
    moved = {one.subject for one in plan.diagnostics if one.code == "W512"}
    for row in plan.retirements:
        recorded = settled(row, state.retirements.get(row.name))
        if recorded is not None and row.address.system not in moved:
            yield recorded


def meter_of(
    now: Situation,
    changes: Sequence[Change],
    ttls: Sequence[Ttl],
    rows: Sequence[RetirementRow],
    planned: Collection[Address],
) -> Meter:
    """How much stands, of what the specs name. ``planned``: what the plan does something to, or looks at."""
    obtained = {
        name
        for name, binding in now.systems.items()
        if binding.provider.needs_audience or binding.login_target is not None
    }
    moved = (one if one.address in planned else replace(one, after=_resource_before(one)) for one in changes)
    done = [row if row.address in planned else replace(row, deed=Deed.NOTHING) for row in rows]
    return meter(moved, obtained, ttls, done)


def _resource_before(change: Change) -> Resource | None:
    return change.before.resource if change.before is not None else None


def told(now: Situation, rows: Sequence[RetirementRow]) -> Iterator[Diagnostic]:
    """What stands in the way, and what was left half way."""
    for row in rows:
        yield from _of_row(row)
    yield from told_of_unlocked(now)
    compiled = now.prepared.compiled
    declared = {one.name for one in compiled.retirements} if compiled is not None else set()
    for name, recorded in now.state.retirements.items():
        if name not in declared and recorded.marked in UNDOABLE:
            principal, system = recorded.address.key, recorded.address.system
            yield warning(
                "W535",
                f"{principal} of {system} was locked by the retirement {name}, which the specs don't declare any more",
                subject=f"retirements.{name}",
                help=f"unlock it: writ retire --undo {name}; or declare the retirement again, to go on",
            )


def unlocked(now: Situation) -> Iterator[DriftItem]:
    """What somebody unlocked: as it is, against what a locked one looks like."""
    marks = marks_of(now.systems)
    for recorded, found in _back(now):
        known = marks[recorded.address.system].get(recorded.address.type, {})
        locked, there = found.locked.attributes, found.live.resource.attributes
        moved = tuple(
            AttributeChange(name, locked[name], there[name], Cause.OUTSIDE) for name in differing(locked, there, known)
        )
        origin = Origin(f"retirement {recorded.name}")
        yield DriftItem(recorded.address, DriftKind.CHANGED, moved, origin, found.live, found.locked)


def told_of_unlocked(now: Situation) -> Iterator[Diagnostic]:
    """The same in words."""
    for recorded, _ in _back(now):
        when = f" on {recorded.since:%Y-%m-%d %H:%M} UTC" if recorded.since is not None else ""
        gone = recorded.marked is Marked.DELETED
        done = f"deleted{when}, and is there again" if gone else f"locked{when}, and isn't any more"
        yield warning(
            "W536",
            f"{recorded.address.key} of {recorded.address.system} was {done}: somebody has changed that since",
            subject=f"retirements.{recorded.name}",
            help="ask who needs it, and give them what replaces it; apply locks it again, once it isn't in use",
        )


def _back(now: Situation) -> Iterator[tuple[Retired, Retirable]]:
    for recorded in now.state.retirements.values():
        found = now.retirables.found.get(recorded.address)
        if found is not None and came_back(found, recorded):
            yield recorded, found


def left_locked(state: State) -> Iterator[Diagnostic]:
    """What a destroy doesn't touch, though what replaces it goes."""
    for name, recorded in state.retirements.items():
        if recorded.marked in UNDOABLE:
            yield warning(
                "W535",
                f"{recorded.address.key} of {recorded.address.system} stays locked, and what replaces it is destroyed",
                subject=f"retirements.{name}",
                help=f"unlock it first: writ retire --undo {name}",
            )


def _of_row(row: RetirementRow) -> Iterator[Diagnostic]:
    who, subject = f"{row.principal} of {row.address.system}", f"retirements.{row.name}"
    step = "deleted" if row.stage is Stage.QUARANTINED else "locked"
    instead = " or ".join(f"{one.agent}/{one.intent}" for one in row.successors)
    if row.waits is Waits.USE:
        more = f"; and {len(row.uses) - _MOST} more" if len(row.uses) > _MOST else ""
        yield warning(
            "W530",
            f"{who} is not {step}, for it is in use: {'; '.join(map(use_text, row.uses[:_MOST]))}{more}",
            subject=subject,
            help=f"have whoever it is use {instead} instead, and end that; the next plan looks again",
            span=row.span,
        )
    elif row.waits is Waits.NEVER:
        message = f"{who} must not be retired: {'; '.join(row.in_the_way)}"
        yield error("W531", message, subject=subject, help="take the Retirement out of the specs", span=row.span)
    elif row.waits is Waits.SOMEBODY:
        message = f"{who} is not {step}: {'; '.join(row.in_the_way)}"
        yield warning("W532", message, subject=subject, help="clear it, then plan again", span=row.span)
    elif row.waits in {Waits.PATH, Waits.PROOF} and row.stage is Stage.QUARANTINED:
        why = "isn't as declared" if row.waits is Waits.PATH else "has changed since it was proved"
        yield warning(
            "W533",
            f"{who} is locked and not deleted, for what replaces it {why}: {instead}",
            subject=subject,
            help=f"apply, then prove it: writ retire --prove {row.name}; or unlock it: writ retire --undo {row.name}",
            span=row.span,
        )
    elif row.stage is Stage.GONE:
        message = f"{who} isn't there: there is nothing to retire"
        way_out = "check its name; if somebody removed it, take the Retirement out of the specs"
        yield warning("W534", message, subject=subject, help=way_out, span=row.span)
