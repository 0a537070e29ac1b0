"""Changes of nothing but wording: another text for the same access."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from reconciler.engine.session import Marks
from reconciler.model import AccessRow, Action, Address, AttributeChange, Change, Mover, Value, Verdict
from reconciler.provider import Attribute

_CHANGED = frozenset({Action.UPDATE, Action.IMPORT})
_WHOLE = frozenset({Action.CREATE, Action.DELETE})
_Pair = tuple[str, str, str]
"""System, agent and intent."""


def wording_only(
    changes: Collection[Change], access: Iterable[AccessRow], marks: Marks, *, words: bool = False
) -> frozenset[Address]:
    """The objects that are updated in nothing but documents that say who may do what, to nobody's gain or loss.

    Only where the provider compared the pair's access and found it equal, and found no stranger's changed in that
    system: what nobody compared is never 'only wording'. A stranger that the plan itself makes or removes, such as an
    auth mount, gains or loses by that. Everything else (a TTL, a limit) is no wording; with ``words``, what is marked
    so is.
    """
    whole = {change.address for change in changes if change.action in _WHOLE}
    equal, moved = _compared(row for row in access if row.agent or row.change.subject not in whole)
    return frozenset(
        change.address
        for change in changes
        if change.action in _CHANGED
        and (pair := _pair(change)) in equal
        and not moved & {pair, (change.address.system, "", "")}
        and _documents(change.attributes, _marks(change, marks), words=words)
    )


def _compared(access: Iterable[AccessRow]) -> tuple[set[_Pair], set[_Pair]]:
    equal: set[_Pair] = set()
    moved: set[_Pair] = set()
    for row in access:
        if row.mover is Mover.PLAN:
            side = equal if row.change.comparison.verdict is Verdict.EQUAL else moved
            side.add((row.system, row.agent, row.intent))
    return equal, moved


def _pair(change: Change) -> _Pair | None:
    origin = change.origin
    return (change.address.system, origin.agent, origin.intent) if origin and origin.agent else None


def _marks(change: Change, marks: Marks) -> Mapping[str, Attribute]:
    return marks.get(change.address.system, {}).get(change.address.type, {})


def _documents(changes: Iterable[AttributeChange], marks: Mapping[str, Attribute], *, words: bool) -> bool:
    return all(
        (mark := marks.get(change.name)) is not None
        and (
            (words and mark.words)
            or ((mark.admits or mark.allows) and _is_text(change.before) and _is_document(change.after))
        )
        for change in changes
    )


def _is_text(value: Value) -> bool:
    """What stands may be a document in one line: hands write policies so, and Terraform."""
    return isinstance(value, str) and bool(value)


def _is_document(value: Value) -> bool:
    return isinstance(value, str) and ("\n" in value or value.startswith("{"))
