"""``make demo``: from a terminal to the story, and back at Ctrl-C."""  # noqa: INP001 - a script

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_hits: list[int] = []


def main() -> int:
    """The story's exit code; 130 when interrupted, from the first moment on."""
    for number in _SIGNALS:
        signal.signal(number, _leave)
    from story import run  # noqa: PLC0415 - it loads every SDK, which takes longer than a change of mind

    for number in _SIGNALS:
        signal.signal(number, _interrupt)
    try:
        return run(lambda: bool(_hits))
    except KeyboardInterrupt:
        # Before its first step, or after its last.
        sys.stdout.write("\nInterrupted: everything that was started is stopped.\n")
        return 130


def _leave(_number: int, _frame: FrameType | None) -> None:
    # In the middle of an import an exception could be swallowed, or become another. Nothing was started yet.
    sys.stdout.write("\nInterrupted: nothing was started yet.\n")
    sys.stdout.flush()
    os._exit(130)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    # The first one ends the demo; a second must not cut short how it ends.
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    _hits.append(number)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
