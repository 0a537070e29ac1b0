"""A client's own deadline: statement_timeout is the server's, and a server that has stopped keeps no time.

Keepalives don't help either: the kernel (or a proxy) of a stopped server goes on acknowledging.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

STATEMENT_SECONDS = 45.0
"""More than the server's statement_timeout of 30, so that a server that lives is the one to say so."""


class DeadlineError(Exception):
    """No answer in time; the connection was cut."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer within {seconds:g} s; the connection was cut")


@contextmanager
def deadline(descriptor: int, seconds: float) -> Iterator[None]:
    """Cut a socket (TCP or Unix) if the block isn't done in time: whoever waits for it then reads its end.

    Raises DeadlineError in place of whatever the block raises then.
    """
    # A descriptor of its own: the connection's may be closed, and its number another file's, by the time it ends.
    handle = socket.socket(fileno=os.dup(descriptor))
    cut = threading.Event()

    def end() -> None:
        cut.set()
        with suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception:
        if cut.is_set():
            raise DeadlineError(seconds) from None
        raise
    finally:
        timer.cancel()
        handle.close()
