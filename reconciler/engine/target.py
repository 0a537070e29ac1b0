"""``-target``: a plan narrowed to some objects and what they need."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from reconciler.model import Action, Address, Change

_REMOVING = frozenset({Action.DELETE, Action.REPLACE})


def narrowed(changes: Sequence[Change], targets: Collection[str]) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """The rows that the targets name, with their dependencies (and, for removals, their dependents).

    A target is an address, a system, ``AGENT`` or ``AGENT/INTENT``. Also returns the targets that name nothing.
    """
    if not targets:
        return tuple(changes), ()
    unknown = tuple(t for t in targets if not any(_matches(change, t) for change in changes))
    kept = {change.address for change in changes if any(_matches(change, t) for t in targets)}
    by_address = {change.address: change for change in changes}
    _close(kept, by_address)
    return tuple(change for change in changes if change.address in kept), unknown


def _matches(change: Change, target: str) -> bool:
    if target in {str(change.address), change.address.system}:
        return True
    if change.origin is None or not change.origin.agent:
        return False
    return target in {change.origin.agent, f"{change.origin.agent}/{change.origin.intent}"}


def _close(kept: set[Address], rows: dict[Address, Change]) -> None:
    dependents: dict[Address, list[Address]] = {}
    for change in rows.values():
        for dependency in change.depends_on:
            dependents.setdefault(dependency, []).append(change.address)
    queue = list(kept)
    while queue:
        change = rows[queue.pop()]
        linked = change.depends_on if change.after is not None else ()
        if change.action in _REMOVING:
            linked = (*linked, *dependents.get(change.address, ()))
        for address in linked:
            if address in rows and address not in kept:
                kept.add(address)
                queue.append(address)
