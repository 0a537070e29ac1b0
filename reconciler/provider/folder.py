"""Temporary folders of servers: in use while their process lives, and removed by the next one if it crashed.

A folder is taken for abandoned, and removed, only where its own lock says that Writ made this very folder: the lock
names it by its inode, which no copy, no archive and no repository can carry.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from pathlib import Path

LOCK = "lock"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not blocking: whatever lies there may be a pipe.
_FILE = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class ClaimedFolder:
    """A fresh folder under ``root``. Others know by the lock in it that it is in use: it ends with its process."""

    def __init__(self, root: Path, prefix: str, mode: int) -> None:
        """Make it, after removing those of this prefix that this user's crashed processes left."""
        sweep(root, prefix)
        # Under a name that no sweep looks at, until it is locked: another's would take it for abandoned.
        made = Path(tempfile.mkdtemp(prefix=f".{prefix}", dir=root))
        made.chmod(mode)
        self._lock = os.open(made / LOCK, os.O_CREAT | os.O_EXCL | _FILE, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        sign(self._lock, made.stat())
        self.path = made.rename(root / made.name.removeprefix("."))

    def remove(self) -> None:
        """Remove it with all that is in it. Harmless when repeated."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def sweep(root: Path, prefix: str) -> None:
    """Remove the folders that this user's processes claimed, and ended without removing."""
    for folder in root.glob(f"{prefix}*"):
        remove_abandoned(folder)


def remove_abandoned(folder: Path) -> None:
    """Remove one such folder; anything else, links too, stays as it is."""
    try:
        place = os.open(folder, _FOLDER)
    except OSError:
        return  # gone, no folder, or somebody else's
    try:
        if os.fstat(place).st_uid == os.geteuid():
            _remove(folder, place)
    finally:
        os.close(place)


def sign(lock: int, folder: os.stat_result) -> None:
    """Write into a new lock whose it is."""
    os.pwrite(lock, _signature(folder), 0)


def signed(lock: int, folder: os.stat_result) -> bool:
    """Whether Writ made this lock, as this user, and for this very folder."""
    found, text = os.fstat(lock), _signature(folder)
    ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_size == len(text)
    return ours and os.pread(lock, len(text), 0) == text


def _signature(folder: os.stat_result) -> bytes:
    # Not its device: that number may be another one after a reboot.
    return f"This folder was made by Writ, which removes it. Inode {folder.st_ino}.\n".encode()


def _remove(folder: Path, place: int) -> None:
    try:
        handle = os.open(LOCK, _FILE, dir_fd=place)
    except OSError:
        return  # it has none: not ours
    try:
        if signed(handle, os.fstat(place)):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        return  # in use
    finally:
        os.close(handle)
