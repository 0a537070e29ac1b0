"""Making a state anew: from what is there and ours, by the specs and the marks on the objects."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.connections import Connections
from reconciler.engine.planner import plan_changes
from reconciler.model import Action, Address, Applied, Change, Desired, Live, Origin, Ownership, Resource, State
from reconciler.state.lock import locked
from reconciler.state.lockinfo import whoami
from reconciler.state.opening import open_store
from reconciler.workflow.keeping import Desk
from reconciler.workflow.situation import Situation, situation
from reconciler.workflow.specs import Prepared
from reconciler.workflow.state_edits import tell
from reconciler.workflow.systems import marks_of, placed, watched
from specs.diagnostic import Diagnostic, has_errors

_FOUND = Origin("found by state rebuild: marked as ours, and no spec declares it")


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of it. ``state`` is None where nothing was recorded."""

    old: State
    state: State | None
    diagnostics: tuple[Diagnostic, ...] = ()
    approved: bool = True


def rebuild(
    prepared: Prepared, connections: Connections, desk: Desk, approve: Callable[[State, State], bool]
) -> Rebuilt:
    """Read all systems and record what is ours, under the lock, in place of what is recorded. Raises StateError.

    ``approve`` is asked with what is recorded and what would be. A system that can't be read lets nothing be recorded.
    """
    name = prepared.environment
    if has_errors(prepared.diagnostics) or not name:
        return Rebuilt(State(name, "", 0, {}, {}), None, prepared.diagnostics)
    with (
        open_store(desk.place, patience=desk.lock_timeout) as store,
        locked(store, name, "state rebuild", timeout=desk.lock_timeout, notice=desk.notice) as mine,
        situation(prepared, connections, desk.place, afresh=True) as now,
    ):
        old = store.load(name)
        if has_errors(now.diagnostics):
            return Rebuilt(old, None, now.diagnostics)
        # Nothing in the systems tells what undoing needs, or who proved what.
        new = replace(_found(now), retirements=old.retirements)
        if not approve(old, new):
            return Rebuilt(old, None, now.diagnostics, approved=False)
        tell(store, mine.id, "state rebuild", old, new)
        store.replace(new, whoami(), lock=mine.id)
        return Rebuilt(old, new, now.diagnostics)


def _found(now: Situation) -> State:
    snapshots, empty = now.refreshed.snapshots, State(now.environment, "", 0, {}, {})
    planned = plan_changes(now.desired, snapshots, empty, marks_of(now.systems))
    objects = {one.resource.address: one for one in _ours(planned.changes, now.desired)}
    facts = {name: snapshot.facts for name, snapshot in snapshots.items()}
    systems = {name: watched(placed(one.record, facts), snapshots) for name, one in now.systems.items()}
    return State(now.environment, str(uuid.uuid4()), 1, objects, systems)


def _ours(changes: Iterable[Change], desired: Mapping[Address, Desired]) -> Iterator[Applied]:
    """Objects as they are. What no spec wants is ours only by its marker; what is missing isn't there.

    What the specs name is somebody's until an apply has taken it over: its marker says so, or that it is as wanted.
    """
    for change in changes:
        live, wanted = change.before, desired.get(change.address)
        if live is None or (wanted is not None and wanted.adopts and not _was_taken_over(live, change.action)):
            continue
        if change.after is not None and change.origin is not None:
            names = change.after.attributes.keys()
            attributes = {name: value for name, value in live.resource.attributes.items() if name in names}
            as_wanted = change.action in {Action.ADOPT, Action.NO_OP}
            resource = change.after if as_wanted else Resource(change.address, attributes)
            yield Applied(resource, change.origin, change.depends_on, live.native_id)
        elif live.ownership is Ownership.OURS and live.in_scope:
            yield Applied(live.resource, _FOUND, live.depends_on, live.native_id)


def _was_taken_over(live: Live, action: Action) -> bool:
    return live.ownership is Ownership.OURS or (live.ownership is Ownership.UNMARKED and action is Action.ADOPT)
