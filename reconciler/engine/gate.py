"""Which of the conditions of ``--fail-on`` hold for a plan."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from reconciler.access.rollup import PERHAPS_WIDER, WIDER
from reconciler.model import Cause, DriftKind, Plan, Verdict
from reconciler.model.gate import Condition, Gate, Tripped
from specs.diagnostic import Diagnostic

_GUARDRAIL = re.compile(r"W302|W31(?![79])\d|W32\d")
"""The codes of guardrails' findings: docs/diagnostics.md. W317 and W319 are about an exemption's end, which is to come:
they object to nothing yet."""
_LEFT_ALONE = "W503"
"""In the scope, with the marker of another environment, which anybody could have put there."""


def gate_of(plan: Plan, asked: Iterable[Condition]) -> Gate:
    """Each condition that was asked about and holds, with its rows, in the order of Condition."""
    wanted = frozenset(asked)
    conditions = tuple(condition for condition in Condition if condition in wanted)
    found = ((condition, tuple(dict.fromkeys(_ROWS[condition](plan)))) for condition in conditions)
    return Gate(conditions, tuple(Tripped(condition, rows) for condition, rows in found if rows))


def _access(plan: Plan, verdicts: frozenset[Verdict]) -> Iterator[str]:
    for row in plan.access:
        if row.change.comparison.verdict in verdicts:
            yield str(row.change.subject)


def _guardrail(plan: Plan) -> Iterator[str]:
    for finding in plan.diagnostics:
        if _GUARDRAIL.fullmatch(finding.code):
            yield _named(finding)


def _named(finding: Diagnostic) -> str:
    where = str(finding.span) if finding.span else finding.subject
    return f"{finding.code} {where}".rstrip()


def _unmanaged(plan: Plan) -> Iterator[str]:
    yield from (str(change.address) for change in plan.changes if change.cause is Cause.UNDECLARED)
    yield from (str(item.address) for item in plan.drift if item.kind is DriftKind.UNDECLARED)
    yield from (finding.subject for finding in plan.diagnostics if finding.code == _LEFT_ALONE)


def _escalation(plan: Plan) -> Iterator[str]:
    yield from (f"{one.source} → {one.target}" for one in plan.escalations)


def _drift(plan: Plan) -> Iterator[str]:
    yield from (str(item.address) for item in plan.drift)


_ROWS: Mapping[Condition, Callable[[Plan], Iterator[str]]] = {
    Condition.WIDENING: lambda plan: _access(plan, WIDER),
    Condition.MAY_WIDEN: lambda plan: _access(plan, PERHAPS_WIDER),
    Condition.GUARDRAIL: _guardrail,
    Condition.ESCALATION: _escalation,
    Condition.UNMANAGED: _unmanaged,
    Condition.DRIFT: _drift,
}
