"""The temporary directory of one sandbox: the servers' data, and the control socket."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from reconciler.sandbox.errors import SandboxError

_PREFIX = "writ-"
_LOCK = "lock"
_SOCKET_LIMIT = 100
"""Bytes of a socket's path that every Unix takes (sun_path, unix(7), is 104 bytes or more)."""


class Workplace:
    """Lives as long as its process: others know by the lock on it that it is in use."""

    def __init__(self) -> None:
        """Make it, after removing those that crashed sandboxes of the same user left."""
        root = _root()
        sweep(root)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
        if os.geteuid() == 0:
            # A server that refuses to run as root must reach its own folder below: through, not list.
            self.path.chmod(0o711)
        self._lock = os.open(self.path / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
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
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def _root() -> Path:
    for candidate in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - a fresh directory is made in it
        longest = candidate / f"{_PREFIX}xxxxxxxx" / "control" / "socket"
        if len(os.fsencode(longest)) <= _SOCKET_LIMIT and os.access(candidate, os.W_OK):
            return candidate
    raise SandboxError(
        "no temporary directory has a path short enough for a Unix socket", help="set TMPDIR to a short path"
    )


def sweep(root: Path) -> None:
    """Remove the directories of this user's sandboxes that ended without cleaning up."""
    for lock in root.glob(f"{_PREFIX}*/{_LOCK}"):
        _remove_if_abandoned(lock)


def _remove_if_abandoned(lock: Path) -> None:
    try:
        if lock.stat().st_uid != os.geteuid():
            return
        handle = os.open(lock, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return  # gone, or somebody else's
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(lock.parent, ignore_errors=True)
    except BlockingIOError:
        return  # in use
    finally:
        os.close(handle)
