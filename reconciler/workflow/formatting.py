"""`fmt`: format the files that the paths name."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from specs import files
from specs.diagnostic import Diagnostic, error
from specs.fmt import Refused, format_bytes


@dataclass(frozen=True, slots=True)
class Formatted:
    """A stream's formatted text."""

    text: str
    """Empty where it has errors."""
    changed: bool
    """Whether it was written otherwise."""
    diagnostics: tuple[Diagnostic, ...] = ()


def format_stream(stdin: BinaryIO) -> Formatted:
    """Standard input formatted."""
    problems: list[Diagnostic] = []
    data = files.read(files.Found(files.STDIN_NAME, None), stdin, problems)
    if data is None:
        return Formatted("", changed=False, diagnostics=tuple(problems))
    try:
        text = format_bytes(data)
    except Refused as refused:
        return Formatted("", changed=False, diagnostics=refused.diagnostics)
    return Formatted(text, changed=text.encode() != data)


def format_paths(paths: Sequence[str], *, write: bool) -> tuple[tuple[str, ...], tuple[Diagnostic, ...]]:
    """Format files and folders. Returns those that change (and were written, if asked), and what is wrong."""
    changed: list[str] = []
    problems: list[Diagnostic] = []
    budget = files.RUN_CAP
    for found in files.find(paths, problems):
        if found.path is None:
            problems.append(error("W633", "- can't be formatted together with files", help="give it alone: writ fmt -"))
            continue
        data = files.read(found, _NO_STREAM, problems, budget)
        if data is None:
            continue
        budget -= len(data)
        try:
            if _format(data, Path(found.path), found.name, write=write):
                changed.append(found.name)
        except Refused as refused:
            problems.extend(refused.diagnostics)
        except OSError as failed:
            message = f"{found.name} can't be formatted: {failed.strerror}"
            problems.append(error("W632", message, subject=found.name, help="make it readable and writable"))
    return tuple(changed), tuple(problems)


_NO_STREAM = BytesIO()
"""Only files are read with it."""


def _format(before: bytes, path: Path, name: str, *, write: bool) -> bool:
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
