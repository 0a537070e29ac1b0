"""Whole runs that a signal meets at any moment, on each kind of state: what is left is sound, and the next run ends it.

The calls' boundaries are met one by one elsewhere; here nobody chooses: within a write of the state's file, between a
line of the audit record and what the state knows of it, while the program starts or ends.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer

import pytest

from tests.faults.harness import APPLY, Harness
from tests.faults.test_holders import shelved
from tests.faults.ways import DESTROY, harness
from tests.servers import run_writ

__all__ = ["harness"]
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
OURS = {0, 1, 130, 143, -signal.SIGKILL}
ROUNDS = 10


@contextmanager
def kept(harness: Harness, kind: str) -> Iterator[None]:
    if kind == "file":
        yield
        harness.world.ok(*DESTROY)
        return
    with shelved(harness, kind):
        yield


def undisturbed(harness: Harness, arguments: tuple[str, ...]) -> float:
    """Seconds of a run that nothing meets."""
    began = time.monotonic()
    done = harness.direct(*arguments)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - began


def struck(harness: Harness, arguments: tuple[str, ...], chance: random.Random, longest: float) -> bool:
    """A run that a signal meets within so many seconds; whether it was under way still."""
    after, number = chance.uniform(0, longest), chance.choice(SIGNALS)
    timers: list[Timer] = []

    def strike(pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, number)

    def started(pid: int) -> None:
        timers.append(Timer(after, strike, (pid,)))
        timers[0].start()

    world = harness.world
    env = {"WRIT_CONNECTIONS": str(world.connections)} | harness.env
    done = run_writ(*arguments, cwd=world.cwd, env=env, started=started)
    timers[0].cancel()
    assert done.returncode in OURS, done.stderr
    assert "Traceback" not in done.stderr
    return done.returncode != 0


@pytest.mark.faults
@pytest.mark.parametrize("kind", ["file", "postgresql", "s3"])
def test_whatever_moment_it_is(harness: Harness, kind: str, request: pytest.FixtureRequest) -> None:
    chance = random.Random(f"killed {kind}")
    with kept(harness, kind):
        longest = {arguments: undisturbed(harness, arguments) for arguments in (APPLY, DESTROY)}
        for _ in range(ROUNDS):
            for arguments in (APPLY, DESTROY):
                met = struck(harness, arguments, chance, longest[arguments])
                request.node.user_properties.append(("fault", [met, 0]))
                told = harness.direct("audit", "verify")
                # Before the first entry there is no record; half a line is cut off by the next run, which says so.
                sound = told.returncode == 0 or "W615" in told.stderr or "isn't whole" in told.stderr
                assert sound, told.stdout + told.stderr
                done = harness.direct(*arguments, "-lock-timeout", "60s")
                assert done.returncode == 0, done.stdout + done.stderr
                plan = ("plan", "-detailed-exitcode", *(["-destroy"] if arguments == DESTROY else []))
                done = harness.direct(*plan)
                assert done.returncode == 0, done.stdout + done.stderr
                done = harness.direct("audit", "verify")
                assert done.returncode == 0, done.stdout + done.stderr
