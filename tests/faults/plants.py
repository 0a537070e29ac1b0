"""What a run has otherwise that the tests start: ``lease=4;elsewhere;clock=FILE``. Planted as a bug is."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from reconciler.state import lockinfo
from reconciler.state.heartbeat import Lease
from reconciler.workflow import applying

MODULE = "tests.faults.plants"


def planted(**plants: object) -> str:
    """The value of the variable that plants these."""
    return f"{MODULE}:{';'.join(f'{name}={value}' for name, value in plants.items())}" if plants else ""


def plant(text: str) -> None:
    """Change the program in this process."""
    for one in text.split(";"):
        name, _, value = one.partition("=")
        _PLANTS[name](value)


def _lease(seconds: str) -> None:
    """Locks hold so long without being renewed; a fourth of it between two beats, as usual."""
    whole, lease = applying.locked, Lease(float(seconds), float(seconds) / 4)
    applying.locked = lambda *some, **more: whole(*some, **{**more, "lease": lease})


def _elsewhere(_: str) -> None:
    """It runs on another machine, as far as locks tell."""
    lockinfo.here = lambda: "another/boot:pid:[1]"


def _clock(file: str) -> None:
    """The wall clock differs by the seconds in a file: of all that asks Python for it. No other clock does."""
    place, tell, original = Path(file), time.time, dt.datetime

    def offset() -> float:
        return float(place.read_text() or 0)

    class Alike(type):
        def __instancecheck__(cls, one: object) -> bool:
            return isinstance(one, original)

    class Stepped(original, metaclass=Alike):  # type: ignore[misc, valid-type]
        @classmethod
        def now(cls, tz: Any = None) -> Self:
            return cls.fromtimestamp(tell() + offset(), tz)

        @classmethod
        def utcnow(cls) -> Self:
            return cls.now(dt.UTC).replace(tzinfo=None)

    time.time = lambda: tell() + offset()
    for module in list(sys.modules.values()):
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if value is original and module is not dt:
                setattr(module, name, Stepped)


_PLANTS: dict[str, Callable[[str], None]] = {"lease": _lease, "elsewhere": _elsewhere, "clock": _clock}
