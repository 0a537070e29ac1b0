"""Standard input where the shell closed it (``writ fmt - <&-``): Python has none then."""

from __future__ import annotations

import errno
import io
import os
from typing import Any


def closed_input() -> ClosedInput:
    """Stands for the closed stream, and takes its descriptor: else the next file that is opened would become it."""
    os.open(os.devnull, os.O_RDONLY)
    return ClosedInput(io.BufferedReader(_Closed()))


class ClosedInput(io.TextIOWrapper):
    """No answer to a question; an OSError to who reads specs from it."""

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]  # noqa: ARG002
        """Nobody answers."""
        return ""


class _Closed(io.RawIOBase):
    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ARG002
        raise OSError(errno.EBADF, "standard input is closed")
