"""What an inventory couldn't look at, each thing once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from reconciler.model import Unseen
from reconciler.provider import Denied, Rejected

T = TypeVar("T")


@dataclass(slots=True)
class Gaps:
    """Of one system."""

    system: str
    _found: dict[str, Unseen] = field(default_factory=dict)

    def add(self, what: str, why: str, way_out: str = "") -> None:
        """Another."""
        self._found.setdefault(what, Unseen(self.system, what, why, way_out))

    def read(self, what: str, ask: Callable[[], T], otherwise: T) -> T:
        """What is asked for; ``otherwise`` where the server refuses. Raises what else goes wrong."""
        try:
            return ask()
        except (Denied, Rejected) as refused:
            self.add(what, refused.message, refused.help)
            return otherwise

    @property
    def found(self) -> tuple[Unseen, ...]:
        """In the order in which they were met."""
        return tuple(self._found.values())
