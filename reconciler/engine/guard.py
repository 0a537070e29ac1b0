"""What must hold before the first write of an apply."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

from reconciler.engine.diff import differing
from reconciler.engine.observed import stale_against_observed
from reconciler.engine.session import Marks
from reconciler.model import PLACE, Action, Address, Change, Live, Plan, Snapshot, State
from specs.diagnostic import Diagnostic, error

_NOBODY: Mapping[Address, Live] = MappingProxyType({})
_NONE: Mapping[str, Collection[str]] = MappingProxyType({})
_HELP = "plan again, and have the new plan reviewed"


def stale_against_state(plan: Plan, state: State) -> tuple[Diagnostic, ...]:
    """A plan is for one lineage and serial of the state, as Terraform's."""
    if (plan.lineage, plan.serial) == (state.lineage, state.serial):
        return ()
    what = "another state" if plan.lineage != state.lineage else f"serial {plan.serial}, the state is at {state.serial}"
    return (error("W605", f"Saved plan is stale: it was made for {what}", subject=plan.environment, help=_HELP),)


def stale_against_world(
    plan: Plan,
    snapshots: Mapping[str, Snapshot],
    marks: Marks,
    named: Mapping[str, Collection[str]] = _NONE,
    beside: Mapping[Address, Live] = _NOBODY,
) -> tuple[Diagnostic, ...]:
    """Every object that was read for the plan must be as it was, in the same place: what it says of access hangs on
    more than it touches. A plan with targets looks only at what it touches, stands on, or tells the access of.
    ``beside``: principals that are to be retired, which are in no snapshot.
    """
    live = dict(beside)
    for snapshot in snapshots.values():
        live |= snapshot.objects
    return (
        tuple(_moved_places(plan, snapshots))
        + tuple(
            error(
                "W606",
                f"Saved plan is stale: {change.address} {what}",
                subject=str(change.address),
                help=_HELP,
                span=change.origin.span if change.origin else None,
            )
            for change in _relied_on(plan)
            if (what := _moved(change, live, marks))
        )
        + tuple(_appeared(plan, live))
        + tuple(stale_against_observed(plan, snapshots, named))
    )


def _appeared(plan: Plan, live: Mapping[Address, Live]) -> Iterator[Diagnostic]:
    """What nobody declared and was not there for the plan: in the scope; of a targeted plan, on what it touches."""
    known = plan.by_address().keys() | set(plan.left)
    touched = {change.address for change in plan.changes if change.action is not Action.NO_OP}
    for address in sorted(live.keys() - known):
        found = live[address]
        if found.in_scope and (not plan.targets or touched.intersection(found.depends_on)):
            what = f"Saved plan is stale: {address} has appeared since"
            yield error("W606", what, subject=str(address), help=_HELP)


def _relied_on(plan: Plan) -> list[Change]:
    """All rows; of a targeted plan those of its targets, what will be recorded as found, and what these stand on."""
    by_address = plan.by_address()
    if not plan.targets:
        return sorted(plan.changes, key=lambda change: change.address)
    told = {row.change.subject for row in plan.access}
    chosen = {
        change.address: change for change in plan.changes if change.action is not Action.NO_OP or change.address in told
    }
    queue = list(chosen.values())
    while queue:
        for address in queue.pop().depends_on:
            if address in by_address and address not in chosen:
                chosen[address] = by_address[address]
                queue.append(by_address[address])
    return sorted(chosen.values(), key=lambda change: change.address)


def _moved_places(plan: Plan, snapshots: Mapping[str, Snapshot]) -> Iterator[Diagnostic]:
    for name, snapshot in snapshots.items():
        before, now = plan.facts.get(name, {}).get(PLACE, ""), snapshot.facts.get(PLACE, "")
        if before != now:
            what = f"Saved plan is stale: {name} was {before or 'unknown'}, and is now {now or 'unknown'}"
            yield error("W606", what, subject=name, help=_HELP)


def _moved(change: Change, live: Mapping[Address, Live], marks: Marks) -> str:
    now = live.get(change.address)
    if change.before is None:
        return "has appeared since" if now is not None else ""
    if now is None:
        return "has gone since"
    if change.before.native_id and now.native_id and change.before.native_id != now.native_id:
        return "has been made anew since"
    type_marks = marks.get(change.address.system, {}).get(change.address.type, {})
    before, after = change.before.resource.attributes, now.resource.attributes
    names = differing(before, after, type_marks)
    if not names and before.keys() != after.keys():
        names = tuple(sorted(before.keys() ^ after.keys()))
    if names:
        return f"has changed since: {', '.join(names)}"
    if (change.before.ownership, change.before.in_scope) != (now.ownership, now.in_scope):
        return f"has changed hands since: {now.note or now.ownership.value}"
    return "has changed since (its version)" if change.before.version != now.version else ""
