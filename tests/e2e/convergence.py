"""The main job, step by step: plan, apply, nothing left to do; without its state too; destroy, all to do again."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.servers import EXAMPLES, World


def rows(plan: Any) -> dict[str, str]:
    return {row["address"]: row["action"] for row in plan["resource_changes"]}


def normalised(text: str) -> str:
    """Without what differs from run to run: ports, and how far away an end is."""
    text = re.sub(r"(127\.0\.0\.1:)\d+", r"\g<1>PORT", text)
    return re.sub(r"(stands until \S+, so up to ).+( longer)", r"\g<1>…\g<2>", text)


def check_golden(text: str, golden: str, config: pytest.Config) -> None:
    """Compare with a file of the examples, or write it (``--update-golden``)."""
    path = EXAMPLES / golden
    if config.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(normalised(text))
    assert normalised(text) == path.read_text(), f"{golden} differs: pytest --update-golden, then review the difference"


def check_applies(world: World, golden: str, config: pytest.Config, *environment: str) -> int:
    """One environment from nothing to everything. Returns how many objects it has."""
    text = world.ok("plan", "--no-color", "-out", "p", "-detailed-exitcode", *environment, code=2)
    check_golden(text.partition("\nSaved the plan to:")[0], golden, config)
    planned = rows(world.json("show", "p"))
    assert set(planned.values()) == {"create"}
    applied = world.ok("apply", "p")
    assert f"Apply complete! Resources: {len(planned)} added, 0 changed, 0 destroyed." in applied
    assert "No changes." in world.ok("plan", "-detailed-exitcode", *environment)
    again = world.apply(*environment)
    assert again.startswith("No changes.")
    assert "0 added, 0 changed, 0 destroyed." in again
    return len(planned)


def check_finds_its_own(world: World, count: int, *environment: str) -> None:
    """Without a state: nothing to do, and apply records it."""
    found = world.json("plan", "-detailed-exitcode", *environment)
    assert list(rows(found).values()) == ["adopt"] * count
    assert found["state"]["lineage"] == ""
    assert "0 added, 0 changed, 0 destroyed." in world.apply(*environment)


def check_destroys(world: World, count: int, *environment: str) -> None:
    """All away; the plan is the first one again."""
    assert f"0 added, 0 changed, {count} destroyed." in world.ok("destroy", "-auto-approve", *environment)
    left = world.json("plan", "-detailed-exitcode", *environment, code=2)
    assert list(rows(left).values()) == ["create"] * count
    assert left["resource_drift"] == []
