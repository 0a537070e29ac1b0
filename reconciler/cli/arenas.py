"""Fewer pools of free memory for a process with a few threads that take turns."""

from __future__ import annotations

import ctypes
import sys

_M_ARENA_MAX = -8


def share_memory() -> None:
    """Let all threads allocate from one arena (glibc, mallopt(3)); nothing where there is none.

    glibc gives each thread an arena of its own, whose free memory the others can't use: a tenth of a large plan's.
    Python's threads hold its lock while they allocate, so that nothing is won by it. MALLOC_ARENA_MAX can't be set in
    a process that runs already.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
