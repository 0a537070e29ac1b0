"""Whether a step may still write: every client asks before each call that does.

The lock of a run is a lease. A process that was stopped past it wakes in the middle of a step, and would go on with it:
repeat a call whose reply was lost, or make the step's next one, though another run has taken over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from reconciler.provider.errors import Fenced


def _nobody_minds() -> bool:
    return True


_HELD: ContextVar[Callable[[], bool]] = ContextVar("held", default=_nobody_minds)


@contextmanager
def fenced(held: Callable[[], bool]) -> Iterator[None]:
    """Within the block, in this thread: nothing is written once ``held`` says no."""
    before = _HELD.set(held)
    try:
        yield
    finally:
        _HELD.reset(before)


def may_write() -> None:
    """Before a call that writes. Raises Fenced."""
    if not _HELD.get()():
        raise Fenced
