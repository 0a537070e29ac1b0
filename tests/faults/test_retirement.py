"""A run that dies in the middle of a retirement's step loses nothing: neither the login, nor what undoing it needs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.e2e.retiring import catalogue, lets_in, standing, token_file
from tests.faults.gate import Deed, Fault, Phase
from tests.faults.harness import APPLY, Harness, harnessed
from tests.faults.oracle import Probes
from tests.servers import World

LOCKING = "sql ALTER ROLE .*NOLOGIN"
COMMIT = "sql COMMIT"


def killed(harness: Harness, among: str, phase: Phase) -> None:
    done = harness.run(*APPLY, fault=Fault(1, phase, Deed.KILL, among))
    assert done.returncode == -9, (harness.gate.calls, done.stdout, done.stderr)


@pytest.mark.faults
def test_a_run_that_dies_between_record_and_deed_or_after_it_loses_nothing(world: World, tmp_path: Path) -> None:
    token = token_file(world, tmp_path)
    with standing(world) as hands, harnessed(world, Probes()) as harness:
        world.apply()
        before = catalogue(hands)
        for among, phase, locked in ((LOCKING, Phase.BEFORE, False), (COMMIT, Phase.AFTER, True)):
            world.ok("retire", "-prove", "svc-orders", "-token", token)
            killed(harness, among, phase)
            assert lets_in(hands) is not locked
            # What was there is on record, whatever became of the call.
            done = world.writ("retire", "-undo", "svc-orders", "-auto-approve")
            assert done.returncode == 0, done.stderr
            assert catalogue(hands) == before
        world.ok("retire", "-prove", "svc-orders", "-token", token)
        killed(harness, LOCKING, Phase.BEFORE)
        assert "1 changed" in world.apply(), "the next run does what is left"
        world.edit("retirements.yaml", "quarantine: 14d", "quarantine: 1s")
        time.sleep(1)
        for among, phase in (("sql DROP ROLE", Phase.BEFORE), (COMMIT, Phase.AFTER)):
            killed(harness, among, phase)
        (row,) = world.json("plan")["retirements"]
        assert row["stage"] == "deleted"
