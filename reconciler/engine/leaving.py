"""Which standing principals are named by a retirement already, and how far that has come: by specs and record alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from reconciler.engine.quarantine import LOCKED, UNDOABLE
from reconciler.engine.succession import successors
from reconciler.model import Address, Coming, Desired, Leaving, Marked, Retired, State
from reconciler.provider import Retirement

Leavings = Mapping[tuple[str, str], Leaving]
"""By system and principal, as the Retirement spells it."""


def leavings(wanted: Iterable[Retirement], desired: Mapping[Address, Desired], state: State | None) -> Leavings:
    """Of the specs, and of the state what is locked and has left them. ``state``: None where it couldn't be read."""
    declared = {one.name: one for one in wanted}
    found = {_of(one.address): _declared(one, desired, state) for one in declared.values()}
    for name, recorded in state.retirements.items() if state is not None else ():
        if name not in declared and recorded.marked in UNDOABLE:
            found.setdefault(_of(recorded.address), _left(recorded))
    return found


def _of(address: Address) -> tuple[str, str]:
    return address.system, address.key


def _declared(wanted: Retirement, desired: Mapping[Address, Desired], state: State | None) -> Leaving:
    if state is None:
        return Leaving(wanted.name, declared=True, coming=Coming.UNKNOWN)
    recorded = state.retirements.get(wanted.name)
    if recorded is not None and recorded.address == wanted.address:
        if recorded.marked is Marked.RESTORING:
            return Leaving(wanted.name, declared=True, coming=Coming.UNDO, since=recorded.since)
        if recorded.marked in LOCKED and recorded.since is not None:
            due = recorded.since + timedelta(seconds=wanted.quarantine)
            return Leaving(wanted.name, declared=True, coming=Coming.DELETE, since=recorded.since, due=due)
    proved = all(one.proof for one in successors(wanted, desired, (), state, read=()))
    return Leaving(wanted.name, declared=True, coming=Coming.LOCK if proved else Coming.PROVE)


def _left(recorded: Retired) -> Leaving:
    """Nothing goes on with it, but for somebody who undoes it."""
    return Leaving(recorded.name, declared=False, coming=Coming.UNDO, since=recorded.since)
