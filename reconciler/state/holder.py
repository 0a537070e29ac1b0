"""Whether a process that was noted once still runs: process ids are used again, and mean something in one place only.

A place is one start of a machine and one PID namespace in it: two containers may share a host's name and even
numbers of processes, and know nothing of each other's.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

UNSEEN = "unseen"
"""The start of a process that is there, and can't be looked at (proc(5), hidepid)."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A process id, and where and when that process began."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        """Whether this very process still runs, as far as can be seen from here. A zombie has ended."""
        return bool(self.started) and _identity(self.pid) == self.started


def note(pid: int) -> Noted:
    """The process as it is now."""
    return Noted(pid, _identity(pid))


def place() -> str:
    """Where process ids mean what they mean here, as text that can only be compared."""
    if not _has_proc():
        return ""
    return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()}:{Path('/proc/self/ns/pid').readlink()}"


def start_of(pid: int) -> str:
    """When a process of this place began, as text that can only be compared; empty if there is none, or a zombie.

    Linux: field 22 of /proc/PID/stat (proc(5)), in clock ticks since boot. Elsewhere ps(1).
    """
    if not _has_proc():
        return _start_by_ps(pid)
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace") if _is_ours() else ""
    except OSError:  # it ended, or is hidden
        text = ""
    if not text:
        return UNSEEN if _is_there(pid) else ""
    # The second field is the command in parentheses, which may hold spaces and parentheses itself.
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


def has_ended(pid: int, started: str) -> bool:
    """Whether a process of this place, noted by its ``start_of``, has surely ended."""
    now = start_of(pid)
    return not now or (now != started and UNSEEN not in {now, started})


def _identity(pid: int) -> str:
    started = start_of(pid)
    return f"{place()}:{started}" if started else ""


def _has_proc() -> bool:
    return Path("/proc/self/stat").exists()


def _is_ours() -> bool:
    """Whether /proc shows our own PID namespace: a new one may still see that of its parent."""
    return str(Path("/proc/self").readlink()) == str(os.getpid())


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _start_by_ps(pid: int) -> str:
    found = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()
