"""Rogue grants that reach what a guardrail forbids are findings of the plan, on real servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reconciler.model import Plan
from reconciler.workflow.planning import Options, plan_of
from specs.diagnostic import Diagnostic, Severity
from tests.conformance.suite import Bench, bench
from tests.e2e.conftest import Ground
from tests.e2e.vandalisms import ALL
from tests.thorough import sampled

LIMITS = """apiVersion: writ/v1
kind: Guardrail
metadata: {name: crown-jewels}
spec:
  never:
    - {system: payments, actions: ["iam:*"], resources: ["*"]}
    - {system: vault, paths: [kv/data/payroll/*, database/config/*]}
    - {system: orders-db, privileges: [SELECT], tables: [public.refunds]}
    - {system: orders-db, privileges: [UPDATE, DELETE], tables: ["*"]}
"""


@pytest.fixture(scope="module")
def on(ground: Ground) -> Iterator[Bench]:
    file = ground.world.specs / "crown-jewels.yaml"
    file.write_text(LIMITS)
    with bench(ground.world.specs, ground.world.connections, ground.world.state) as made:
        yield made
    file.unlink()


def told(plan: Plan) -> list[Diagnostic]:
    return [one for one in plan.diagnostics if one.code == "W318"]


@pytest.mark.parametrize(
    ("name", "witness"),
    sampled(
        [
            ("aws-policy-attached", "iam:"),
            ("aws-inline-policy-added", "iam:"),
            ("aws-inline-policy-widened", "iam:"),
            ("aws-role-added", "iam:"),
            ("postgres-another-table", "SELECT on table public.refunds"),
            ("postgres-member-of-a-predefined-role", " on table public."),
            ("postgres-a-column", "UPDATE on table public.orders, column total"),
            ("vault-policy-widened", "kv/data/payroll/"),
        ],
        2,
    ),
)
def test_a_rogue_grant_that_reaches_it(name: str, witness: str, ground: Ground, on: Bench) -> None:
    vandalism = ALL[name]
    vandalism.do(ground.hands)
    try:
        found = told(plan_of(on.now(), Options()))
    finally:
        on.apply()
    vandalism.tidy(ground.hands)
    assert found, name
    assert all(one.severity is Severity.WARNING for one in found)
    assert any(witness in one.message for one in found), found
    assert all("applying this plan ends it; the guardrail is at " in one.help and one.span for one in found)
    assert told(plan_of(on.now(), Options())) == []


def test_what_is_as_declared_reaches_nothing(on: Bench) -> None:
    assert told(plan_of(on.now(), Options())) == []
