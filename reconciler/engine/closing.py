"""Who may and what may change together: what joins the two is replaced, so that it is shut while they change.

The order between the doors and the rules of one agent, over all systems, is engine.stages'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from reconciler.engine.session import Marks
from reconciler.engine.stages import (
    admits,
    allows,
    bounds,
    closings,
    holds_sessions,
    is_door,
    lets_others_in,
    reached,
    stages,
    whose_is,
    widens,
)
from reconciler.model import Action, Address, Change

_KEPT = frozenset({Action.NO_OP, Action.UPDATE, Action.IMPORT, Action.ADOPT})


def close_first(changes: Sequence[Change], marks: Marks) -> tuple[Change, ...]:
    """Rows where an object is replaced if it joins a change of who is admitted with a change of what is allowed.

    Updated one after the other, the two would for a moment, or for good if the second fails, give the new subject the
    old access, or the old one the new. Replaced, the object is deleted before either changes and made again after both.
    So is an object by which sessions were obtained that would gain: they end with it. And so is what allows on top of
    an object whose bounds change with it.
    """
    admitting = _addresses(changes, lambda change: admits(change, marks))
    bounding = _addresses(changes, lambda change: bounds(change, marks))
    allowing = _addresses(changes, lambda change: allows(change, marks) and not _is_set_back(change, marks))
    given = _addresses(changes, lambda change: widens(change, marks))
    rows = {change.address: change for change in changes}

    def joins(change: Change) -> bool:
        near = {change.address, *change.depends_on}
        if near & admitting and near & allowing:
            return True
        if change.address in allowing and not bounding.isdisjoint(change.depends_on):
            return True
        return change.address in admitting and _stands_on(change, rows, given)

    return _with_sessions(_replaced(changes, joins), admitting, marks)


def _with_sessions(changes: tuple[Change, ...], admitting: frozenset[Address], marks: Marks) -> tuple[Change, ...]:
    """Where the specs let somebody else in, what he had obtained who was let in before goes, and whatever would gain.

    Left to live, it would gain by the next plan: that one has nobody who goes.
    """
    moving = stages(changes, marks)
    rows = {change.address: change for change in changes}
    gaining = {whose: reached(stage, rows) for whose, stage in moving.items() if closings(whose, moving)}
    left = {whose_is(change, rows) for change in changes if lets_others_in(change, marks)} - {None}

    def gains(change: Change) -> bool:
        if not holds_sessions(change, marks) or (is_door(change, marks) and change.address not in admitting):
            return False
        whose = whose_is(change, rows)
        if whose in left and (not is_door(change, marks) or lets_others_in(change, marks)):
            return True
        standing = gaining.get(whose, frozenset()) if whose else frozenset()
        return change.address in standing or not standing.isdisjoint(change.depends_on)

    return _replaced(changes, gains)


def _is_set_back(change: Change, marks: Marks) -> bool:
    """Whether only its bounds move, back to what was applied: that gives nothing new."""
    return bounds(change, marks) and not widens(change, marks)


def _replaced(changes: Sequence[Change], which: Callable[[Change], bool]) -> tuple[Change, ...]:
    return tuple(
        replace(change, action=Action.REPLACE) if change.action in _KEPT and which(change) else change
        for change in changes
    )


def _stands_on(change: Change, rows: Mapping[Address, Change], some: frozenset[Address]) -> bool:
    """Whether it needs one of these, or needs what needs it."""
    queue, seen = list(change.depends_on), set(change.depends_on)
    while queue:
        address = queue.pop()
        if address in some:
            return True
        further = [] if address not in rows else [one for one in rows[address].depends_on if one not in seen]
        seen.update(further)
        queue.extend(further)
    return False


def _addresses(changes: Sequence[Change], which: Callable[[Change], bool]) -> frozenset[Address]:
    return frozenset(change.address for change in changes if which(change))
