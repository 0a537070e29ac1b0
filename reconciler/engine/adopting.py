"""Taking over what stands already, because the specs name it: only where nobody's access changes by that."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from reconciler.engine.session import Marks
from reconciler.model import Action, Address, Change, Desired, Ownership, State
from specs.diagnostic import Diagnostic, error

_CHANGED = frozenset({Action.UPDATE, Action.REPLACE})


def adopted(
    changes: Sequence[Change],
    desired: Mapping[Address, Desired],
    state: State,
    wording: Collection[Address],
    marks: Marks,
) -> tuple[tuple[Change, ...], tuple[Diagnostic, ...]]:
    """The rows, with IMPORT where our words are all that is missing; and an error for each object that differs in more.

    ``wording``: rows whose documents say the same in other words (engine.wording).
    """
    found = {row.address for row in changes if _is_new(row, desired, state)}
    if not found:
        return tuple(changes), ()
    plain = {row.address for row in changes if row.address in found and not _more(row, wording, marks)}
    rows = tuple(replace(row, action=Action.IMPORT) if row.address in plain else row for row in changes)
    return rows, tuple(_refusal(row, wording, marks) for row in changes if row.address in found - plain)


def _is_new(row: Change, desired: Mapping[Address, Desired], state: State) -> bool:
    wanted, live = desired.get(row.address), row.before
    if wanted is None or live is None or not wanted.adopts or row.address in state.objects:
        return False
    return row.action in _CHANGED and live.ownership is not Ownership.OURS


def _more(row: Change, wording: Collection[Address], marks: Marks) -> list[str]:
    """Attributes that are more than words."""
    known = marks.get(row.address.system, {}).get(row.address.type, {})
    plain = (one.name for one in row.attributes if not (one.name in known and known[one.name].words))
    return [] if row.address in wording else list(plain)


def _refusal(row: Change, wording: Collection[Address], marks: Marks) -> Diagnostic:
    names = ", ".join(_more(row, wording, marks))
    return error(
        "W519",
        f"{row.address} stands already, the specs name it, and it differs: {names}; nothing is taken over by a change",
        subject=str(row.address),
        help="make the specs say what is there (writ import does), or change it by hand first",
        span=row.origin.span if row.origin else None,
    )
