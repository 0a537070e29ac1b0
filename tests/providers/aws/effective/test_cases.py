"""Cases by hand: what changes, the verdict, and what a witness says."""

from __future__ import annotations

from typing import Any

import pytest

from providers.aws.effective.document import Policy
from providers.aws.effective.evaluator import Principal
from tests.providers.aws.effective.cases import HOME, KNOWN, RESOURCES, SHAPES, VARIABLES, Case, O
from tests.providers.aws.effective.cases_conditions import CONDITIONS, SETS, UNMODELLED
from tests.providers.aws.effective.helpers import both_ways, deny, policy, principal, short, statement, when

CASES = [*KNOWN, *SHAPES, *RESOURCES, *VARIABLES, *CONDITIONS, *SETS, *UNMODELLED]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_case(case: Case) -> None:
    old, new = (principal(*statements) if statements else None for statements in (case.old, case.new))
    found = both_ways(old, new)
    assert found.verdict == case.verdict, found
    witnesses = [*found.gains, *found.loses]
    assert bool(witnesses) is (case.verdict != "equal")
    if witnesses:
        assert case.shows in short(witnesses[0].request)
        assert case.note in witnesses[0].note
    assert [one.certain for one in found.gains] == [case.verdict not in ("may-widen", "unknown")] * len(found.gains)


def test_there_are_enough_cases() -> None:
    assert len(CASES) - len(KNOWN) >= 70


def compose(identity: list[Any], boundary: list[Any] | None = None, session: list[Any] | None = None) -> Principal:
    layers = (None if layer is None else (policy(*layer),) for layer in (boundary, session))
    return Principal((policy(*identity),), *layers)


ALL = statement("*", "*")


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (compose([O]), compose([O], [ALL]), "equal"),
        (compose([ALL]), compose([ALL], [O]), "narrows"),
        (compose([ALL], [O]), compose([O], [ALL]), "equal"),
        (compose([ALL], [O]), compose([ALL], [O], [ALL]), "equal"),
        (compose([ALL], [O]), compose([ALL]), "widens"),
        (compose([O], [O]), compose([statement("s3:*", "*")], [O]), "equal"),
        (compose([O], [ALL]), compose([O], [ALL], [statement("s3:PutObject", "*")]), "narrows"),
        (compose([O], [ALL, deny("s3:*", "orders/a*")]), compose([O]), "widens"),
        (compose([O]), compose([O], [statement(resource="other/*")]), "narrows"),
        (None, compose([O], [statement(resource="other/*")]), "equal"),
        (None, compose([statement(resource="a*")], [statement(resource="*b")]), "widens"),
        (None, compose([statement(resource=HOME)], [statement(resource="home/bob/*")]), "widens"),
        (None, compose([statement(resource=HOME)], [statement(resource="*/b*/*")]), "widens"),
        (None, compose([statement(resource=HOME)], [statement(resource="home/*")]), "widens"),
        (None, compose([O], []), "equal"),
        (Principal((policy(O), policy(statement("s3:PutObject")))), compose([O, statement("s3:PutObject")]), "equal"),
        (Principal((policy(O),)), Principal((policy(O), policy(deny(resource="*")))), "narrows"),
    ],
)
def test_composition_comes_before_comparison(old: Principal | None, new: Principal, verdict: str) -> None:
    assert both_ways(old, new).verdict == verdict


def test_old_versions_have_no_variables() -> None:
    text = statement(resource=HOME)
    old, new = (Principal((policy(text, version=version),)) for version in ("2008-10-17", "2012-10-17"))
    found = both_ways(old, new)
    assert found.verdict == "incomparable"
    moon = when("Moon", "k:a", "${aws:username}")
    old_moon, new_moon = (Principal((policy(moon, version=version),)) for version in ("2008-10-17", "2012-10-17"))
    assert both_ways(old_moon, new_moon).verdict == "may-widen"
    without = Policy.of({"Statement": text})
    assert both_ways(old, Principal((without,))).verdict == "equal"
