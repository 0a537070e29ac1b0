"""Standard output and standard error without known secrets, whoever writes there and however."""

from __future__ import annotations

import io
import os
import re
import sys
import threading
from collections.abc import Mapping
from typing import BinaryIO, cast

from reconciler.cli.quiet import quiet_logs
from specs.redaction import hidden_bytes, keep, keep_login

_SECRET = re.compile(
    r"(?:^|_)(?:TOKEN|PASSWORD|PASSWD|PASSPHRASE|SECRET_ID|SECRET_KEY|SECRET_ACCESS_KEY|CLIENT_SECRET|PRIVATE_KEY|API_KEY)$"
    r"|^PG(?:SSL)?PASSWORD$",
    re.IGNORECASE,
)
"""Variables that hold a secret, by their names."""


def hide_secrets() -> None:
    """Before a command begins: nothing that is known to be secret leaves this process by any way that is looked at."""
    keep_environment(os.environ, sys.argv[1:])
    veil_streams()
    quiet_logs()


def keep_environment(environ: Mapping[str, str], arguments: list[str]) -> None:
    """Hide what the environment and the command line hold of secrets."""
    for name, value in environ.items():
        if _SECRET.search(name):
            keep(value)
    for text in (*environ.values(), *arguments):
        # -state=postgresql://… is one argument.
        if "://" in text and ("@" in text or "password=" in text):
            keep_login(text)


class _Veil(io.BufferedIOBase):
    """Bytes on their way out, line by line: a secret may be written in pieces."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        """Kept, for its end would close the stream."""
        self._stream = cast("BinaryIO", text.buffer)
        self._pending = b""
        self._lock = threading.RLock()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        given = bytes(cast("bytes", data))
        with self._lock:
            whole, newline, rest = (self._pending + given).rpartition(b"\n")
            self._pending = rest
            if newline:
                self._stream.write(hidden_bytes(whole + newline))
        return len(given)

    def flush(self) -> None:
        with self._lock:
            rest, self._pending = self._pending, b""
            if rest:
                self._stream.write(hidden_bytes(rest))
            self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()

    def isatty(self) -> bool:
        return self._stream.isatty()


def veil_streams() -> None:
    """From now on nothing known leaves by them. Text that an encoding can't say is escaped, as on standard error."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, io.TextIOWrapper) or isinstance(stream.buffer, _Veil):
            continue
        stream.flush()
        veiled = io.TextIOWrapper(
            cast("BinaryIO", _Veil(stream)),
            encoding=stream.encoding,
            errors="backslashreplace",
            newline="\n" if os.linesep == "\n" else None,
            line_buffering=stream.line_buffering,
        )
        setattr(sys, name, veiled)
