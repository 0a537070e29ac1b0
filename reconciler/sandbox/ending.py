"""That a sandbox is to end, as a signal's handler may say it."""

from __future__ import annotations

import select
import socket
from contextlib import suppress


class Ending:
    """Said once, by whoever wants it; waited for by one thread.

    A handler runs within whatever its thread is doing. A threading.Event takes a lock that this thread may hold just
    then, in its wait, and both stand still for good; queue.SimpleQueue does, too, in Python 3.11. Sending a byte takes
    none.
    """

    def __init__(self) -> None:
        self._said = False
        self._bell, self._hand = socket.socketpair()
        self._hand.setblocking(False)

    def set(self) -> None:
        """It is to end."""
        self._said = True
        with suppress(OSError):  # it rings already, or nobody waits any more
            self._hand.send(b"!")

    def is_set(self) -> bool:
        """Whether it is to end."""
        return self._said

    def wait(self, seconds: float) -> bool:
        """The same, once it is said or that time is over."""
        if not self._said:
            select.select([self._bell], [], [], seconds)
        return self._said

    def close(self) -> None:
        """Nobody waits any more."""
        self.set()
        self._bell.close()
        self._hand.close()
