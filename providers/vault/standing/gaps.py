"""What may not be read: told once for each kind, and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar

from providers.vault.errors import InvalidToken
from reconciler.model import Unseen
from reconciler.provider import Denied

T = TypeVar("T")
D = TypeVar("D")


@dataclass(slots=True)
class Gaps:
    """Safe between threads."""

    system: str
    _fresh: list[Unseen] = field(default_factory=list)
    _told: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def read(self, what: str, read: Callable[[], T], otherwise: D) -> T | D:
        """What a reading gives; ``otherwise`` where it may not be read."""
        try:
            return read()
        except InvalidToken:
            raise
        except Denied as denied:
            self.add(what, denied.message)
            return otherwise

    def add(self, what: str, why: str, help: str = "") -> None:
        """It can't be looked at."""
        with self._lock:
            if what not in self._told:
                self._told.add(what)
                self._fresh.append(Unseen(self.system, what, why, help))

    def told(self) -> Iterator[Unseen]:
        """What was found since it was last asked."""
        with self._lock:
            fresh, self._fresh = self._fresh, []
        yield from fresh
