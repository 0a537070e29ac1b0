"""The audit record beside a SQLite state: a file to an environment, JSON lines, only ever appended to."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from reconciler.state.errors import LedgerError
from reconciler.state.ledger import part

_SUFFIX = ".jsonl"
_PIECE = 64 * 1024
"""Bytes read at once from the end."""
_WAY_OUT = "free the disk, or make it writable"


class LedgerFiles:
    """The lines beside one state file. Whoever appends holds that state's write lock."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._ends: dict[str, int] = {}
        """Bytes, by environment: where the last line ended as we saw it."""

    @property
    def where(self) -> str:
        """The files."""
        return str(self.path("*"))

    def path(self, environment: str) -> Path:
        """``state.db.audit-production.jsonl``: two states in one folder have their own."""
        name = environment if environment == "*" else part(environment)
        return self._state.with_name(f"{self._state.name}.audit-{name}{_SUFFIX}")

    def append(self, environment: str, lines: Sequence[bytes]) -> None:
        """Add lines, and see them to the disk. What couldn't be written whole is taken back.

        Raises LedgerError, also where the file doesn't end where it did when we saw it last: a state that was taken
        away under its run has no lock that keeps others off.
        """
        path = self.path(environment)
        with _told(path, "written"):
            new = not path.exists()
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
            try:
                _refuse_others(path, handle)
                end = os.fstat(handle).st_size
                if self._ends.get(environment, end) != end:
                    message = f"the audit record {path} was written by another run meanwhile"
                    raise LedgerError(message, help="run it again")
                _write(handle, end, data := b"".join(lines))
                self._ends[environment] = end + len(data)
            finally:
                os.close(handle)
            if new:
                _sync_folder(path.parent)

    def lines(self, environment: str) -> Iterator[bytes]:
        """All of them. Raises LedgerError."""
        path = self.path(environment)
        with _told(path, "read"), _opened(path) as file:
            yield from file

    def last(self, environment: str) -> bytes:
        """The last one; empty where there is none. Raises LedgerError."""
        path = self.path(environment)
        self._ends[environment] = 0
        if not os.path.lexists(path):
            return b""
        with _told(path, "read"), _opened(path) as file:
            self._ends[environment] = file.seek(0, os.SEEK_END)
            return _tail(file)

    def mend(self, environment: str) -> bytes:
        """Cut off a last line without an end. Raises LedgerError."""
        torn = self.last(environment)
        if not torn or torn.endswith(b"\n"):
            return b""
        path = self.path(environment)
        with _told(path, "written"), path.open("r+b") as file:
            self._ends[environment] = file.truncate(file.seek(0, os.SEEK_END) - len(torn))
            os.fsync(file.fileno())
        return torn

    def audited(self) -> tuple[str, ...]:
        """The environments that have a file."""
        start = f"{self._state.name}.audit-"
        with _told(self._state.parent, "read"):
            names = [path.name for path in self._state.parent.iterdir()] if self._state.parent.is_dir() else []
        found = (name for name in names if name.startswith(start) and name.endswith(_SUFFIX))
        return tuple(sorted(unquote(name.removeprefix(start).removesuffix(_SUFFIX)) for name in found))


def _write(handle: int, end: int, data: bytes) -> None:
    try:
        written = 0
        while written < len(data):
            written += os.write(handle, data[written:])
        os.fsync(handle)
    except OSError:
        # A full disk takes a part of a line: that was never an entry.
        os.ftruncate(handle, end)
        raise


def _tail(file: BinaryIO) -> bytes:
    """What follows the last line feed but that at the very end."""
    at, data = file.seek(0, os.SEEK_END), b""
    while at > 0:
        step = min(_PIECE, at)
        at = file.seek(at - step)
        data = file.read(step) + data
        found = data.rfind(b"\n", 0, len(data) - 1)
        if found >= 0:
            return data[found + 1 :]
    return data


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    # Not blocking: opening a pipe would wait for its writer.
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        _refuse_others(path, handle)
        yield file


def _refuse_others(path: Path, handle: int) -> None:
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        raise LedgerError(f"the audit record {path} is not a regular file", help="move it away")


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _told(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise LedgerError(f"there is no audit record {path}", help="the first apply begins one") from None
    except OSError as failed:
        raise LedgerError(f"the audit record {path} can't be {what}: {failed.strerror}", help=_WAY_OUT) from failed
