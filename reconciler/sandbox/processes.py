"""Whether a process that was noted once is still the same one: process ids are used again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Noted:
    """A process id, and when that process began."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        """Whether this very process still runs."""
        return bool(self.started) and start_of(self.pid) == self.started

    def kill(self, seconds: float = 5.0) -> None:
        """End it now, if it is still the same one, and wait until it is gone."""
        if not self.alive:
            return
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + seconds
        while self.alive and time.monotonic() < deadline:
            time.sleep(0.02)


def note(pid: int) -> Noted:
    """The process as it is now."""
    return Noted(pid, start_of(pid))


def start_of(pid: int) -> str:
    """When the process began, as text that can only be compared; empty if there is none, or only a zombie.

    Linux: boot id and field 22 of /proc/PID/stat (proc(5)), in clock ticks since boot. Elsewhere ps(1).
    """
    stat = Path(f"/proc/{pid}/stat")
    if not Path("/proc/self/stat").exists():
        return _start_by_ps(pid)
    try:
        text = stat.read_text(errors="replace")
    except OSError:
        return ""
    # The second field is the command in parentheses, which may hold spaces and parentheses itself.
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else f"{_boot()}:{fields[19]}"


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _start_by_ps(pid: int) -> str:
    found = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()
