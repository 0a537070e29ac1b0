"""The files' text, kept for excerpts under messages; lines that hold secrets are never given out."""

from __future__ import annotations

from io import BytesIO
from itertools import islice

from specs import scan
from specs.source import SourceSpan

_LONGEST = 10_000
"""Bytes of a line that is shown. No part of a longer one: a cut might leave the half of a secret that isn't known."""


class Sources:
    """The bytes of every file that was read: as large as the files, so bounded by the loader's caps."""

    __slots__ = ("_files", "_hidden", "_last")

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}
        self._hidden: set[tuple[str, int]] = set()
        self._last: tuple[tuple[str, int], str | None] = (("", 0), None)

    def add(self, file: str, data: bytes) -> None:
        """Keep a file."""
        self._files[file] = data

    def forget(self, file: str) -> None:
        """Never show anything of this file."""
        self._files.pop(file, None)

    def hide(self, file: str, line: int) -> None:
        """Never show this line."""
        self._hidden.add((file, line))

    def source_line(self, span: SourceSpan) -> str | None:
        """The text of a span's line; None where there is none, or where it holds a secret."""
        place = (span.file, span.line)
        if self._last[0] != place:
            self._last = (place, self._read(*place))
        return self._last[1]

    def _read(self, file: str, line: int) -> str | None:
        data = self._files.get(file)
        if data is None or (file, line) in self._hidden:
            return None
        found = next(islice(BytesIO(data), line - 1, line), None)
        if found is None:
            return None
        if len(found) > _LONGEST:
            return None
        return scan.excerpt(found.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n"))
