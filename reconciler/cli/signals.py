"""Ctrl-C and SIGTERM: at once while nothing is written, and with care while something is."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn


class Terminated(BaseException):
    """SIGTERM: unwinds as Ctrl-C does, so that systems are logged out of and the lock is released."""


_AGAIN = 5.0
"""Seconds after which a signal is raised again: more than logging out and releasing the lock may take.

An exception that is raised within a callback of the interpreter's (a weak reference's, say) is printed and dropped.
"""


@contextmanager
def terminable() -> Iterator[None]:
    """Within it, SIGTERM raises Terminated, and SIGINT KeyboardInterrupt."""
    old = {number: signal.signal(number, _stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def _stop(number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGALRM, lambda _number, _frame: _raise(number))
    signal.setitimer(signal.ITIMER_REAL, _AGAIN, _AGAIN)
    _raise(number)


def _raise(number: int) -> NoReturn:
    if number == signal.SIGTERM:
        raise Terminated
    raise KeyboardInterrupt


class Interrupts:
    """While steps are done. A signal once: finish the calls in flight and record them. Twice: stop."""

    def __init__(self, notice: Callable[[str], None]) -> None:
        self._notice, self._hit = notice, False
        self.walked = False
        """Whether steps were begun: until then, a signal means that nothing was done."""

    @contextmanager
    def walking(self) -> Iterator[Callable[[], bool]]:
        """Gives what says whether to begin no more steps."""
        self.walked = True
        old = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield lambda: self._hit
        finally:
            # What was raised has come this far, so it wasn't dropped: again, it would cut off giving back the lock.
            signal.setitimer(signal.ITIMER_REAL, 0)
            for number, handler in old.items():
                signal.signal(number, handler)

    def _on_signal(self, _number: int, frame: FrameType | None) -> None:
        if self._hit:
            _stop(signal.SIGINT, frame)
        self._hit = True
        # Where the signal came in the middle of writing to the same stream, that can't be written within it.
        with suppress(RuntimeError):
            self._notice("Interrupted: finishing the calls in flight; again to stop at once.")
