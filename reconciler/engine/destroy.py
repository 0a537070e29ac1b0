"""What `destroy` removes: all that we made, what somebody hung onto it, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.engine.others import Strays
from reconciler.model import Action, Address, Applied, Cause, Change, Desired, Live, Ownership, Snapshot, State


def destroy_changes(
    desired: Mapping[Address, Desired], snapshots: Mapping[str, Snapshot], state: State
) -> tuple[tuple[Change, ...], tuple[Address, ...]]:
    """Rows to delete (and to forget), and the undeclared objects that are left alone.

    Ours is what the state records, what carries our marker, and what the specs declare in our scope.
    What somebody else hung onto one of these (a policy attached to a role) goes with it: it can't outlive it.
    """
    live = {address: found for snapshot in snapshots.values() for address, found in snapshot.objects.items()}
    strays = Strays.of(snapshots, state)
    going = {a for a, found in live.items() if a not in strays.marked and _is_ours(a, found, desired, state)}
    going |= strays.moved
    _add_dependents(going, live)
    changes = [_delete(live[address], desired.get(address), state.objects.get(address)) for address in going]
    changes += [
        Change(address, Action.FORGET, Cause.OUTSIDE, live.get(address), None, origin=applied.origin)
        for address, applied in state.objects.items()
        if address not in going and address.system in snapshots
    ]
    left = tuple(sorted(address for address, found in live.items() if address not in going and found.in_scope))
    return tuple(sorted(changes, key=lambda change: change.address)), left


def _is_ours(address: Address, live: Live, desired: Mapping[Address, Desired], state: State) -> bool:
    applied = state.objects.get(address)
    if live.is_anothers(recorded=applied is not None, native_id=applied.native_id if applied else ""):
        return False
    if applied is not None or live.ownership is Ownership.OURS:
        return True
    # What the specs merely name is somebody's until an apply has taken it over.
    wanted = desired.get(address)
    return wanted is not None and not wanted.adopts and live.ownership is Ownership.UNMARKED


def _add_dependents(going: set[Address], live: Mapping[Address, Live]) -> None:
    dependents: dict[Address, list[Address]] = {}
    for address, found in live.items():
        for dependency in found.depends_on:
            dependents.setdefault(dependency, []).append(address)
    queue = list(going)
    while queue:
        for address in dependents.get(queue.pop(), ()):
            if address not in going:
                going.add(address)
                queue.append(address)


def _delete(live: Live, wanted: Desired | None, applied: Applied | None) -> Change:
    known = applied or wanted
    needs = (*(known.depends_on if known else ()), *live.depends_on)
    return Change(
        live.resource.address,
        Action.DELETE,
        Cause.SPEC if known or live.ownership is Ownership.OURS else Cause.UNDECLARED,
        live,
        None,
        origin=known.origin if known else None,
        depends_on=tuple(dict.fromkeys(needs)),
    )
