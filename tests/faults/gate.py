"""Where calls are numbered on their way to the servers, and where one of them meets its fault."""

from __future__ import annotations

import os
import random
import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """When, in the life of a call."""

    BEFORE = "before it is sent"
    AFTER = "after it was done, before its reply"
    REPLY = "after its reply, before that is recorded"


class Deed(StrEnum):
    """What happens then."""

    KILL = "the program is killed"
    DROP = "the connection breaks"
    BUSY = "the server answers 429"
    BROKEN = "the server answers 503"
    REFUSED = "the server answers 403"
    STOP = "the program is stopped"
    STALL = "the program is stopped, and the server answers 503"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: at the call of this number, from 1; 0 is every call."""

    at: int
    phase: Phase
    deed: Deed
    among: str = ""
    """Number only the calls that this pattern is found in: several go at once, in an order that may differ."""

    def __str__(self) -> str:
        which = f" of {self.among}" if self.among else ""
        return f"{f'call {self.at}' if self.at else 'every call'}{which}, {self.phase}: {self.deed}"

    def numbers(self, label: str) -> bool:
        """Whether this call is one that counts."""
        return re.search(self.among, label) is not None


class Gate:
    """Numbers the calls of one run over all servers. Threads of all proxies meet here."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self.calls: list[str] = []
        self.fault: Fault | None = None
        self.storm: tuple[random.Random, float] | None = None
        """With this chance a call is answered 429 or 503, or at a database broken off."""
        self.hit = ""
        """The call that met the fault."""
        self.pid = 0
        self.at_each: Callable[[int], None] = lambda number: None
        """Told of each call's number."""
        self._busy = 0

    def start(self, fault: Fault | None = None) -> None:
        """A new run: numbers begin at 1."""
        self.settled()
        with self._lock:
            self.calls, self.fault, self.hit, self.pid = [], fault, "", 0

    def started(self, pid: int) -> None:
        """The program that is to suffer."""
        self.pid = pid

    @contextmanager
    def call(self, label: str) -> Iterator[int]:
        """One call on its way; its number, 0 for one that doesn't count."""
        with self._lock:
            self.calls.append(label)
            self._busy += 1
            number = self._number(label)
            self.at_each(len(self.calls))
        try:
            yield number
        finally:
            with self._lock:
                self._busy -= 1
                self._lock.notify_all()

    def _number(self, label: str) -> int:
        if self.fault is None:
            return len(self.calls)
        return sum(map(self.fault.numbers, self.calls)) if self.fault.numbers(label) else 0

    def due(self, number: int, phase: Phase) -> Deed | None:
        """What is to happen to this call now. A killed or stopped program is so already."""
        with self._lock:
            deed = self._due(number, phase)
            if deed in {Deed.KILL, Deed.STOP, Deed.STALL}:
                os.kill(self.pid, signal.SIGKILL if deed is Deed.KILL else signal.SIGSTOP)
            return deed

    def _due(self, number: int, phase: Phase) -> Deed | None:
        if self.storm is not None and phase is Phase.BEFORE:
            chance, rate = self.storm
            return chance.choice((Deed.BUSY, Deed.BROKEN)) if chance.random() < rate else None
        if self.fault is None or self.fault.phase is not phase or number == 0 or self.fault.at not in {0, number}:
            return None
        counted = [call for call in self.calls if self.fault.numbers(call)]
        self.hit = counted[number - 1]
        return self.fault.deed

    def settled(self, seconds: float = 10) -> None:
        """Wait until no call is on its way: what a killed program had asked for is done by then."""
        with self._lock:
            assert self._lock.wait_for(lambda: self._busy == 0, seconds), f"calls hang: {self.calls[-3:]}"
