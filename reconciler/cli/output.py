"""Where output goes: the result on standard output, findings and progress on standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from reconciler.render.diagnostics import SourceLine, diagnostic_json, findings_lines, no_source, summary
from reconciler.render.safe import json_obeys_nothing, obeys_nothing
from specs.diagnostic import Diagnostic
from specs.redaction import redacted, redacted_data, suspicious


class Output:
    """The two streams of one command."""

    def __init__(self, *, no_color: bool = False, json_lines: bool = False) -> None:
        """With ``json_lines``, findings are part of the result: a JSON document to a line."""
        self._json_lines = json_lines
        self.out = _console(sys.stdout, no_color=no_color)
        self.err = _console(sys.stderr, no_color=no_color)

    def lines(self, lines: Iterable[Text]) -> None:
        """Result lines. A file or a pipe gets their text as it is: styling would cost a large plan most of its time."""
        if self.out.color_system is None and not self.out.is_terminal:
            text = "".join(f"{obeys_nothing(line.plain)}\n" for line in lines)
            self.out.file.write("".join(map(redacted, text.splitlines(keepends=True))) if suspicious(text) else text)
            self.out.file.flush()
            return
        for line in lines:
            self.out.print(_harmless(line))

    def text(self, text: str) -> None:
        """A result line as it is, or several."""
        self.lines(Text(line) for line in text.split("\n"))

    def notice(self, text: str) -> None:
        """Something about the run, not its result."""
        for line in text.split("\n"):
            self.err.print(_harmless(Text(line)))

    def json(self, data: Any) -> None:
        """One JSON document."""
        sys.stdout.write(_document(data, indent=2))

    def json_line(self, data: Any) -> None:
        """One JSON document to a line."""
        sys.stdout.write(_document(data))
        sys.stdout.flush()

    def findings(self, diagnostics: Sequence[Diagnostic], source_line: SourceLine = no_source) -> None:
        """All findings and their count."""
        if self._json_lines:
            for diagnostic in diagnostics:
                self.json_line({"type": "diagnostic"} | diagnostic_json(diagnostic))
            return
        for line in findings_lines(diagnostics, source_line):
            self.err.print(_harmless(line))
        if diagnostics:
            self.err.print(Text(f"{summary(diagnostics)}.", "bold"))


def _document(data: Any, indent: int | None = None) -> str:
    text = json.dumps(data, indent=indent, ensure_ascii=True)
    if suspicious(text):
        text = json.dumps(redacted_data(data), indent=indent, ensure_ascii=True)
    return json_obeys_nothing(text) + "\n"


def _harmless(line: Text) -> Text:
    plain = redacted(obeys_nothing(line.plain))
    return line if plain == line.plain else Text(plain)


def _console(stream: TextIO, *, no_color: bool) -> Console:
    # soft_wrap: long lines are the terminal's to wrap, so that a log or a file has each whole.
    plain = no_color or bool(os.environ.get("NO_COLOR")) or not stream.isatty()
    return Console(file=stream, no_color=plain, color_system=None if plain else "auto", highlight=False, soft_wrap=True)
