"""What may not be read in an account: told once for each kind, and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar

from providers.aws.errors import LoginEnded, NoSuchEntity
from reconciler.model import Unseen
from reconciler.provider import Denied

T = TypeVar("T")
D = TypeVar("D")


@dataclass(slots=True)
class Gaps:
    """Safe between threads."""

    system: str
    _found: dict[str, Unseen] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def read(self, what: str, read: Callable[[], T], otherwise: D) -> T | D:
        """What a reading gives; ``otherwise`` where nothing is there (any more), or it may not be read."""
        try:
            return read()
        except NoSuchEntity:
            return otherwise
        except LoginEnded:
            raise
        except Denied as denied:
            self.add(what, denied)
            return otherwise

    def all(self, what: str, items: Iterable[T]) -> list[T]:
        """All of a list, in the same way."""
        nothing: list[T] = []
        return self.read(what, lambda: list(items), nothing)

    def add(self, what: str, denied: Denied) -> None:
        """It may not be read."""
        with self._lock:
            self._found.setdefault(what, Unseen(self.system, what, denied.message, denied.help))

    def told(self) -> Iterator[Unseen]:
        """What was found since it was last asked."""
        with self._lock:
            fresh = [one for what, one in self._found.items() if what not in self._told]
            self._told.update(one.what for one in fresh)
        yield from fresh
