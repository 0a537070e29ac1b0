"""The wall clock jumps by a day, forth and back, within runs: no lease and no plan lives longer or shorter."""

from __future__ import annotations

import itertools
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.recorder import Recorder
from tests.e2e.wiring import rewired
from tests.faults.clocks import DAY, Clock
from tests.faults.harness import APPLY, Harness
from tests.faults.test_holders import AT_THE_STATE, POINTS, SHORT, Victim, nothing_more, shelved, takes_over
from tests.faults.ways import Way, edit, harness, ways
from tests.races.stores import Objects, Shelf, Tables
from tests.servers import World

__all__ = ["harness", "ways"]
STEPS = (DAY, -DAY)


class Held:
    """A run in a thread, whose every call that writes to Vault waits, from some on, until it is released."""

    def __init__(self, vault: Recorder, after: int, run: Callable[[], subprocess.CompletedProcess[str]]) -> None:
        self._vault, self._ended = vault, list[subprocess.CompletedProcess[str]]()
        vault.hold_after = after
        self._thread = threading.Thread(target=lambda: self._ended.append(run()))
        self._thread.start()
        deadline = time.monotonic() + 60
        while vault.writes <= after:
            assert not self._ended, self._ended
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def over(self) -> subprocess.CompletedProcess[str]:
        """Release it."""
        self._vault.released.set()
        self._thread.join(120)
        return self._ended[0]


@pytest.fixture
def vault(world: World) -> Iterator[Recorder]:
    with Recorder(world.connection("vault")["address"]) as recorder:
        yield recorder


@pytest.fixture
def wired(world: World, vault: Recorder) -> dict[str, str]:
    """What leads past the recorder."""
    return {"WRIT_CONNECTIONS": rewired(world, vault={"address": vault.url})}


@contextmanager
def kept(world: World, place: str) -> Iterator[dict[str, str]]:
    """Where the state is."""
    shelf: Shelf | None = {"postgresql": Tables, "s3": Objects}.get(place, lambda _: None)(world)
    try:
        yield dict(shelf.env) if shelf else {}
    finally:
        if shelf:
            shelf.close()


@pytest.mark.faults
@pytest.mark.parametrize("place", ["sqlite", "postgresql", "s3"])
def test_a_clock_that_jumps_frees_no_lease(
    world: World, vault: Recorder, wired: dict[str, str], tmp_path: Path, place: str
) -> None:
    """The holder's clock alone, or also that of whoever wants the lock: the lease is 20 s of real time."""
    clock = Clock(tmp_path / "clock")
    with kept(world, place) as env:
        run = Held(vault, 3, lambda: clock.writ(world, *APPLY, env=wired | env))
        for step in STEPS:
            clock.set(step)
            time.sleep(1.2 * 20 / len(STEPS))
            rival = clock.writ(world, *APPLY, env=env) if step > 0 else world.writ(*APPLY, **env)
            assert rival.returncode == 1
            assert "error[W611]" in rival.stderr, rival.stderr
            assert "took over" not in rival.stderr
        done = run.over()
        assert (done.returncode, done.stderr) == (0, "")
        world.ok("plan", "-detailed-exitcode", **env)
        world.ok("audit", "verify", **env)


@pytest.mark.faults
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("place", AT_THE_STATE)
def test_a_clock_that_jumps_keeps_no_lease(harness: Harness, tmp_path: Path, place: str, step: int) -> None:
    """Stopped past its lease, while by the clock a day has passed, or none: taken over all the same, and shut out."""
    clock = Clock(tmp_path / "clock")
    plants = {"lease": SHORT, "clock": clock.file}
    with shelved(harness, place) as shelf, Victim(harness, POINTS["between two calls of one step"], **plants) as victim:
        clock.set(step)
        assert takes_over(harness, 60, **plants) == "which didn't renew its lease of 4 s"
        nothing_more(harness, shelf, victim)


@pytest.mark.faults
def test_a_plan_lives_by_the_time_that_passes(
    world: World, vault: Recorder, wired: dict[str, str], tmp_path: Path
) -> None:
    """While its systems are slow, the clock jumps past its end: it is applied. Or back: its end comes all the same."""
    clock = Clock(tmp_path / "clock")
    world.ok("plan", "-out", "short", "-expires", "8s")
    made = time.monotonic()
    run = Held(vault, 0, lambda: clock.writ(world, "apply", "short", env=wired))
    clock.set(-DAY)
    time.sleep(max(0.0, made + 8.5 - time.monotonic()))
    late = run.over()
    assert late.returncode == 1
    assert "error[W623] quickstart: this plan expired" in late.stderr, late.stderr
    assert "writ" not in "".join(world.ok("state", "list", code=1))

    clock.set(0)
    world.ok("plan", "-out", "long")
    vault.released.clear()
    run = Held(vault, vault.writes, lambda: clock.writ(world, "apply", "long", env=wired))
    clock.set(3 * DAY)
    done = run.over()
    assert done.returncode == 0, done.stderr
    world.ok("plan", "-detailed-exitcode")


@pytest.mark.parametrize("step", STEPS)
def test_by_a_clock_that_is_a_day_off_a_plan_is_refused(world: World, tmp_path: Path, step: int) -> None:
    """UTC is what planner and applier share: made in the future, or over."""
    clock = Clock(tmp_path / "clock")
    world.ok("plan", "-out", "plan")
    clock.set(step)
    refused = clock.writ(world, "apply", "plan")
    assert refused.returncode == 1
    why = "this plan expired at" if step > 0 else "this plan was made in the future"
    assert f"error[W623] quickstart: {why}" in refused.stderr, refused.stderr


@pytest.mark.faults
def test_a_clock_that_jumps_at_every_other_call_changes_nothing(
    harness: Harness, ways: tuple[Way, Way], tmp_path: Path
) -> None:
    clock, offsets = Clock(tmp_path / "clock"), itertools.cycle((DAY, -DAY, 0))
    env = {"WRIT_CONNECTIONS": harness.connections}
    for way in ways:
        edit(harness.world, way.edits)
        harness.probes.log_in(harness.hands)
        harness.gate.start()
        harness.gate.at_each = lambda number: clock.set(next(offsets)) if number % 2 else None
        try:
            done = clock.writ(harness.world, *way.arguments, env=env)
        finally:
            harness.gate.at_each = lambda number: None
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        assert harness.lies(way.new) == []
        found = harness.judge(way.old, way.new, way.arguments)
        assert found.sound, f"{way.name}: {found}"
    harness.world.ok("audit", "verify")
