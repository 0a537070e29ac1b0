"""What a plan, and what happened outside, does to access: two worlds of each system, compared by its provider."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from reconciler.engine.observed import recorded
from reconciler.engine.session import System
from reconciler.model import (
    AccessRow,
    Action,
    Address,
    Change,
    Desired,
    DriftItem,
    DriftKind,
    Mover,
    Origin,
    Resource,
    Snapshot,
    State,
    Worlds,
)

_Moved: TypeAlias = dict[Address, Resource | None]
"""What another world has at an address; None: nothing."""


def planned_access(
    changes: Iterable[Change], systems: Mapping[str, System], snapshots: Mapping[str, Snapshot]
) -> list[AccessRow]:
    """Live against planned. Principals that the plan doesn't touch have no row."""
    every = list(changes)
    origins = {change.address: change.origin for change in every if change.origin is not None}
    return list(_rows(Mover.PLAN, planned_worlds(every, snapshots), systems, origins))


def planned_worlds(changes: Iterable[Change], snapshots: Mapping[str, Snapshot]) -> Iterator[tuple[str, Worlds]]:
    """Live and planned, of each system that the plan touches."""
    moved = {
        change.address: None if change.action is Action.DELETE else change.after for change in changes if change.writes
    }
    return _worlds(moved, snapshots)


def outside_access(
    drift: Iterable[DriftItem],
    systems: Mapping[str, System],
    snapshots: Mapping[str, Snapshot],
    desired: Mapping[Address, Desired],
    state: State,
) -> list[AccessRow]:
    """The last apply against live: what somebody did to access. Without a state, the specs stand for the last apply.

    An object that isn't there is then no drift: it may never have been made.
    """
    origins = {address: applied.origin for address, applied in state.objects.items()}
    origins |= {address: wanted.origin for address, wanted in desired.items()}
    return list(_rows(Mover.OUTSIDE, outside_worlds(drift, snapshots, state), systems, origins))


def outside_worlds(
    drift: Iterable[DriftItem], snapshots: Mapping[str, Snapshot], state: State
) -> Iterator[tuple[str, Worlds]]:
    """As last applied and live, of each system in which something moved."""
    moved: _Moved = {}
    for item in drift:
        found = _as_left(item, state)
        if item.observed or found is not None or item.kind is DriftKind.UNDECLARED:
            moved[item.address] = found
    known = {name: recorded(state, name) or {} for name in snapshots}
    return _worlds(moved, snapshots, known)


def _as_left(item: DriftItem, state: State) -> Resource | None:
    if item.observed:
        return item.applied
    if item.kind is DriftKind.MISSING:
        applied = state.objects.get(item.address)
        return applied.resource if applied else None
    if item.kind is DriftKind.EXPIRED and item.live is not None:
        return item.live.resource
    if item.kind is DriftKind.CHANGED and item.live is not None:
        before = {attribute.name: attribute.before for attribute in item.attributes}
        return Resource(item.address, {**item.live.resource.attributes, **before})
    return None


def _worlds(
    moved: _Moved, snapshots: Mapping[str, Snapshot], observed: Mapping[str, Mapping[Address, Resource]] | None = None
) -> Iterator[tuple[str, Worlds]]:
    """Live and another world: planned, or with ``observed``, of each system, as it was when last applied."""
    for name in sorted({address.system for address in moved} & snapshots.keys()):
        snapshot = snapshots[name]
        live = snapshot.everything
        here = {address: resource for address, resource in moved.items() if address.system == name}
        # What ours named then, and don't any more, is in no drift; what they came to hung on it all the same.
        known = (observed or {}).get(name, {})
        other = {address: resource for address, resource in {**known, **live}.items() if address not in here}
        other |= {address: resource for address, resource in here.items() if resource is not None}
        touched = frozenset(address for address in here if live.get(address) != other.get(address))
        if touched:
            before, after = (live, other) if observed is None else (other, live)
            yield name, Worlds(before, after, touched, snapshot.surroundings)


def _rows(
    mover: Mover,
    worlds: Iterable[tuple[str, Worlds]],
    systems: Mapping[str, System],
    origins: Mapping[Address, Origin],
) -> Iterator[AccessRow]:
    for name, two in worlds:
        system = systems[name]
        for change in system.provider.access_changes(system.scope, two):
            origin = origins.get(change.subject)
            agent, intent = (origin.agent, origin.intent) if origin else ("", "")
            yield AccessRow(mover, change, agent, intent)


def in_order(rows: Iterable[AccessRow]) -> tuple[AccessRow, ...]:
    """By mover, agent, intent and address."""
    return tuple(
        sorted(rows, key=lambda row: (row.mover, row.agent, row.intent, row.change.subject, row.change.aspect))
    )
