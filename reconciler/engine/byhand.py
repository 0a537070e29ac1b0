"""What no step can do: such rows announce no step, and say who can do it and how."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from reconciler.model import Action, Address, ByHand, Change
from specs.diagnostic import Diagnostic, warning

_REMOVING = frozenset({Action.DELETE, Action.REPLACE})


def left_by_hand(changes: Sequence[Change]) -> tuple[Change, ...]:
    """The rows, with BY_HAND where a step is bound to fail: by the provider's word, or for something that stands on
    the object and stays.
    """
    reasons = {
        change.address: change.before.by_hand
        for change in changes
        if change.writes and change.before is not None and change.before.by_hand is not None
    }
    if not reasons:
        return tuple(changes)
    rows = {change.address: change for change in changes}
    queue = list(reasons)
    while queue:
        above = rows[queue.pop()]
        for under in _stood_on(above):
            if under in rows and rows[under].action in _REMOVING and under not in reasons:
                why = f"{above.address} stands on it, and goes only by hand"
                reasons[under] = ByHand(why, "do that by hand, then plan again")
                queue.append(under)
    return tuple(_left(change, reasons.get(change.address)) for change in changes)


def told_by_hand(changes: Iterable[Change]) -> Iterator[Diagnostic]:
    """One warning for each row that is left."""
    for change in changes:
        if change.by_hand is not None:
            yield warning(
                "W518",
                f"{change.by_hand.why}; apply leaves it",
                subject=str(change.address),
                help=change.by_hand.how,
                span=change.origin.span if change.origin else None,
            )


def _stood_on(change: Change) -> Iterator[Address]:
    yield from change.depends_on
    yield from change.before.depends_on if change.before else ()


def _left(change: Change, reason: ByHand | None) -> Change:
    if reason is None:
        return change
    return replace(change, action=Action.BY_HAND, after=None, attributes=(), by_hand=reason)
