"""Desired, live and last applied, three ways, to rows: what would be done, and who moved."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from reconciler.engine.cause import attribute_changes, overall
from reconciler.engine.others import Strays, is_left_to_others
from reconciler.engine.session import Marks
from reconciler.model import Action, Address, Applied, Cause, Change, Desired, Live, Ownership, Snapshot, State
from specs.diagnostic import Diagnostic, error, warning

_NOT_OURS = frozenset({Ownership.FOREIGN, Ownership.OTHER})


@dataclass(frozen=True, slots=True)
class Planned:
    """The rows, sorted by address, and what stands in the way."""

    changes: tuple[Change, ...]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class _Three:
    """The three views of one address."""

    address: Address
    desired: Desired | None
    live: Live | None
    applied: Applied | None
    left: bool
    """Undeclared, and another's by its marker."""
    moved: bool = False
    """Out of the scope, and the very object that is recorded under another name."""


def plan_changes(
    desired: Mapping[Address, Desired], snapshots: Mapping[str, Snapshot], state: State, marks: Marks
) -> Planned:
    """Rows for every system that was read. A system without a snapshot has no rows: unknown is never 'deleted'."""
    changes: list[Change] = []
    diagnostics: list[Diagnostic] = []
    taken: set[Address] = set()
    for three in _views(desired, snapshots, state):
        found = _row(three, marks)
        if isinstance(found, Change):
            changes.append(found)
        elif found is not None:
            diagnostics.append(found)
            taken.add(three.address)
    kept = (row for row in changes if row.cause is not Cause.UNDECLARED or not in_anothers(row.before, taken))
    return Planned(tuple(kept), tuple(diagnostics))


def in_anothers(live: Live | None, taken: Collection[Address]) -> bool:
    """Whether what nobody declared hangs on an object that isn't ours: then it is its owner's business."""
    return live is not None and live.ownership in _NOT_OURS and any(needed in taken for needed in live.depends_on)


def left_to_others(
    desired: Mapping[Address, Desired], snapshots: Mapping[str, Snapshot], state: State
) -> tuple[Diagnostic, ...]:
    """Warnings of what lies in a scope and is marked as another environment's or system's."""
    return tuple(
        _scope_shared(three.address, three.live)
        for three in _views(desired, snapshots, state)
        if three.live is not None and is_left_to_others(three.live, state)
    )


def _is_anothers(live: Live, applied: Applied | None) -> bool:
    return live.is_anothers(recorded=applied is not None, native_id=applied.native_id if applied else "")


def _views(desired: Mapping[Address, Desired], snapshots: Mapping[str, Snapshot], state: State) -> list[_Three]:
    live = {address: found for snapshot in snapshots.values() for address, found in snapshot.objects.items()}
    addresses = desired.keys() | live.keys() | state.objects.keys()
    moved = Strays.of(snapshots, state).moved
    return [
        _Three(
            address,
            desired.get(address),
            live.get(address),
            state.objects.get(address),
            left=address in live and is_left_to_others(live[address], state),
            moved=address in moved,
        )
        for address in sorted(addresses)
        if address.system in snapshots
    ]


def _row(three: _Three, marks: Marks) -> Change | Diagnostic | None:
    if three.live is None:
        return _create(three, three.desired) if three.desired else _forget(three)
    if three.desired is None:
        return _delete(three, three.live)
    # Of our marker outside the scope: another project may have chosen our names.
    strange = three.live.ownership in _NOT_OURS or (three.live.ownership is Ownership.OURS and not three.live.in_scope)
    unknown = three.applied is None and strange and not three.moved
    if not _is_meant(three, three.desired, three.live) and (unknown or _is_anothers(three.live, three.applied)):
        return _name_taken(three.address, three.desired, three.live)
    return _compare(three, three.desired, three.live, marks)


def _is_meant(three: _Three, wanted: Desired, live: Live) -> bool:
    """Whether the specs name this very object, so that it needs no marker of ours to be looked at as theirs."""
    recorded = three.applied.native_id if three.applied else ""
    made_anew = bool(recorded and live.native_id) and recorded != live.native_id
    return wanted.adopts and live.ownership is not Ownership.OTHER and not made_anew


def _create(three: _Three, wanted: Desired) -> Change:
    cause = Cause.SPEC if three.applied is None else Cause.OUTSIDE
    return Change(
        three.address,
        Action.CREATE,
        cause,
        None,
        wanted.resource,
        origin=wanted.origin,
        depends_on=wanted.depends_on,
    )


def _forget(three: _Three) -> Change | None:
    if three.applied is None:
        return None
    # What is there and somebody else's is told with it: a saved plan is stale only once that changes.
    return Change(three.address, Action.FORGET, Cause.OUTSIDE, three.live, None, origin=three.applied.origin)


def _delete(three: _Three, live: Live) -> Change | Diagnostic | None:
    if three.left:
        return _scope_shared(three.address, live)
    if three.applied is not None and _is_anothers(live, three.applied):
        return _forget(three)
    if three.applied is None and not live.in_scope and not three.moved:
        return None
    recorded = three.applied.depends_on if three.applied else ()
    return Change(
        three.address,
        Action.DELETE,
        _why_gone(three.applied, live),
        live,
        None,
        origin=three.applied.origin if three.applied else None,
        depends_on=tuple(dict.fromkeys((*recorded, *live.depends_on))),
    )


def _why_gone(applied: Applied | None, live: Live) -> Cause:
    if applied is None:
        return Cause.UNDECLARED
    return Cause.EXPIRED if live.overdue else Cause.SPEC


def _compare(three: _Three, wanted: Desired, live: Live, marks: Marks) -> Change:
    type_marks = marks[three.address.system].get(three.address.type, {})
    attributes = attribute_changes(wanted.resource, live.resource, three.applied, type_marks)
    if any(change.replaces for change in attributes):
        action = Action.REPLACE
    elif attributes:
        action = Action.UPDATE
    else:
        action = Action.NO_OP if three.applied else Action.ADOPT
    return Change(
        three.address,
        action,
        overall(attributes),
        live,
        wanted.resource,
        attributes,
        wanted.origin,
        wanted.depends_on,
    )


def _name_taken(address: Address, wanted: Desired, live: Live) -> Diagnostic:
    marked = live.ownership is Ownership.OURS
    why = live.note or ("it carries our marker, outside this scope" if marked else "it lacks our marker")
    return error(
        "W502",
        f"{address} exists already and is not ours: {why}",
        subject=str(address),
        help="rename or remove that object, or choose another prefix or path for the system",
        span=wanted.origin.span,
    )


def _scope_shared(address: Address, live: Live) -> Diagnostic:
    """A warning: it is left alone, and so whoever forges a marker can't stop all else from being healed."""
    return warning(
        "W503",
        f"{address} lies within this system's scope, but {live.note}: it is left alone",
        subject=str(address),
        help="give each environment and system a prefix, path or mount of its own; remove it if nobody owns it",
    )
