"""The temporary directory of one sandbox: the servers' data, and the control socket."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from reconciler.provider.folder import ClaimedFolder, sweep
from reconciler.sandbox.errors import SandboxError

PREFIX = "writ-"
_SOCKET_LIMIT = 100
"""Bytes of a socket's path that every Unix takes (sun_path, unix(7), is 104 bytes or more)."""


class Workplace:
    """Lives as long as its process."""

    def __init__(self) -> None:
        """Make it, after removing those that crashed sandboxes of the same user left."""
        # A server that refuses to run as root must reach its own folder below: through, not list.
        self._claimed = ClaimedFolder(_root(), PREFIX, 0o711 if os.geteuid() == 0 else 0o700)
        self.path = self._claimed.path
        control = self.path / "control"
        control.mkdir(mode=0o700)
        self.socket = control / "socket"
        (self.path / "data").mkdir(mode=0o711)

    def folder(self, name: str) -> Path:
        """A new folder for one server's data."""
        made = self.path / "data" / name
        made.mkdir(mode=0o700)
        return made

    def remove(self) -> None:
        """Remove it with all that is in it. Harmless when repeated."""
        self._claimed.remove()


def sweep_workplaces() -> None:
    """Remove those that crashed sandboxes of this user left."""
    for root in _roots():
        sweep(root, PREFIX)


def _roots() -> tuple[Path, ...]:
    return Path(tempfile.gettempdir()), Path("/tmp")  # noqa: S108 - a fresh directory is made in it


def _root() -> Path:
    for candidate in _roots():
        longest = candidate / f"{PREFIX}xxxxxxxx" / "control" / "socket"
        if len(os.fsencode(longest)) <= _SOCKET_LIMIT and os.access(candidate, os.W_OK):
            return candidate
    raise SandboxError(
        "no temporary directory has a path short enough for a Unix socket", help="set TMPDIR to a short path"
    )
