"""``-target``: a plan narrowed to some objects and what they need."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from reconciler.engine.session import Marks
from reconciler.engine.stages import closings, stages
from reconciler.model import Action, Address, Change, Origin

_REMOVING = frozenset({Action.DELETE, Action.REPLACE})


def narrowed(
    changes: Sequence[Change], targets: Collection[str], marks: Marks
) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """The rows that the targets name, with their dependencies (and, for removals, their dependents), and with what
    must be closed before something is widened, or narrowed before somebody comes in (engine.stages).

    A target is an address, a system, ``AGENT`` or ``AGENT/INTENT``. Also returns the targets that name nothing.
    """
    if not targets:
        return tuple(changes), ()
    unknown = tuple(t for t in targets if not any(_matches(change, t) for change in changes))
    kept = {change.address for change in changes if any(_matches(change, t) for t in targets)}
    by_address = {change.address: change for change in changes}
    queue = list(kept)
    while queue:
        _close(kept, queue, by_address)
        queue = sorted(_earlier(changes, kept, marks) - kept)
        kept.update(queue)
    return tuple(change for change in changes if change.address in kept), unknown


def needed_systems(
    kept: Collection[Change], known: Mapping[Address, Origin], targets: Collection[str]
) -> frozenset[str]:
    """Systems that a narrowed plan is about: of its rows, of what they are made on, and of all that the targets name.

    ``known``: the desired and the recorded objects, those of systems that couldn't be read included.
    """
    rows = {change.address.system for change in kept}
    under = {address.system for change in kept if change.after is not None for address in change.depends_on}
    named = {address.system for address, origin in known.items() if any(_names(t, address, origin) for t in targets)}
    return frozenset(rows | under | named)


def _matches(change: Change, target: str) -> bool:
    return _names(target, change.address, change.origin)


def _names(target: str, address: Address, origin: Origin | None) -> bool:
    if target in {str(address), address.system}:
        return True
    if origin is None or not origin.agent:
        return False
    return target in {origin.agent, f"{origin.agent}/{origin.intent}"}


def _earlier(changes: Sequence[Change], kept: set[Address], marks: Marks) -> set[Address]:
    """What must have moved before what is kept may."""
    moving = stages(changes, marks)
    found: set[Address] = set()
    for whose, stage in moving.items():
        opening = not kept.isdisjoint(stage.opening)
        if opening:
            found.update(stage.narrowing)
        if opening or not kept.isdisjoint(stage.widening):
            found.update(closings(whose, moving))
    return found


def _close(kept: set[Address], queue: list[Address], rows: dict[Address, Change]) -> None:
    """Adds all that the queued addresses need."""
    dependents: dict[Address, list[Address]] = {}
    for change in rows.values():
        for dependency in change.depends_on:
            dependents.setdefault(dependency, []).append(change.address)
    while queue:
        change = rows[queue.pop()]
        linked = change.depends_on if change.after is not None else ()
        if change.action in _REMOVING:
            linked = (*linked, *dependents.get(change.address, ()))
        for address in linked:
            if address in rows and address not in kept:
                kept.add(address)
                queue.append(address)
