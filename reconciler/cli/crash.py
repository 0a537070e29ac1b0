"""What is told of a bug, and of whatever writes by itself: never a value of the run."""

from __future__ import annotations

import sys
import threading
import traceback
from types import TracebackType

_FRAMES = 8


def internal_error(bug: BaseException) -> str:
    """Type and places only: an exception's text may hold a request, and a request a token."""
    head = f"error[W900]: internal error: {type(bug).__name__} (its text is not shown: it could hold a secret)"
    found = places(bug.__traceback__)
    return "\n".join([head, *found, "  help: this is a bug of Writ or of a provider; report it with these lines"])


def places(trace: TracebackType | None) -> list[str]:
    """The last frames of a traceback, a line each, without any value."""
    frames = traceback.extract_tb(trace)
    return [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames[-_FRAMES:]]


def take_hooks() -> None:
    """Whatever nobody catches, in any thread or callback, is told as a bug is."""
    sys.excepthook = lambda _kind, bug, _trace: _tell(bug)
    threading.excepthook = lambda told: _tell(told.exc_value)
    sys.unraisablehook = lambda told: _tell(told.exc_value)


def _tell(bug: BaseException | None) -> None:
    # A signal that arrives within a callback is raised again (cli.signals).
    if bug is not None and isinstance(bug, Exception) and sys.stderr is not None:
        sys.stderr.write(f"writ: {internal_error(bug)}\n")
