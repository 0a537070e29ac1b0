"""``--fail-on``: which rows meet which condition."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.access import Verdict
from reconciler.engine.gate import gate_of
from reconciler.model import DriftItem, DriftKind, Escalation, Mover, Plan
from reconciler.model.gate import Condition
from specs.diagnostic import Diagnostic, error, warning
from tests.render.plans import SPAN, at, created, drifted, plan, removed, verdict_row

WIDENING, MAY, GUARDRAIL, ESCALATION, UNMANAGED, DRIFT = Condition


def tripped(made: Plan) -> set[Condition]:
    return {one.condition for one in gate_of(made, Condition).tripped}


@pytest.mark.parametrize("mover", Mover)
@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict.WIDENS, {WIDENING}),
        (Verdict.INCOMPARABLE, {WIDENING}),
        (Verdict.MAY_WIDEN, {MAY}),
        (Verdict.UNKNOWN, {MAY}),
        (Verdict.NARROWS, set()),
        (Verdict.EQUAL, set()),
    ],
)
def test_verdicts(verdict: Verdict, expected: set[Condition], mover: Mover) -> None:
    assert tripped(plan(access=[verdict_row(verdict, mover)])) == expected


def test_every_verdict_is_tried() -> None:
    """A new verdict must be given to a condition, or to none, on purpose."""
    assert set(Verdict) == {"widens", "incomparable", "may-widen", "unknown", "narrows", "equal"}


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (error("W310", "no", span=SPAN), {GUARDRAIL}),
        (warning("W315", "hm"), {GUARDRAIL}),
        (warning("W302", "long"), {GUARDRAIL}),
        (warning("W317", "an exemption ends soon"), set()),
        (warning("W319", "an exemption lasts for years"), set()),
        (warning("W330", "overdue"), set()),
        (error("W501", "down"), set()),
        (warning("W503", "another's", subject='p.aws_iam_role["x"]'), {UNMANAGED}),
    ],
)
def test_findings(finding: Diagnostic, expected: set[Condition]) -> None:
    assert tripped(plan(diagnostics=[finding])) == expected


def test_a_new_path() -> None:
    one = Escalation(Mover.PLAN, "bot", "bot", "administrator of vault", False, (), (), ())
    assert tripped(replace(plan(), escalations=(one,))) == {ESCALATION}


def test_objects_that_no_spec_declares() -> None:
    assert tripped(plan([removed("rogue")])) == {UNMANAGED}
    assert tripped(plan(drift=[drifted("rogue")])) == {UNMANAGED, DRIFT}
    assert tripped(plan(drift=[DriftItem(at("gone"), DriftKind.MISSING)])) == {DRIFT}
    assert tripped(plan([created("new")])) == set()


def test_only_what_was_asked_about_and_each_row_once() -> None:
    made = plan([removed("rogue")], [verdict_row(Verdict.WIDENS)], drift=[drifted("rogue")])
    gate = gate_of(made, (UNMANAGED, UNMANAGED))
    assert gate.asked == (UNMANAGED,)
    assert [(one.condition, one.rows) for one in gate.tripped] == [(UNMANAGED, ('payments.aws_iam_role["rogue"]',))]


@pytest.mark.parametrize(
    ("finding", "named"),
    [
        (error("W310", "no", span=SPAN, subject="s"), f"W310 {SPAN}"),
        (error("W310", "no", subject="a subject"), "W310 a subject"),
        (error("W310", "no"), "W310"),
    ],
)
def test_a_guardrail_is_named_by_where_it_was_met(finding: Diagnostic, named: str) -> None:
    (found,) = gate_of(plan(diagnostics=[finding]), Condition).tripped
    assert found.rows == (named,)
