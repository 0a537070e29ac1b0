"""What changed outside since the last apply, and what is there that nobody declared."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from reconciler.engine.diff import differing
from reconciler.engine.others import Strays, is_left_to_others
from reconciler.engine.planner import in_anothers
from reconciler.engine.session import Marks
from reconciler.model import (
    Address,
    Applied,
    AttributeChange,
    Cause,
    Desired,
    DriftItem,
    DriftKind,
    Live,
    Ownership,
    Snapshot,
    State,
)


def find_drift(
    desired: Mapping[Address, Desired], snapshots: Mapping[str, Snapshot], state: State, marks: Marks
) -> tuple[DriftItem, ...]:
    """Items sorted by address. The baseline of an object is what was applied; without a record, what is wanted."""
    live = {address: found for snapshot in snapshots.values() for address, found in snapshot.objects.items()}
    # Without a state the specs are the baseline: what they want and isn't there was deleted, as far as we know.
    known = state.objects.keys() if state.lineage else desired.keys()
    addresses = sorted(address for address in live.keys() | known if address.system in snapshots)
    taken = {a for a in desired if a in live and a not in state.objects and live[a].ownership not in _OURS}
    left = {address for address, found in live.items() if is_left_to_others(found, state)}
    moved = Strays.of(snapshots, state).moved
    undeclared = {a for a, found in live.items() if a in moved or (found.in_scope and a not in left)}
    items = (
        _item(address, _Sides(live.get(address), state.objects.get(address), desired.get(address)), marks, undeclared)
        for address in addresses
        if address in state.objects or not in_anothers(live.get(address), taken)
    )
    return tuple(item for item in items if item is not None)


@dataclass(frozen=True, slots=True)
class _Sides:
    """What is there, what was applied and what is wanted."""

    live: Live | None
    applied: Applied | None
    wanted: Desired | None


def _item(address: Address, sides: _Sides, marks: Marks, undeclared: Collection[Address]) -> DriftItem | None:
    live, applied, wanted = sides.live, sides.applied, sides.wanted
    if live is None:
        known = applied or wanted
        return DriftItem(
            address,
            DriftKind.MISSING,
            origin=known.origin if known else None,
            applied=known.resource if known else None,
        )
    if applied is not None:
        return _changed(address, live, applied, marks)
    if wanted is not None and live.ownership in _OURS:
        return _changed(address, live, Applied(wanted.resource, wanted.origin), marks)
    # What is marked as another environment's is left alone, as by a plan.
    return DriftItem(address, DriftKind.UNDECLARED, live=live) if address in undeclared else None


_OURS = frozenset({Ownership.OURS, Ownership.UNMARKED})


def _changed(address: Address, live: Live, applied: Applied, marks: Marks) -> DriftItem | None:
    before, after = applied.resource.attributes, live.resource.attributes
    type_marks = marks[address.system].get(address.type, {})
    names = differing(before, after, type_marks)
    if not names:
        # No moment passed in the systems: what they hold says that it had one.
        expired = DriftItem(address, DriftKind.EXPIRED, (), applied.origin, live, applied.resource)
        return expired if live.overdue else None
    changes = tuple(AttributeChange(name, before[name], after[name], Cause.OUTSIDE) for name in names)
    return DriftItem(address, DriftKind.CHANGED, changes, applied.origin, live, applied.resource)
