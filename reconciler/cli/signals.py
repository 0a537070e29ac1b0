"""Ctrl-C and SIGTERM: at once while nothing is written, and with care while something is."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Terminated(BaseException):
    """SIGTERM: unwinds as Ctrl-C does, so that systems are logged out of and the lock is released."""


@contextmanager
def terminable() -> Iterator[None]:
    """Within it, SIGTERM raises Terminated."""
    old = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, old)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise Terminated


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
            for number, handler in old.items():
                signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._hit:
            raise KeyboardInterrupt
        self._hit = True
        self._notice("Interrupted: finishing the calls in flight; again to stop at once.")
