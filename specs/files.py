"""Paths to bytes: which files are specs, and reading them without being led astray.

A pull request from a stranger may hold symlinks, pipes and huge files. Only regular files that lie within
the folder that was named are read, and never more of them than the caps.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from specs.diagnostic import Diagnostic, error
from specs.source import SourceSpan
from specs.suggest import closest

STDIN = "-"
STDIN_NAME = "<stdin>"
_DEVICES = frozenset({"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"})
"""Other names of standard input."""
SUFFIXES = (".yaml", ".yml", ".json")
FILE_CAP = 16 * 1024 * 1024
"""Bytes of one file."""
RUN_CAP = 64 * 1024 * 1024
"""Bytes of all files of a run."""
_COUNT_CAP = 20_000


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read: ``name`` as messages show it; ``path`` resolved, None for standard input."""

    name: str
    path: str | None


def find(paths: Sequence[str], problems: list[Diagnostic]) -> Iterator[Found]:
    """The files that ``paths`` name, folders in sorted order, each file once."""
    seen: set[str] = set()
    for given in paths:
        for found in _find_one(given, problems):
            key = found.path or STDIN
            if key in seen:
                continue
            if len(seen) >= _COUNT_CAP:
                problems.append(
                    error(
                        "W006", f"more than {_COUNT_CAP} files", subject=given, help="name folders that hold specs only"
                    )
                )
                return
            seen.add(key)
            yield found


def _find_one(given: str, problems: list[Diagnostic]) -> Iterator[Found]:
    if given == STDIN:
        yield Found(STDIN_NAME, None)
        return
    if given in _DEVICES:
        message = "not a file: standard input has a name of its own here"
        problems.append(error("W002", message, subject=given, help=f"write {STDIN} instead"))
        return
    try:
        mode = Path(given).stat().st_mode
        resolved = str(Path(given).resolve(strict=True))
    except (OSError, ValueError, RuntimeError) as problem:
        problems.append(unreadable(given, problem))
        return
    if not stat.S_ISDIR(mode):
        root = str(Path(given).absolute().parent.resolve())
        if _within(resolved, root, given, problems) and _regular(resolved, given, problems):
            yield Found(shown(given), resolved)
        return
    count, before = 0, len(problems)
    for found in _walk(given, resolved, problems):
        count += 1
        yield found
    if not count and len(problems) == before:
        problems.append(
            error(
                "W001",
                "no *.yaml, *.yml or *.json here",
                subject=shown(given),
                help="name a folder that holds specs, or begin some: writ init",
            )
        )


def _walk(given: str, root: str, problems: list[Diagnostic]) -> Iterator[Found]:
    visited = {root}
    waiting = [(given, root)]
    while waiting:
        name, folder = waiting.pop()
        inner: list[tuple[str, str]] = []
        for entry in _entries(name, folder, problems):
            shown_path = str(Path(name) / entry)
            resolved = _resolved(str(Path(folder) / entry), shown_path, problems)
            if resolved is None or not _relevant(entry, resolved):
                continue
            if not _within(resolved, root, shown_path, problems):
                continue
            if not Path(resolved).is_dir():
                if _regular(resolved, shown_path, problems):
                    yield Found(shown(shown_path), resolved)
            elif resolved not in visited:
                visited.add(resolved)
                inner.append((shown_path, resolved))
        waiting += reversed(inner)


def _entries(name: str, folder: str, problems: list[Diagnostic]) -> list[str]:
    try:
        return sorted(entry for entry in os.listdir(folder) if not entry.startswith("."))  # noqa: PTH208
    except OSError as problem:
        problems.append(unreadable(name, problem))
        return []


def _resolved(path: str, shown_path: str, problems: list[Diagnostic]) -> str | None:
    try:
        if not Path(path).is_symlink():
            return path
        return str(Path(path).resolve(strict=True))
    except (OSError, RuntimeError) as problem:
        if _named_as_specs(path):
            problems.append(unreadable(shown_path, problem))
        return None


def _named_as_specs(name: str) -> bool:
    return name.endswith(SUFFIXES) or name.lower().endswith((".yaml", ".yml"))


def _relevant(entry: str, resolved: str) -> bool:
    return _named_as_specs(entry) or Path(resolved).is_dir()


def _within(resolved: str, root: str, name: str, problems: list[Diagnostic]) -> bool:
    if resolved == root or resolved.startswith(root.rstrip("/") + "/"):
        return True
    problems.append(
        error(
            "W002",
            "not a regular file in the root: a link that leads out of it",
            subject=shown(name),
            help="put a copy of the file there, or name its own folder",
        )
    )
    return False


def read(found: Found, stdin: BinaryIO, problems: list[Diagnostic], budget: int = RUN_CAP) -> bytes | None:
    """The file's bytes; None after reporting why not."""
    cap = min(FILE_CAP, budget)
    try:
        data = stdin.read(cap + 1) if found.path is None else _read_regular(found, cap, problems)
    except OSError as problem:
        problems.append(unreadable(found.name, problem))
        return None
    if data is not None and len(data) > cap:
        what = "one file" if cap == FILE_CAP else "all files of a run"
        limit = FILE_CAP if cap == FILE_CAP else RUN_CAP
        problems.append(
            error(
                "W006",
                f"over the cap: {limit // 1024 // 1024} MiB for {what}",
                help="split it into several files" if cap == FILE_CAP else "name fewer files",
                span=SourceSpan(found.name, 1, 1),
            )
        )
        return None
    return data


def _read_regular(found: Found, cap: int, problems: list[Diagnostic]) -> bytes | None:
    # What find saw may have been replaced. Without O_NONBLOCK, a pipe that nobody writes to would wait for ever.
    path = found.path or ""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            problems.append(_irregular(found.name))
            return None
        return _read_all(file, cap + 1)


def _regular(path: str, name: str, problems: list[Diagnostic]) -> bool:
    try:
        regular = stat.S_ISREG(os.lstat(path).st_mode)
    except OSError as problem:
        problems.append(unreadable(name, problem))
        return False
    if not regular:
        problems.append(_irregular(name))
    return regular


def _irregular(name: str) -> Diagnostic:
    return error(
        "W002",
        "not a regular file in the root: a pipe, socket or device",
        subject=shown(name),
        help=f"write {STDIN} to read standard input",
    )


def _read_all(file: BinaryIO, most: int) -> bytes:
    parts: list[bytes] = []
    while most > 0 and (part := file.read(most)):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


def shown(name: str) -> str:
    """A path as messages show it: what isn't UTF-8 is escaped."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def unreadable(name: str, problem: Exception) -> Diagnostic:
    """Why a path can't be read."""
    if isinstance(problem, FileNotFoundError) and Path(name).is_symlink():
        return error("W001", "a link that leads nowhere", subject=shown(name), help="remove it, or mend what it names")
    if isinstance(problem, FileNotFoundError):
        parent = Path(name).parent
        return error("W001", "no such file or folder", subject=shown(name), help=_missing_help(name, parent))
    reason = (problem.strerror or str(problem)).lower() if isinstance(problem, OSError) else str(problem)
    loops = isinstance(problem, RuntimeError) or getattr(problem, "errno", None) == errno.ELOOP
    advice = "links that lead in a circle: remove one" if loops else _readable(name)
    return error("W001", f"can't be read: {reason}", subject=shown(name), help=advice)


def _readable(name: str) -> str:
    folder = os.path.isdir(name)  # noqa: PTH112 - which, unlike Path's, takes any name
    return "you need the rights to list and enter this folder" if folder else _A_FILE


_A_FILE = "see that it is a file, and that you may read it"


def _missing_help(name: str, parent: Path) -> str:
    try:
        near = closest(Path(name).name, os.listdir(parent))  # noqa: PTH208
    except OSError:
        return f"{shown(str(parent))} isn't there either"
    return f"did you mean {shown(str(parent / near))}?" if near else "name a file, a folder, or - for standard input"
