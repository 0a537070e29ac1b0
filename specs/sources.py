"""The files' text, kept for excerpts under messages; lines that hold secrets are never given out."""

from __future__ import annotations

from io import BytesIO
from itertools import islice

from specs import scan
from specs.source import SourceSpan


class Sources:
    """The bytes of every file that was read: as large as the files, so bounded by the loader's caps."""

    __slots__ = ("_files", "_hidden")

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}
        self._hidden: set[tuple[str, int]] = set()

    def add(self, file: str, data: bytes) -> None:
        """Keep a file."""
        self._files[file] = data

    def hide(self, file: str, line: int) -> None:
        """Never show this line."""
        self._hidden.add((file, line))

    def source_line(self, span: SourceSpan) -> str | None:
        """The text of a span's line; None where there is none, or where it holds a secret."""
        data = self._files.get(span.file)
        if data is None or (span.file, span.line) in self._hidden:
            return None
        line = next(islice(BytesIO(data), span.line - 1, span.line), None)
        if line is None:
            return None
        text = line.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n")
        return None if scan.confidential(text) else scan.masked(text)

    line = source_line
