"""Who may and what may change together: closed first, so that nobody new meets the old access, nor the reverse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.engine.session import Marks
from reconciler.model import Action, Address, Change
from reconciler.provider import Attribute

_KEPT = frozenset({Action.NO_OP, Action.UPDATE, Action.ADOPT})


def close_first(changes: Sequence[Change], marks: Marks) -> tuple[Change, ...]:
    """Rows where an object is replaced if it joins a change of who is admitted with a change of what is allowed.

    Updated one after the other, the two would for a moment, or for good if the second fails, give the new subject the
    old access. Replaced, the object is deleted before either changes and made again after both.
    """
    admitting = _touched(changes, marks, "admits")
    allowing = _touched(changes, marks, "allows")
    if not admitting or not allowing:
        return tuple(changes)
    return tuple(
        replace(change, action=Action.REPLACE)
        if change.action in _KEPT and _joins(change, admitting) and _joins(change, allowing)
        else change
        for change in changes
    )


def _joins(change: Change, touched: Iterable[Address]) -> bool:
    return change.address in touched or any(needed in touched for needed in change.depends_on)


def _touched(changes: Sequence[Change], marks: Marks, mark: str) -> frozenset[Address]:
    return frozenset(
        change.address
        for change in changes
        if change.action is Action.UPDATE and _has(change, marks[change.address.system], mark)
    )


def _has(change: Change, types: Mapping[str, Mapping[str, Attribute]], mark: str) -> bool:
    marks = types.get(change.address.type, {})
    return any(item.name in marks and getattr(marks[item.name], mark) for item in change.attributes)
