"""What a change does to access: a verdict, and the requests that show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """New access against old. Sound: never EQUAL or NARROWS where something new is allowed."""

    EQUAL = "equal"
    NARROWS = "narrows"
    WIDENS = "widens"
    INCOMPARABLE = "incomparable"
    """Something is gained and something is lost."""
    MAY_WIDEN = "may-widen"
    """Something is gained if a condition that isn't modelled can hold."""
    UNKNOWN = "unknown"
    """Not decided within the budget, or a witness that the evaluator contradicts: to be treated as MAY_WIDEN."""


@dataclass(frozen=True, slots=True)
class Witness:
    """One request that one side allows and the other doesn't."""

    request: str
    """For people, without sign: ``s3:PutObject on arn:aws:s3:::orders/x``, ``read kv/data/orders/x``."""
    certain: bool = True
    """False where it hangs on a condition that isn't modelled."""
    note: str = ""
    """What else must hold, or what is special: a context, a name that doesn't exist yet."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A verdict with its witnesses: ``gains`` only the new side allows, ``loses`` only the old one."""

    verdict: Verdict
    gains: tuple[Witness, ...] = ()
    loses: tuple[Witness, ...] = ()
    notes: tuple[str, ...] = ()
    """Why it is UNKNOWN or MAY_WIDEN; what is equal today and wider tomorrow."""


def compared(
    gains: Sequence[Witness], loses: Sequence[Witness], notes: Sequence[str] = (), *, undecided: bool = False
) -> Comparison:
    """The verdict that follows from the witnesses. ``undecided``: a further gain couldn't be excluded."""
    certain = any(witness.certain for witness in gains)
    if certain:
        verdict = Verdict.INCOMPARABLE if loses else Verdict.WIDENS
    elif undecided:
        verdict = Verdict.UNKNOWN
    elif gains:
        verdict = Verdict.MAY_WIDEN
    else:
        verdict = Verdict.NARROWS if loses else Verdict.EQUAL
    return Comparison(verdict, tuple(gains), tuple(loses), tuple(notes))
