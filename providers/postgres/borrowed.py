"""A short-lived folder under /tmp, for a server that can't use the folder that it was given."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

_ROOT = Path("/tmp")  # noqa: S108 - a fresh folder is made in it
_PREFIX = "writ-pg-"
_LOCK = "lock"


class BorrowedFolder:
    """Others know by the lock in it that it is in use: those of processes that crashed are removed by the next one."""

    def __init__(self, mode: int) -> None:
        """Make it, and remove what this user's crashed processes left."""
        for lock in _ROOT.glob(f"{_PREFIX}*/{_LOCK}"):
            _remove_if_abandoned(lock)
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_ROOT))
        self.path.chmod(mode)
        self._lock = os.open(self.path / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def remove(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


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
