"""Each single change by hand is named exactly, and taken back by the next apply."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.access import summed
from reconciler.model import Mover, Plan, Verdict
from reconciler.render.drift import drift_json
from reconciler.render.plan_json import plan_json
from reconciler.workflow.drifting import drift_of
from reconciler.workflow.planning import Options, plan_of
from tests.conformance.suite import Bench, bench
from tests.e2e.conftest import Ground
from tests.e2e.vandalism import Found, Vandalism
from tests.e2e.vandalisms import ALL
from tests.e2e.vandalisms_access import ACCESS
from tests.thorough import sampled

PROVIDERS = {"vault": "vault", "payments": "aws", "orders-db": "postgres"}
BY_COMMAND_LINE = (
    "vault-policy-widened",
    "aws-policy-attached",
    "postgres-another-table",
)


@pytest.fixture(scope="module")
def on(ground: Ground) -> Iterator[Bench]:
    """The same world through the workflow, logged in once: a tenth of the time of a command."""
    with bench(ground.world.specs, ground.world.connections, ground.world.state) as made:
        yield made


def assert_named(found: tuple[Found, ...], drift: Any, plan: Any) -> None:
    """Drift and plan (as JSON) hold exactly what is expected."""
    expected = {one.address: one for one in found}
    items = {item["address"]: item for item in drift["resource_drift"]}
    assert items.keys() == expected.keys()
    assert drift["drifted"]
    assert not drift["errored"]
    for address, item in items.items():
        assert item["kind"] == expected[address].kind, address
        if item["kind"] == "changed":
            before, after = item["change"]["before"], item["change"]["after"]
            listed = [one["name"] for one in item["changed_attributes"]]
            assert sorted(listed) == sorted(expected[address].attributes), address
            assert before.keys() <= after.keys(), address
            assert {name for name in before if before[name] != after[name]} == set(listed), address
        else:
            gone = item["kind"] == "missing"
            assert (item["change"]["before"] is None, item["change"]["after"] is None) == (not gone, gone), address
    rows = {row["address"]: row for row in plan["resource_changes"] if row["action"] not in {"no-op", "adopt"}}
    assert rows.keys() == expected.keys()
    assert {item["address"] for item in plan["resource_drift"]} == expected.keys()
    for address, row in rows.items():
        assert (row["action"], row["cause"]) == (expected[address].action, expected[address].cause), address
        if row["action"] == "update":
            causes = {one["name"]: one["cause"] for one in row["changed_attributes"]}
            assert causes == dict.fromkeys(expected[address].attributes, "outside"), address


def assert_told(name: str, plan: Plan) -> None:
    """The access that it gave or took is in the plan, with a request that shows it, and so is taking it back."""
    for mover, expected in zip((Mover.OUTSIDE, Mover.PLAN), ACCESS.get(name, (Verdict.EQUAL,) * 2), strict=True):
        found = [row.change.comparison for row in plan.access_by(mover)]
        assert summed(one.verdict for one in found) is expected, (mover, found)
        for one in found:
            assert one.gains or one.verdict in {Verdict.EQUAL, Verdict.NARROWS, Verdict.UNKNOWN}
            assert one.loses or one.verdict is not Verdict.NARROWS
            assert one.notes or one.verdict is not Verdict.UNKNOWN


@pytest.mark.parametrize("name", sampled(ALL, 2))
def test_a_change_by_hand(name: str, ground: Ground, on: Bench) -> None:
    vandalism = ALL[name]
    vandalism.do(ground.hands)
    now = on.now()
    drift, plan = drift_of(now), plan_of(now, Options())
    try:
        assert_named(vandalism.found, json.loads(json.dumps(drift_json(drift, PROVIDERS))), plan_json(plan))
        assert_told(name, plan)
    finally:
        on.apply()
    vandalism.tidy(ground.hands)
    healed = on.now()
    assert not drift_of(healed).items
    assert plan_of(healed, Options()).is_empty


def test_changes_by_hand_through_the_command_line(ground: Ground) -> None:
    """One at each system."""
    chosen, world = [ALL[name] for name in BY_COMMAND_LINE], ground.world
    for vandalism in chosen:
        vandalism.do(ground.hands)
    try:
        found = tuple(one for vandalism in chosen for one in vandalism.found)
        assert_named(found, world.json("drift", code=2), world.json("plan", "-detailed-exitcode", code=2))
    finally:
        world.apply()
    assert world.json("drift")["resource_drift"] == []
    assert "No changes." in world.ok("plan", "-detailed-exitcode")


def test_everything_at_once(ground: Ground, on: Bench) -> None:
    """What doesn't touch the same object twice, in one go."""
    chosen: list[Vandalism] = []
    taken: set[str] = set()
    for name, vandalism in ALL.items():
        objects = {one.address for one in vandalism.found}
        together = name not in _ALONE and all(one.kind != "missing" for one in vandalism.found)
        if together and not taken & objects:
            chosen.append(vandalism)
            taken |= objects
    assert len(chosen) > 20
    for vandalism in chosen:
        vandalism.do(ground.hands)
    now = on.now()
    assert {str(item.address) for item in drift_of(now).items} == taken
    on.apply()
    for vandalism in chosen:
        vandalism.tidy(ground.hands)
    healed = on.now()
    assert not drift_of(healed).items
    assert plan_of(healed, Options()).is_empty


_ALONE = frozenset({"vault-alias-moved"})
"""It makes the same entity as another one."""
