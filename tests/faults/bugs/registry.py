"""What a planted bug says of itself."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.faults.gate import Deed


@dataclass(frozen=True)
class Bug:
    """``plant`` changes the program of this process; ``at``: the calls, as the gate names them, around which it shows
    (a pattern); empty where it shows without any fault.
    """

    plant: Callable[[], None]
    at: str = ""
    by: str = "lost"
    """Which of the oracle's words it must be seen by."""
    deed: Deed = Deed.KILL
    """What is done there. A refusal is of all these calls, before they are done."""
    example: str = "quickstart"
    """Where it is seen."""


BUGS: dict[str, Bug] = {}


def bug(
    at: str = "", by: str = "lost", deed: Deed = Deed.KILL, example: str = "quickstart"
) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """One of BUGS, by its name."""

    def named(plant: Callable[[], None]) -> Callable[[], None]:
        BUGS[plant.__name__.replace("_", " ")] = Bug(plant, at, by, deed, example)
        return plant

    return named


def first(kind: Any, method: str, before: Callable[..., None]) -> None:
    """``before`` is done first, whenever a resource type does ``method``."""
    whole = getattr(kind, method)

    @functools.wraps(whole)
    def wrapped(self: Any, client: Any, *arguments: Any) -> Any:
        before(client, *arguments)
        return whole(self, client, *arguments)

    setattr(kind, method, wrapped)
