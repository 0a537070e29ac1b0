"""Eight runs of ``writ apply`` at once, again and again: one changes the systems, the others are told who does."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.e2e.recorder import Recorder
from tests.e2e.wiring import rewired
from tests.races.stores import Shelf, shelf
from tests.servers import World, Worlds, run_writ

RUNNERS, ROUNDS, CHUNK = 8, 200, 20
KINDS = ("sqlite", "postgresql", "s3")
SAMPLED = "postgresql"
# One step at a time, so that a change is always the same number of writes to the state.
APPLY = ("apply", "-auto-approve", "-parallelism", "1")
ENDS = ("{name: orders.read, ttl: 10m}", "{name: orders.read, ttl: 9m}")
LOGIN = re.compile(r"POST /v1/auth/[^/]+/login")


@dataclass
class Arena:
    """A world between two ends, whose state is in one kind of place."""

    world: World
    vault: Recorder
    store: Shelf
    env: dict[str, str]
    growth: int = 0
    """Writes to the state that going from one end to the other takes."""
    end: int = 0
    runs: list[str] = field(default_factory=list)
    """In the audit record."""

    def turn(self) -> None:
        """From now on the specs want the other end."""
        self.world.edit("agents.yaml", ENDS[self.end], ENDS[1 - self.end])
        self.end = 1 - self.end

    def alone(self) -> None:
        """One run, with nobody beside it."""
        done = self.writ(*APPLY)
        assert done.returncode == 0, done.stdout + done.stderr

    def writ(self, *arguments: str, started: threading.Barrier | None = None) -> subprocess.CompletedProcess[str]:
        """``writ``; once all runs are ready, where there are several."""
        return run_writ(
            *arguments, cwd=self.world.cwd, env=self.env, started=lambda _: started.wait(60) if started else None
        )


@dataclass
class Race:
    """The runs of one round. Whoever gets through holds at the first call to a system until all others have ended."""

    arena: Arena
    arguments: tuple[str, ...]
    ended: list[subprocess.CompletedProcess[str]] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def run(self, until: int) -> list[subprocess.CompletedProcess[str]]:
        """All that ended, in the order in which they did; the winner goes on once ``until`` have."""
        vault, together = self.arena.vault, threading.Barrier(RUNNERS)
        vault.released.clear()
        vault.hold_after = vault.writes
        racing = [threading.Thread(target=self._one, args=(together,)) for _ in range(RUNNERS)]
        for one in racing:
            one.start()
        with self._news:
            self._news.wait_for(lambda: len(self.ended) >= until, 60)
        vault.released.set()
        vault.hold_after = None
        for one in racing:
            one.join()
        return self.ended

    def _one(self, together: threading.Barrier) -> None:
        done = self.arena.writ(*self.arguments, started=together)
        with self._news:
            self.ended.append(done)
            self._news.notify_all()


@pytest.fixture(
    scope="module", params=[pytest.param(one, marks=() if one == SAMPLED else pytest.mark.races) for one in KINDS]
)
def arena(request: pytest.FixtureRequest, worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    world = worlds.world("quickstart", tmp_path_factory.mktemp("races"))
    store = shelf(request.param, world)
    with Recorder(world.connection("vault")["address"]) as vault:
        connections = rewired(world, vault={"address": vault.url})
        made = Arena(world, vault, store, {"WRIT_CONNECTIONS": connections, **store.env})
        made.alone()
        made.turn()
        before = store.serial()
        made.alone()
        made.growth = store.serial() - before
        assert made.growth > 2, "nothing to race for"
        made.runs = audited(made)
        yield made
    store.close()
    world.applied = True
    worlds.clean(world)


def one_wins(arena: Arena) -> str:
    """The seven others are refused, with who holds the lock, and nothing of theirs is anywhere."""
    arena.turn()
    before, asked = arena.store.serial(), len(arena.vault.requests)
    *losers, winner = Race(arena, APPLY).run(RUNNERS - 1)
    assert (winner.returncode, [one.returncode for one in losers]) == (0, [1] * 7), winner.stdout + winner.stderr
    named = [
        re.search(r"W611.*\n  ID: +(\S+)\n.*\n.*apply\n  Who: +\S+\n  Process: +\d+\n", one.stderr) for one in losers
    ]
    held = {found[1] if found else "nobody" for found in named}
    assert len(held) == 1, [one.stderr for one in losers]
    assert sum(LOGIN.match(call) is not None for call in arena.vault.requests[asked:]) == 1, "a loser logged in"
    assert arena.store.serial() == before + arena.growth
    assert arena.store.lock() == ""
    return held.pop()


def all_go(arena: Arena) -> None:
    """Whoever waits gets its turn: one changes the systems, whoever it is, and the others find nothing to do."""
    arena.turn()
    before = arena.store.serial()
    ended = Race(arena, (*APPLY, "-lock-timeout", "300s")).run(0)
    assert [one.returncode for one in ended] == [0] * RUNNERS, [one.stderr for one in ended]
    assert sum("No changes." in one.stdout for one in ended) == RUNNERS - 1
    assert arena.store.serial() == before + arena.growth


def audited(arena: Arena) -> list[str]:
    """The runs in the audit record, in its order; no two of them at once."""
    assert arena.writ("audit", "verify").returncode == 0
    lines = [json.loads(line) for line in arena.writ("audit", "export").stdout.splitlines()]
    runs = [str(line["run"]) for line in lines]
    changes = [run for run, before in zip(runs, ["", *runs], strict=False) if run != before]
    assert len(changes) == len(set(changes)), "two runs wrote by turns"
    return changes


def raced(arena: Arena, rounds: int, request: pytest.FixtureRequest) -> None:
    """So many rounds; the last end is what is there, recorded and audited."""
    winners = [one_wins(arena) for _ in range(rounds)]
    arena.runs += winners
    assert audited(arena) == arena.runs, "whom the others named is who did it"
    assert arena.writ("plan", "-detailed-exitcode").returncode == 0
    figures = (type(arena.store).__name__, rounds, rounds * (RUNNERS - 1), rounds * arena.growth)
    request.node.user_properties.append(("race", figures))


def test_one_of_eight_wins(arena: Arena, request: pytest.FixtureRequest) -> None:
    raced(arena, 1, request)


@pytest.mark.races
@pytest.mark.parametrize("chunk", range(1, ROUNDS // CHUNK + 1))
def test_one_of_eight_wins_every_time(arena: Arena, chunk: int, request: pytest.FixtureRequest) -> None:
    raced(arena, CHUNK, request)


@pytest.mark.races
def test_eight_that_wait_go_one_after_the_other(arena: Arena) -> None:
    for _ in range(5):
        all_go(arena)
