"""A folder that is reached through no link, and files in it: a cloned repository may carry links to anywhere."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from reconciler.sandbox.errors import SandboxError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def entered(path: Path, *, make: bool = False) -> Iterator[int]:
    """A descriptor of the folder, for ``dir_fd``. It is this user's, and neither it nor its parent is a link.

    Raises OSError, and SandboxError where that isn't so. With ``make``, what is missing is made.
    """
    outer = _entered(path.parent, None, make=make)
    try:
        inner = _entered(path, outer, make=make)
    finally:
        os.close(outer)
    try:
        if os.fstat(inner).st_uid != os.geteuid():
            raise misplaced(path, "it is another user's")
        yield inner
    finally:
        os.close(inner)


def file_in(place: int, path: Path, flags: int) -> int:
    """A descriptor of the regular file with the path's name in the folder ``place``. Raises as ``entered``."""
    # Not blocking: opening a pipe would wait for its other end.
    try:
        handle = os.open(path.name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600, dir_fd=place)
    except OSError as failed:
        raise _explained(failed, path, place) from failed
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise misplaced(path, "it is not a regular file")
    return handle


def misplaced(path: Path, why: str) -> SandboxError:
    """What stands in a sandbox's place, and the way out."""
    return SandboxError(
        f"the sandbox can't use {path}: {why}",
        help="it has to be a folder of the sandbox's own: move away what is in its place, or run elsewhere",
    )


@contextmanager
def told(path: Path, but: tuple[type[OSError], ...] = ()) -> Iterator[None]:
    """OSErrors as SandboxErrors that name the place."""
    try:
        yield
    except but:
        raise
    except OSError as failed:
        raise misplaced(Path(failed.filename or path), (failed.strerror or str(failed)).lower()) from failed


def _entered(path: Path, outer: int | None, *, make: bool) -> int:
    name = str(path) if outer is None else path.name
    if make:
        with suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=outer)
    try:
        return os.open(name, _FOLDER, dir_fd=outer)
    except OSError as failed:
        raise _explained(failed, path, outer, name) from failed


def _explained(failed: OSError, path: Path, place: int | None, name: str = "") -> Exception:
    """A link is told as one: systems say ELOOP or ENOTDIR of it."""
    if failed.errno in {errno.ELOOP, errno.ENOTDIR} and _is_link(name or path.name, place):
        return misplaced(path, "it is a link")
    failed.filename = str(path)
    return failed


def _is_link(name: str, place: int | None) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=place, follow_symlinks=False).st_mode)
    except OSError:
        return False
