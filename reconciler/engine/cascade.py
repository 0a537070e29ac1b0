"""Replacing an object takes what stands on it along: it is deleted before and made again after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.model import Action, Address, Change

_KEPT = frozenset({Action.NO_OP, Action.UPDATE, Action.IMPORT, Action.ADOPT})


def cascade_replacements(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Rows where every dependent of a replaced object is replaced too."""
    replaced = {change.address for change in changes if change.action is Action.REPLACE}
    if not replaced:
        return tuple(changes)
    dependents: dict[Address, list[Change]] = {}
    for change in changes:
        for dependency in change.depends_on:
            dependents.setdefault(dependency, []).append(change)
    queue = list(replaced)
    while queue:
        for dependent in dependents.get(queue.pop(), ()):
            if dependent.action in _KEPT and dependent.address not in replaced:
                replaced.add(dependent.address)
                queue.append(dependent.address)
    return tuple(
        replace(change, action=Action.REPLACE) if change.address in replaced and change.action in _KEPT else change
        for change in changes
    )
