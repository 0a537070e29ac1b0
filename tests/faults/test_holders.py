"""A run that holds the lock is stopped or killed somewhere; another takes over; the first wakes, and writes nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest

from tests.faults.gate import Deed, Fault, Phase
from tests.faults.harness import APPLY, Harness
from tests.faults.http import HttpProxy
from tests.faults.oracle import reality
from tests.faults.plants import planted
from tests.faults.sql import SqlProxy
from tests.faults.ways import DESTROY, harness
from tests.races.stores import Objects, Shelf, Tables
from tests.zygote import PLANTED

__all__ = ["harness"]
SHORT = 4
"""Seconds of a lease, so that a test needn't wait for the real one's 20."""
WRITES = re.compile(
    r"(vault|aws) (?!GET|LIST|POST (Get|List|Assume|/v1/auth/(token/revoke-self|[^/]+/login)|/v1/identity/lookup))"
    r"|sql .*COMMIT"
)
"""What a transaction has done is nothing until it is committed."""
HELD = re.compile(r"took over the lock of \S+ \(apply, process \d+\), (which .*|whose .*)")

POINTS = {
    "between two calls of one step": Fault(1, Phase.AFTER, Deed.STOP, "vault POST /v1/sys/auth/"),
    "before a call is tried again": Fault(1, Phase.BEFORE, Deed.STALL, "vault (POST|PUT) /v1/sys/policies"),
    "at AWS": Fault(1, Phase.AFTER, Deed.STOP, "aws POST CreateRole"),
    "at AWS, before it is tried again": Fault(1, Phase.BEFORE, Deed.STALL, "aws POST CreateRole"),
    "within a transaction": Fault(1, Phase.AFTER, Deed.STOP, "sql .*CREATE ROLE"),
    "while a transaction is committed": Fault(1, Phase.BEFORE, Deed.STOP, "sql .*COMMIT"),
}
AT_THE_STATE = {
    "postgresql": {
        "while it begins a step": Fault(1, Phase.AFTER, Deed.STOP, "state .*INSERT INTO unfinished"),
        "before its record is committed": Fault(5, Phase.BEFORE, Deed.STOP, "state .*COMMIT"),
        "after its record was committed": Fault(6, Phase.AFTER, Deed.STOP, "state .*COMMIT"),
    },
    "s3": {
        "before it writes": Fault(4, Phase.BEFORE, Deed.STOP, r"state PUT \S+\.json"),
        "after it has written": Fault(5, Phase.AFTER, Deed.STOP, r"state PUT \S+\.json"),
        "while it renews its lease": Fault(3, Phase.AFTER, Deed.STOP, r"state PUT \S+\.lock"),
        "in the audit record": Fault(2, Phase.BEFORE, Deed.STOP, r"state PUT \S+\.jsonl"),
    },
}
CASES = [
    pytest.param(kind, name, fault, marks=() if name in sampled else pytest.mark.faults, id=f"{kind}, {name}")
    for kind, sampled in (("postgresql", set()), ("s3", {"between two calls of one step"}))
    for name, fault in (POINTS | AT_THE_STATE[kind]).items()
]


@contextmanager
def shelved(harness: Harness, kind: str) -> Iterator[Shelf]:
    """The state of all runs, behind a proxy; nothing is there, and nothing in the systems."""
    world, gate = harness.world, harness.gate
    place = world.connection("orders-db")
    proxy: HttpProxy | SqlProxy
    if kind == "s3":
        proxy = HttpProxy(gate, "state", world.connection("payments")["endpoint_url"])
        shelf: Shelf = Objects(world, proxy.url)
    else:
        proxy = SqlProxy(gate, place["host"], place["port"], "state")
        shelf = Tables(world, proxy.folder)
    with proxy:
        harness.env = dict(shelf.env)
        try:
            yield shelf
        finally:
            harness.env.pop(PLANTED, None)
            done = harness.direct(*DESTROY, "-lock-timeout", "60s")
            harness.env = {}
            shelf.close()
        assert done.returncode == 0, done.stdout + done.stderr


class Victim:
    """A run that meets its fault, in a thread. A context manager: what is left of it at its end is killed."""

    def __init__(self, harness: Harness, fault: Fault, **plants: object) -> None:
        self.harness, self.ended = harness, list[subprocess.CompletedProcess[str]]()
        harness.env[PLANTED] = planted(**plants)
        self._thread = threading.Thread(target=self._run, args=(fault,))
        self._thread.start()

    def __enter__(self) -> Self:
        self._met()
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            os.kill(self.pid, signal.SIGKILL)
            self._thread.join(30)

    def _run(self, fault: Fault) -> None:
        self.ended.append(self.harness.run(*APPLY, fault=fault))

    def _met(self) -> None:
        deadline = time.monotonic() + 60
        while not self.harness.gate.hit:
            assert not self.ended, f"over before: {self.ended[0].stdout}{self.ended[0].stderr}"
            assert time.monotonic() < deadline, self.harness.gate.calls
            time.sleep(0.02)
        self.pid = self.harness.gate.pid

    def wakes(self) -> subprocess.CompletedProcess[str]:
        """It goes on, to its end."""
        assert Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
        os.kill(self.pid, signal.SIGCONT)
        return self.over()

    def over(self) -> subprocess.CompletedProcess[str]:
        self._thread.join(120)
        return self.ended[0]


def takes_over(harness: Harness, wait: int, **plants: object) -> str:
    """Another run applies all, past the proxies of the systems; why it took over, as it says."""
    harness.env[PLANTED] = planted(**plants)
    done = harness.direct(*APPLY, "-lock-timeout", f"{wait}s")
    assert done.returncode == 0, done.stdout + done.stderr
    found = HELD.search(done.stderr)
    assert found, done.stderr
    return found[1]


def nothing_more(harness: Harness, shelf: Shelf, victim: Victim) -> None:
    """It wakes, and neither the state nor a system hears of it."""
    harness.gate.settled()
    before, mark = (shelf.contents(), reality(harness.hands)), len(harness.gate.calls)
    done = victim.wakes()
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "Apply complete" not in done.stdout
    assert [call for call in harness.gate.calls[mark:] if WRITES.match(call)] == []
    assert (shelf.contents(), reality(harness.hands)) == before
    assert shelf.lock() == ""
    assert harness.direct("plan", "-detailed-exitcode").returncode == 0


@pytest.mark.parametrize(("kind", "name", "fault"), CASES)
def test_whoever_was_stopped_past_its_lease_writes_nothing_when_it_wakes(
    harness: Harness, kind: str, name: str, fault: Fault
) -> None:
    with shelved(harness, kind) as shelf, Victim(harness, fault, lease=SHORT) as victim:
        why = takes_over(harness, 60, lease=SHORT)
        # The second where it was stopped within a transaction, which the server then ends.
        assert why in {"which didn't renew its lease of 4 s", "whose connection to the database is gone"}
        nothing_more(harness, shelf, victim)


@pytest.mark.faults
@pytest.mark.parametrize("kind", AT_THE_STATE)
@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_the_same_with_the_real_lease(harness: Harness, kind: str, where: str) -> None:
    with shelved(harness, kind) as shelf, Victim(harness, POINTS["between two calls of one step"]) as victim:
        plants = {} if where == "here" else {"elsewhere": ""}
        why = takes_over(harness, 60, **plants)
        assert why in {"which didn't renew its lease of 20 s", "whose connection to the database is gone"}
        nothing_more(harness, shelf, victim)


@pytest.mark.faults
@pytest.mark.parametrize("kind", AT_THE_STATE)
def test_whoever_was_killed_is_taken_over_at_once(harness: Harness, kind: str) -> None:
    with shelved(harness, kind):
        killed = Fault(3, Phase.AFTER, Deed.KILL, "vault (POST|PUT) /v1/")
        with Victim(harness, killed) as victim:
            assert victim.over().returncode < 0
        assert takes_over(harness, 0) == "which has ended"


@pytest.mark.faults
def test_a_database_knows_of_a_killed_holder_from_afar(harness: Harness) -> None:
    with shelved(harness, "postgresql"):
        killed = Fault(3, Phase.AFTER, Deed.KILL, "vault (POST|PUT) /v1/")
        with Victim(harness, killed) as victim:
            assert victim.over().returncode < 0
        assert takes_over(harness, 5, elsewhere="") == "whose connection to the database is gone"
