"""The plan as a comment on a pull request: what widens on top, details folded, never over GitHub's limit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from reconciler.access.rollup import wider_first
from reconciler.model import AccessRow, Address, Change, Deed, Plan, RetirementRow, Ttl, Verdict
from reconciler.model.gate import Gate
from reconciler.render.access_text import ASPECTS, VERDICTS, counted, sections, summary_line, systems_line, undeclared
from reconciler.render.diagnostics import summary
from reconciler.render.gate import gate_line
from reconciler.render.markdown import code, cut, fenced, harmless, marker, plain, size
from reconciler.render.plan_text import change_lines, summary_lines, wording_line
from reconciler.render.retirement import details, headline, meter_line
from reconciler.render.ttls import outlived, outlived_by
from specs.diagnostic import Diagnostic, Severity

T = TypeVar("T")

LIMIT = 65_536
"""Characters that a comment on GitHub may have."""
_BUDGET = LIMIT - 1_536
"""UTF-8 bytes of the body: never fewer than its characters. The rest is for what was cut."""
_WITNESSES = 5
_NOTES = 3
_OBJECT_BYTES = 6_000
_LINE_BYTES = 400


@dataclass(slots=True)
class _Body:
    lines: list[str] = field(default_factory=list)
    left: int = _BUDGET
    cut: list[str] = field(default_factory=list)
    """What was left out, in words."""

    def add(self, *lines: str) -> None:
        shown = harmless(lines)
        self.lines += shown
        self.left -= size(shown)

    def fitting(self, items: Sequence[T], lines_of: Callable[[T], list[str]], share: float, what: str) -> list[str]:
        """As many items, in their order, as fit in a share of what is left; how many aren't there is noted."""
        room = int(max(self.left, 0) * share)
        shown: list[str] = []
        for index, item in enumerate(items):
            lines = harmless(lines_of(item))
            room -= size(lines)
            if room < 0:
                self.cut.append(f"{len(items) - index:,} of {len(items):,} {what}")
                break
            shown += lines
        return shown


def plan_markdown(plan: Plan, gate: Gate | None = None) -> list[str]:
    """The comment's lines. The first is the hidden marker by which it is updated in place."""
    body = _Body()
    body.add(marker(plan.environment), f"## Writ plan: {code(plan.environment, 100)}", "", *_summary(plan, gate))
    place = len(body.lines)
    strange = undeclared(plan)
    for title, alarms, totals in sections(plan):
        if alarms:
            rows = wider_first([row for total in totals for row in total.rows if not _is_equal(row)])
            shown = body.fitting(rows, lambda row: _row(row, strange), 0.6, "widenings")
            body.add("", f"### {title.rstrip(':')}", *shown)
    _fold_findings(body, plan.diagnostics)
    _fold_the_rest(body, plan)
    _fold_ttls(body, plan)
    _fold_retirements(body, plan)
    _fold_objects(body, plan)
    if body.cut:
        whole = "`writ show -full FILE` shows all of the saved plan."
        body.lines[place:place] = ["", f"**Left out, to fit in a comment:** {'; '.join(body.cut)}. {whole}"]
    return body.lines


def _summary(plan: Plan, gate: Gate | None) -> Iterator[str]:
    for line in summary_lines(plan):
        yield f"**{line.plain}**"
        yield ""
    if access := summary_line(plan):
        yield f"- {access.rstrip('.')}"
    if systems := systems_line(plan):
        yield f"- {code(systems.rstrip('.'), 1_500)}"
    if plan.meter is not None:
        yield f"- {code(meter_line(plan.meter).rstrip('.'), 600)}"
    if plan.drift:
        moved = "object is not as it was" if len(plan.drift) == 1 else "objects are not as they were"
        yield f"- Drift: {len(plan.drift):,} {moved} applied"
    if plan.diagnostics:
        yield f"- Findings: {summary(plan.diagnostics)}"
    if gate is not None and gate.tripped:
        yield f"- **Stopped.** {code(gate_line(gate).plain, 1_500)}"
    elif gate is not None and gate.asked and plan.errored:
        yield "- Not judged: with errors nobody knows what holds"
    elif gate is not None and gate.asked:
        yield f"- Passed: none of {', '.join(condition.value for condition in gate.asked)}"


def _is_equal(row: AccessRow) -> bool:
    return row.change.comparison.verdict is Verdict.EQUAL


def _row(row: AccessRow, strange: frozenset[Address]) -> list[str]:
    found = row.change.comparison
    who = (
        f"{code(row.agent)} may {code(row.intent)}"
        if row.intent
        else code(row.agent)
        if row.agent
        else "no agent's own"
    )
    who = "no spec declares it" if row.change.subject in strange else who
    words, _ = VERDICTS[found.verdict]
    lines = [f"- **{who}**, {code(str(row.change.subject))}: {ASPECTS[row.change.aspect]} **{words}**"]
    for sign, witnesses in (("+", found.gains), ("-", found.loses)):
        for one in witnesses[:_WITNESSES]:
            doubt = "" if one.certain else " perhaps"
            note = f" ({code(one.note)})" if one.note else ""
            lines.append(f"  - **{sign}**{doubt} {code(one.request)}{note}")
        if len(witnesses) > _WITNESSES:
            lines.append(f"  - **{sign}** … and {len(witnesses) - _WITNESSES:,} more")
    return [*lines, *(f"  - {code(note)}" for note in found.notes[:_NOTES])]


def _fold(body: _Body, title: str, lines: Sequence[str], *, opened: bool = False) -> None:
    if lines:
        # The blank lines make Markdown of what stands between the tags.
        body.add("", f"<details{' open' if opened else ''}><summary>{title}</summary>", "", *lines, "", "</details>")


def _fold_findings(body: _Body, diagnostics: Sequence[Diagnostic]) -> None:
    errors_first = sorted(diagnostics, key=lambda one: one.severity is not Severity.ERROR)
    shown = body.fitting(errors_first, _finding, 0.4, "findings")
    failed = any(one.severity is Severity.ERROR for one in diagnostics)
    _fold(body, f"Findings: {summary(diagnostics)}", shown, opened=failed)


def _finding(found: Diagnostic) -> list[str]:
    where = f"{code(str(found.span))} " if found.span else f"{code(found.subject)} " if found.subject else ""
    lines = [f"- {found.severity.value} **{plain(found.code)}** {where}", f"  - {code(found.message, 600)}"]
    return [*lines, f"  - help: {code(found.help)}"] if found.help else lines


def _fold_the_rest(body: _Body, plan: Plan) -> None:
    safe_rows = [row for _, alarms, totals in sections(plan) if not alarms for total in totals for row in total.rows]
    rows = [row for row in safe_rows if not _is_equal(row)]
    strange = undeclared(plan)
    shown = body.fitting(rows, lambda row: _row(row, strange), 0.4, "other changes of access")
    _fold(body, f"Access otherwise changes: {counted(safe_rows)}", shown)


def _fold_ttls(body: _Body, plan: Plan) -> None:
    longer = outlived(plan)
    shown = body.fitting(longer, _ttl, 0.4, "TTLs")
    _fold(body, f"TTLs that a system lets a credential outlive: {len(longer):,}", shown)


def _ttl(one: Ttl) -> list[str]:
    whose = f"{code(one.agent)} may {code(one.intent)} on {code(one.system)}"
    return [f"- {whose}: {outlived_by(one)}", f"  - {code(one.limit.why)}"]


def _fold_retirements(body: _Body, plan: Plan) -> None:
    shown = body.fitting(plan.retirements, _retirement, 0.4, "retirements")
    moving = any(row.deed is not Deed.NOTHING or row.stopped for row in plan.retirements)
    _fold(body, f"Retirements: {len(plan.retirements):,}", shown, opened=moving)


def _retirement(row: RetirementRow) -> list[str]:
    return [f"- {code(headline(row))}", *(f"  - {code(line)}" for line in details(row))]


def _fold_objects(body: _Body, plan: Plan) -> None:
    # The fence grows with the longest run of backticks in it: a line has at most _LINE_BYTES of them, twice.
    body.left -= 2 * _LINE_BYTES + 400
    shown = body.fitting(plan.rows, lambda change: [*_object(change, plan), ""], 1.0, "objects")
    if shown:
        _fold(body, f"Objects: {len(plan.rows):,}", fenced(shown, "diff"))


def _object(change: Change, plan: Plan) -> list[str]:
    if change.address in plan.wording:
        text = [wording_line(change)]
    else:
        text = list(change_lines(change, destroy=plan.destroy))
    lines = [_DIFF.sub(r"\2\1", plain(line.plain, _LINE_BYTES)) for line in text]
    if size(lines) <= _OBJECT_BYTES:
        return lines
    return [lines[0], cut(f"  # ({len(lines):,} lines, left out for their length)", _LINE_BYTES)]


_DIFF = re.compile(r"^( +)([+-])(?= )")
"""Marks to the line's start, where a ``diff`` block colours them."""
