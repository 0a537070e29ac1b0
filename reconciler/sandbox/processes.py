"""Ending processes that a sandbox noted."""

from __future__ import annotations

import os
import signal
import time

from reconciler.state.holder import Noted


def kill(noted: Noted, seconds: float = 5.0) -> None:
    """End it now, if it is still the same one, and wait until it is gone."""
    if not noted.alive:
        return
    try:
        os.kill(noted.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    deadline = time.monotonic() + seconds
    while noted.alive and time.monotonic() < deadline:
        time.sleep(0.02)
