"""A lock as it is recorded: who holds it, since when, and until when it holds without being renewed."""

from __future__ import annotations

import getpass
import os
import socket
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from reconciler.state.holder import has_ended, place, start_of


@dataclass(frozen=True, slots=True)
class LockInfo:
    """Who holds the lock, in Terraform's words."""

    id: str
    operation: str
    who: str
    host: str
    """Where its process ids count: the host's name and holder.place(). Of other places nothing is known.

    Versions that wrote the name alone wrote it here too, so neither they nor we take over the other's lock.
    """
    pid: int
    pid_started: str
    """holder.start_of(), to tell the process from a later one of the same number."""
    created: str
    version: str
    lease: float = 0.0
    """Seconds for which it holds after a beat; 0 (versions that didn't beat): until it is released."""
    beat: int = 0
    """Grows while the holder lives. That it doesn't is what another machine can see without trusting a clock."""
    beaten: str = ""
    """When it last grew (UTC, ISO 8601), for people: it decides nothing."""
    stamp: float = 0.0
    """The same by ``ticking``, which whoever shares the ``host`` can compare; 0 where that isn't known."""

    @property
    def dead(self) -> bool:
        """Whether the holder has surely ended: only one of this place can be judged."""
        return self.host == here() and has_ended(self.pid, self.pid_started)

    @property
    def alive_here(self) -> bool:
        """Whether the holder runs in this place."""
        return self.host == here() and not has_ended(self.pid, self.pid_started)

    @property
    def overdue(self) -> bool:
        """Whether its lease has surely ended, by the clock that it shares with us: only in this place."""
        return bool(self.lease and self.stamp) and self.host == here() and ticking() - self.stamp > self.lease


def whoami() -> str:
    """``user@host``."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # A container's user often has no entry in the password database.
        user = f"uid:{os.getuid()}"
    return f"{user}@{socket.gethostname()}"


def here() -> str:
    """This place: the host's name, and where its process ids count."""
    return f"{socket.gethostname()}/{place()}"


def ticking() -> float:
    """Seconds since the machine started, those asleep included: nobody sets this clock, and its processes share it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def stamp() -> float:
    """The time of a beat for whoever shares this place; 0 where a place doesn't tell one boot from the next."""
    return ticking() if place() else 0.0


def now() -> str:
    """UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def made(operation: str, lease: float) -> LockInfo:
    """A lock of this process."""
    pid, moment = os.getpid(), datetime.now(UTC).isoformat(timespec="seconds")
    return LockInfo(
        str(uuid.uuid4()),
        operation,
        whoami(),
        here(),
        pid,
        start_of(pid),
        moment,
        version("writ-iam"),
        lease,
        0,
        moment,
        stamp(),
    )
