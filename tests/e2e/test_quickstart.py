"""The main job on the quickstart, from nothing and back."""

from __future__ import annotations

import shutil

import pytest

from tests.e2e.convergence import check_applies, check_destroys, check_finds_its_own, rows
from tests.servers import World


def test_quickstart(world: World, pytestconfig: pytest.Config) -> None:
    count = check_applies(world, "quickstart/expected/plan.txt", pytestconfig)
    assert world.ok("drift").startswith("No drift.")
    shutil.rmtree(world.state.parent)
    check_finds_its_own(world, count)
    plan = world.json("plan")
    assert list(rows(plan).values()) == ["no-op"] * count
    assert plan["state"]["lineage"]
    check_destroys(world, count)
