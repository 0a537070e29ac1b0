"""`fmt`: format the files that the paths name."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from specs import files
from specs.diagnostic import Diagnostic, error
from specs.fmt import Refused, format_bytes


def format_stream(data: bytes) -> tuple[str, tuple[Diagnostic, ...]]:
    """Standard input formatted; empty where it has errors."""
    try:
        return format_bytes(data), ()
    except Refused as refused:
        return "", refused.diagnostics


def format_paths(paths: Sequence[str], *, write: bool) -> tuple[tuple[str, ...], tuple[Diagnostic, ...]]:
    """Format files and folders. Returns those that change (and were written, if asked), and what is wrong."""
    changed: list[str] = []
    problems: list[Diagnostic] = []
    for found in files.find(paths, problems):
        if found.path is None:
            problems.append(error("W633", "- can't be formatted together with files", help="give it alone: writ fmt -"))
            continue
        try:
            if _format(Path(found.path), found.name, write=write):
                changed.append(found.name)
        except Refused as refused:
            problems.extend(refused.diagnostics)
        except OSError as failed:
            message = f"{found.name} can't be formatted: {failed.strerror}"
            problems.append(error("W632", message, subject=found.name, help="make it readable and writable"))
    return tuple(changed), tuple(problems)


def _format(path: Path, name: str, *, write: bool) -> bool:
    before = path.read_bytes()
    after = format_bytes(before, name).encode()
    if after == before:
        return False
    if write:
        _replace(path, after)
    return True


def _replace(path: Path, content: bytes) -> None:
    """Whole or not at all, with the file's own mode."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode & 0o7777)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
