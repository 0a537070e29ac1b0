"""The main job on every example: plan, apply, nothing left to do; without its state too; destroy, all to do again."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.servers import EXAMPLES, World


def rows(plan: Any) -> dict[str, str]:
    return {row["address"]: row["action"] for row in plan["resource_changes"]}


def normalised(text: str) -> str:
    """Without what differs from run to run: ports."""
    return re.sub(r"(127\.0\.0\.1:)\d+", r"\g<1>PORT", text)


def check_golden(text: str, golden: str, config: pytest.Config) -> None:
    """Compare with a file of the examples, or write it (``--update-golden``)."""
    path = EXAMPLES / golden
    if config.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(normalised(text))
    assert normalised(text) == path.read_text(), f"{golden} differs: pytest --update-golden, then review the difference"


def check(world: World, golden: str, config: pytest.Config, *environment: str) -> None:
    """One environment from nothing to everything and back."""
    check_golden(world.ok("plan", "--no-color", *environment), golden, config)
    planned = rows(world.json("plan", "-detailed-exitcode", *environment, code=2))
    assert set(planned.values()) == {"create"}
    applied = world.apply(*environment)
    assert f"Apply complete! Resources: {len(planned)} added, 0 changed, 0 destroyed." in applied
    assert "No changes." in world.ok("plan", "-detailed-exitcode", *environment)
    assert "0 added, 0 changed, 0 destroyed." in world.apply(*environment)
    assert world.ok("drift", *environment).startswith("No drift.")
    world.state.unlink()
    found = world.json("plan", "-detailed-exitcode", *environment)
    assert rows(found) == dict.fromkeys(planned, "adopt")
    recorded = world.apply(*environment)
    assert "0 added, 0 changed, 0 destroyed." in recorded
    again = world.json("plan", *environment)
    assert set(rows(again).values()) == {"no-op"}
    assert again["state"]["lineage"]


def check_destroyed(world: World, *environment: str) -> None:
    """All away; the plan is the first one again."""
    count = len(rows(world.json("plan", *environment)))
    assert f"0 added, 0 changed, {count} destroyed." in world.ok("destroy", "-auto-approve", *environment)
    left = rows(world.json("plan", "-detailed-exitcode", *environment, code=2))
    assert len(left) == count
    assert set(left.values()) == {"create"}


def test_quickstart(world: World, pytestconfig: pytest.Config) -> None:
    check(world, "quickstart/expected/plan.txt", pytestconfig)
    check_destroyed(world)


def test_estate_with_two_environments_side_by_side(estate: World, pytestconfig: pytest.Config) -> None:
    for name in ("staging", "production"):
        check(estate, f"estate/expected/{name}.txt", pytestconfig, "-environment", name)
        estate.apply("-environment", "staging")  # the other's state was unlinked too
    check_destroyed(estate, "-environment", "staging")
    assert "No changes." in estate.ok("plan", "-detailed-exitcode", "-environment", "production")
    assert estate.ok("drift", "-environment", "production").startswith("No drift.")
    check_destroyed(estate, "-environment", "production")
