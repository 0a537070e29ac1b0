"""Whose a found object is, where its marker or its place alone don't tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model import PLACE, Address, Live, Ownership, Snapshot, State


def is_left_to_others(live: Live, state: State) -> bool:
    """Whether what lies in the scope and was never recorded is left alone, for its marker is another's.

    What hangs on the very object that we recorded is ours: whoever puts another's marker there can hide nothing.
    """
    if not live.in_scope or live.ownership is not Ownership.OTHER or live.resource.address in state.objects:
        return False
    under = (state.objects[address] for address in live.depends_on if address in state.objects)
    return not (live.native_id and any(one.native_id == live.native_id for one in under))


@dataclass(frozen=True, slots=True)
class Strays:
    """What lies outside its scope and isn't recorded under its address: moved there, or another project's.

    Two projects may have chosen the same names for environment and system, so a marker alone makes nothing ours there.
    The server's own id does: what has the id of an object that we recorded is that object, under another name.
    """

    moved: frozenset[Address]
    """Ours, with what hangs on them."""
    marked: frozenset[Address]
    """With our marker, and not known: left alone."""

    @classmethod
    def of(cls, snapshots: Mapping[str, Snapshot], state: State) -> Strays:
        """Of all systems that were read."""
        outside = {
            address: live
            for snapshot in snapshots.values()
            for address, live in snapshot.objects.items()
            if not live.in_scope and address not in state.objects
        }
        if not outside:  # as always: nothing to look up
            return cls(frozenset(), frozenset())
        ids = {
            (a.system, a.type, one.native_id)
            for a, one in state.objects.items()
            if one.native_id and _same_place(a.system, snapshots, state)
        }
        same = {a for a, live in outside.items() if (a.system, a.type, live.native_id) in ids and _may_be_ours(live)}
        hanging = {a for a, live in outside.items() if any(needed in same for needed in live.depends_on)}
        moved = frozenset(same | hanging)
        return cls(moved, frozenset(a for a, live in outside.items() if live.ownership is Ownership.OURS) - moved)


def _same_place(system: str, snapshots: Mapping[str, Snapshot], state: State) -> bool:
    """Whether a system answers from where its objects were applied: elsewhere its ids mean other objects."""
    record, snapshot = state.systems.get(system), snapshots.get(system)
    here = snapshot.facts.get(PLACE, "") if snapshot else ""
    return record is None or not record.place or record.place == here


def _may_be_ours(live: Live) -> bool:
    return live.ownership in (Ownership.OURS, Ownership.UNMARKED)
