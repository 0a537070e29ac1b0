"""Temporary folders of servers: in use while their process lives, and removed by the next one if it crashed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

_LOCK = "lock"


class ClaimedFolder:
    """A fresh folder under ``root``. Others know by the lock in it that it is in use: it ends with its process."""

    def __init__(self, root: Path, prefix: str, mode: int) -> None:
        """Make it, after removing those of this prefix that this user's crashed processes left."""
        sweep(root, prefix)
        # Under a name that no sweep looks at, until it is locked: another's would take it for abandoned.
        made = Path(tempfile.mkdtemp(prefix=f".{prefix}", dir=root))
        made.chmod(mode)
        self._lock = os.open(made / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.path = made.rename(root / made.name.removeprefix("."))

    def remove(self) -> None:
        """Remove it with all that is in it. Harmless when repeated."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def sweep(root: Path, prefix: str) -> None:
    """Remove the folders that this user's processes claimed, and ended without removing."""
    for lock in root.glob(f"{prefix}*/{_LOCK}"):
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
