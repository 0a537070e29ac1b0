"""The verdict that follows from what was found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.model.access import Comparison, Verdict, Witness


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


def summed(verdicts: Iterable[Verdict]) -> Verdict:
    """One verdict for several principals together: what any of them gains is gained."""
    found = frozenset(verdicts)
    if Verdict.INCOMPARABLE in found or {Verdict.WIDENS, Verdict.NARROWS} <= found:
        return Verdict.INCOMPARABLE
    order = (Verdict.WIDENS, Verdict.UNKNOWN, Verdict.MAY_WIDEN, Verdict.NARROWS)
    return next((verdict for verdict in order if verdict in found), Verdict.EQUAL)
