"""What a plan does to access, for people: widenings first, then for each agent and intent what it gains and loses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from rich.text import Text

from reconciler.access.rollup import Total, alarm, by_pair, by_system, wider_first
from reconciler.model import AccessChange, AccessRow, Address, Aspect, Cause, DriftKind, Mover, Plan, Verdict
from reconciler.render.access import witness_note
from reconciler.render.safe import safe

MOST_ROWS = 50
"""Principals that a section shows."""
MOST_SYSTEMS = 20
"""Systems that the last lines name."""
MOST_WITNESSES = 8
"""Requests that a principal shows, each way."""

VERDICTS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.EQUAL: ("stays equal", "green"),
    Verdict.NARROWS: ("narrows", "green"),
    Verdict.WIDENS: ("widens", "red"),
    Verdict.INCOMPARABLE: ("gains and loses", "red"),
    Verdict.MAY_WIDEN: ("may widen", "yellow"),
    Verdict.UNKNOWN: ("can't be told: read it as a widening", "yellow"),
}
"""Words and colour."""

ASPECTS: Mapping[Aspect, str] = {
    Aspect.REACH: "what it may do",
    Aspect.TRUST: "who may become it",
    Aspect.LIFETIME: "for how long",
}


def sections(plan: Plan) -> Iterator[tuple[str, bool, tuple[Total, ...]]]:
    """Title, whether somebody must look, and what it holds: outside first, then by the plan, then all that is safe."""
    totals = by_pair(plan.access)
    for mover, title in _TITLES:
        found = [total for total in totals if total.alarms and total.mover is mover]
        if found:
            yield title, True, tuple(sorted(found, key=lambda total: alarm(total.verdict)))
    rest = tuple(total for total in totals if not total.alarms)
    if any(_told(total) for total in rest):
        yield "Access otherwise changes:", False, rest


_TITLES = (
    (Mover.OUTSIDE, "Access widened outside of Writ since the last apply, or may have:"),
    (Mover.PLAN, "Access widens by this plan, or may:"),
)


def access_lines(plan: Plan, *, full: bool = False) -> Iterator[Text]:
    """All sections, bounded unless ``full``; nothing where no access is touched."""
    strange = undeclared(plan)
    for title, alarms, totals in sections(plan):
        yield Text(title, "bold red" if alarms else "bold")
        rows = sum(len(_told(total)) for total in totals)
        lines = (line for total in totals for line in _total_lines(total, strange, full=full))
        yield from _bounded(lines, rows, full=full)
        yield Text()
    equal = sum(1 for row in plan.access if row.change.comparison.verdict is Verdict.EQUAL)
    if equal:
        whom = "1 principal's" if equal == 1 else f"{equal} principals'"
        yield Text(f"{whom} objects change, and the access stays equal.", "dim")
        yield Text()


def _bounded(lines: Iterator[tuple[Text, bool]], rows: int, *, full: bool) -> Iterator[Text]:
    """Stops before the row that is one too many, and says how many are left."""
    shown = 0
    for line, is_row in lines:
        shown += is_row
        if is_row and shown > MOST_ROWS and not full:
            yield Text(f"  … and {rows - MOST_ROWS} more: writ plan -full or -json tells all", "bold")
            return
        yield line


def undeclared(plan: Plan) -> frozenset[Address]:
    """What is there and in no spec."""
    rows = {change.address for change in plan.changes if change.cause is Cause.UNDECLARED}
    return frozenset(rows | {item.address for item in plan.drift if item.kind is DriftKind.UNDECLARED})


def systems_line(plan: Plan) -> str:
    """``By system: orders-db wider, vault narrower.``, or nothing: what the plan does to each as a whole."""
    totals = sorted(by_system(plan.access_by(Mover.PLAN)), key=lambda total: total.name)
    named = [f"{safe(total.name[0])} {_COUNTED[total.verdict]}" for total in totals[:MOST_SYSTEMS]]
    more = [f"and {len(totals) - MOST_SYSTEMS} more"] if len(totals) > MOST_SYSTEMS else []
    return f"By system: {', '.join((*named, *more))}." if totals else ""


def summary_line(plan: Plan) -> str:
    """``Access: 2 wider, 1 narrower; outside: 1 wider.``, or nothing."""
    found = {mover: counted(plan.access_by(mover)) for mover in (Mover.PLAN, Mover.OUTSIDE)}
    parts = [found[Mover.PLAN] or "not touched by this plan"]
    parts += [f"changed outside: {found[Mover.OUTSIDE]}"] if found[Mover.OUTSIDE] else []
    return f"Access: {'; '.join(parts)}." if any(found.values()) else ""


def _total_lines(total: Total, strange: frozenset[Address], *, full: bool) -> Iterator[tuple[Text, bool]]:
    told = _told(total)
    for index, row in enumerate(wider_first(told)):
        head = [_pair_line(total)] if index == 0 else []
        first, *rest = (*head, *_row_lines(row, strange, full=full))
        yield first, True
        yield from ((line, False) for line in rest)


def _told(total: Total) -> tuple[AccessRow, ...]:
    return tuple(row for row in total.rows if row.change.comparison.verdict is not Verdict.EQUAL)


def _pair_line(total: Total) -> Text:
    agent, intent = total.name
    who = f"{safe(agent)} may {safe(intent)}" if agent and intent else safe(agent) or "no agent's own"
    words, colour = VERDICTS[total.verdict]
    return Text.assemble((f"  {who}: ", "bold"), (words, f"bold {colour}"))


def _row_lines(row: AccessRow, strange: frozenset[Address], *, full: bool) -> Iterator[Text]:
    """One principal: its address and verdict, then what it gains (+) and loses (-)."""
    change = row.change
    words, colour = VERDICTS[change.comparison.verdict]
    whose = "  (no spec declares it)" if change.subject in strange else ""
    yield Text.assemble(f"    {safe(str(change.subject))}: {ASPECTS[change.aspect]} ", (words, colour), (whose, "dim"))
    yield from _witnesses(change, full=full)
    yield from (Text(f"      ({safe(note)})", "dim") for note in change.comparison.notes)


def _witnesses(change: AccessChange, *, full: bool) -> Iterator[Text]:
    found = change.comparison
    for sign, colour, witnesses in (("+", "red", found.gains), ("-", "green", found.loses)):
        most = len(witnesses) if full else MOST_WITNESSES
        for witness in islice(witnesses, most):
            yield Text.assemble(
                (f"      {sign} ", f"bold {colour}"), safe(witness.request), (witness_note(witness), "dim")
            )
        if len(witnesses) > most:
            yield Text(f"      {sign} … and {len(witnesses) - most} more", colour)


def counted(rows: Iterable[AccessRow]) -> str:
    """``2 widen, 1 narrows``-like counts of verdicts for one mover; empty where there is none."""
    counts: dict[Verdict, int] = {}
    for row in rows:
        verdict = row.change.comparison.verdict
        counts[verdict] = counts.get(verdict, 0) + 1
    return ", ".join(f"{counts[verdict]} {word}" for verdict, word in _COUNTED.items() if verdict in counts)


_COUNTED: Mapping[Verdict, str] = {
    Verdict.WIDENS: "wider",
    Verdict.INCOMPARABLE: "wider and narrower",
    Verdict.MAY_WIDEN: "perhaps wider",
    Verdict.UNKNOWN: "unknown",
    Verdict.NARROWS: "narrower",
    Verdict.EQUAL: "equal",
}
