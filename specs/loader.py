"""Files to documents of plain text. The only user of yaml.

libyaml's events are taken as they come and every scalar stays text: no value is typed by YAML, no tag is
resolved, no alias followed. Each document is parsed by itself, so an error in one hides nothing of the next.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import yaml

from specs import files, jsontext, scan
from specs.build import ABOUT_LOGINS, ABOUT_SECRETS, Builder, TooMuch
from specs.collector import collector_off
from specs.diagnostic import Diagnostic, error, warning
from specs.nodes import RawDocument
from specs.source import SourceSpan
from specs.sources import Sources
from specs.syntax import explain

DOCUMENT_CAP = 1_000_000
"""Characters of one document."""
COUNT_CAP = 20_000
"""Documents of one file."""
EMPTY_CAP = 20_000
"""Documents of a run that hold nothing."""
ENOUGH = 1000
"""Findings after which no more documents are read."""
_MOST_HITS = 20
_LEAST = 10
_MARKER = re.compile(r"(?:---|\.\.\.)(?=[ \t\r\n]|\Z)")
_NEXT_MARKER = re.compile(rf"\n({_MARKER.pattern})")  # a line's end is found at the speed of memory, its begin isn't
_DIRECTIVE = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*+%")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read. ``opaque``: some document couldn't be read at all, so nobody knows what it declares."""

    documents: tuple[RawDocument, ...]
    diagnostics: tuple[Diagnostic, ...]
    sources: Sources
    opaque: bool = False


def load(paths: Sequence[str], stdin: BinaryIO | None = None) -> Loaded:
    """Read files, folders (recursively, ``files.SUFFIXES``, sorted, hidden names skipped) and ``-``."""
    reading = _Reading()
    with collector_off():
        for found in files.find(paths, reading.problems):
            reading.take(found, stdin or sys.stdin.buffer)
    return reading.result()


def load_file(path: Path) -> Loaded:
    """Read one file that the operator named, wherever it lies."""
    reading = _Reading()
    try:
        resolved = str(path.resolve(strict=True))
    except (OSError, ValueError, RuntimeError) as problem:
        reading.problems.append(files.unreadable(str(path), problem))
    else:
        reading.take(files.Found(files.shown(str(path)), resolved), sys.stdin.buffer)
    return reading.result()


def load_bytes(data: bytes, name: str) -> Loaded:
    """Read what is in hand, as a file of that name would be."""
    reading = _Reading()
    reading.add(name, data)
    return reading.result()


def events(text: str) -> Iterator[Any]:
    """The raw events of a text that has been loaded without errors."""
    next_event = _parser(text)
    while not isinstance(event := next_event(), yaml.StreamEndEvent):
        yield event


def _parser(text: str) -> Callable[[], Any]:
    # CLoader is a parser and much else that is made anew for each document.
    parser = yaml.cyaml.CParser if hasattr(yaml, "CLoader") else yaml.SafeLoader  # type: ignore[attr-defined]
    event: Callable[[], Any] = parser(text).get_event
    return event


class _Reading:
    """One run's reading."""

    def __init__(self) -> None:
        self.problems: list[Diagnostic] = []
        self._documents: list[RawDocument] = []
        self._sources = Sources()
        self._memo: dict[str, str] = {}
        self._budget = files.RUN_CAP
        self._empty = 0
        self._opaque = False

    def result(self) -> Loaded:
        opaque = self._opaque or any(problem.span is None for problem in self.problems)
        return Loaded(tuple(self._documents), tuple(self.problems), self._sources, opaque)

    def take(self, found: files.Found, stdin: BinaryIO) -> None:
        """Read one file."""
        data = files.read(found, stdin, self.problems, self._budget)
        if data is None:
            self._opaque = True
        else:
            self.add(found.name, data)

    def add(self, name: str, data: bytes) -> None:
        """Read one file's bytes."""
        before = len(self.problems)
        text = self._decode(name, data)
        if text is None:
            self._opaque = True
            return
        self._budget -= len(data)
        self._sources.add(name, data)
        spoilt = self._scan(name, text)
        if name.endswith(".json") and text.strip(" \t\r\n") and len(text) <= DOCUMENT_CAP:
            wrong = jsontext.problem(text, name)
            if wrong is not None:
                self._refuse(wrong)
                return
            text = jsontext.without_surrogates(text)
        count = 0
        for chunk in split(text):
            if len(self.problems) >= ENOUGH:
                self._opaque = True
                break
            if count >= COUNT_CAP or self._empty >= EMPTY_CAP:
                at = SourceSpan(name, chunk.line, 1)
                over = f"{COUNT_CAP} documents in one file" if count >= COUNT_CAP else f"{EMPTY_CAP} empty documents"
                advice = "split it" if count >= COUNT_CAP else "remove the markers"
                self._refuse(error("W006", f"over the cap: {over}", help=advice, span=at))
                break
            if self._document(name, chunk, spoilt):
                count += 1
            else:
                self._empty += 1
        if not count and len(self.problems) == before:
            span = SourceSpan(name, 1, 1)
            self.problems.append(
                warning(
                    "W016",
                    "nothing declared: the file is empty or holds only comments",
                    help="remove it, or declare something in it",
                    span=span,
                )
            )

    def _decode(self, name: str, data: bytes) -> str | None:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as problem:
            at = problem.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
            line, column = scan.position(data[:at].decode("utf-8-sig", "replace"), len(data[:at].decode("utf-8-sig")))
            utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
            hint = "it looks like UTF-16: save it as UTF-8" if utf16 else "save it as UTF-8"
            self.problems.append(
                error("W003", f"not UTF-8 at byte {at}", help=hint, span=SourceSpan(name, line, column))
            )
            return None
        if "\0" in text[:4] and data[:4].count(0) == 2:
            hint = "it looks like UTF-16: save it as UTF-8"
            at = data.index(0)
            self.problems.append(error("W003", f"not UTF-8 at byte {at}", help=hint, span=SourceSpan(name, 1, at + 1)))
            return None
        return text

    def _scan(self, name: str, text: str) -> _Spoilt:
        """Report what may not stand anywhere in a file, and say where it spoils a document."""
        spoilt: list[int] = []
        beyond = len(text)
        patterns = ((scan.FORBIDDEN, "W004"), (scan.BARE_CR, "W005")) if not _plain(text) else ()
        for pattern, code in patterns:
            for count, found in enumerate(pattern.finditer(text)):
                if count >= _MOST_HITS:
                    beyond = min(beyond, found.start())
                    break
                spoilt.append(found.start())
                self.problems.append(_forbidden(code, found[0], _span(name, text, found.start(), 1)))
        self._scan_secrets(name, text)
        return _Spoilt(sorted(spoilt), beyond)

    def _scan_secrets(self, name: str, text: str) -> None:
        for count, (start, end, sort) in enumerate(scan.secrets(text, _MOST_HITS + 1)):
            if count >= _MOST_HITS:
                self._sources.forget(name)
                break
            if sort == "a private key" and text.find("-----END", end) < 0:
                self._sources.forget(name)  # nobody knows where it ends
            self._hide(name, text, start, end, "W017", f"looks like a secret: {sort}", ABOUT_SECRETS)
        for start, end in islice(scan.logins(text), _MOST_HITS):
            self._hide(name, text, start, end, "W018", "credentials in a URL", ABOUT_LOGINS)

    def _hide(self, name: str, text: str, start: int, end: int, code: str, message: str, hint: str) -> None:
        span = _span(name, text, start, end - start)
        last = text.find("-----END", end) if message.endswith("private key") else end
        for line in range(span.line, span.line + text.count("\n", start, max(end, last)) + 1):
            self._sources.hide(name, line)
        self.problems.append(error(code, message, help=hint, span=span))

    def _document(self, name: str, chunk: Chunk, spoilt: _Spoilt) -> bool:
        """Read one document; whether there was one."""
        if len(chunk.text) < _LEAST and chunk.text.rstrip() in {"", "---", "..."}:
            return False
        if spoilt.within(chunk.start, chunk.end):
            self._opaque = True
            return True
        text = chunk.text
        if len(text) > DOCUMENT_CAP:
            message = f"over the cap: {len(text)} characters in one document, the cap is {DOCUMENT_CAP}"
            self._refuse(error("W006", message, help="split it", span=SourceSpan(name, chunk.line, 1)))
            return True
        directive = _DIRECTIVE.match(text)
        if directive is not None:
            line = chunk.line + directive[0].count("\n")
            self._refuse(
                error("W013", "directives are not allowed", help="remove the line", span=SourceSpan(name, line, 1))
            )
            return True
        return self._parse(name, chunk)

    def _refuse(self, problem: Diagnostic) -> None:
        self._opaque = True
        self.problems.append(problem)

    def _parse(self, file: str, chunk: Chunk) -> bool:
        builder, complete = self._build(file, chunk.line, chunk.text)
        self.problems += builder.problems
        for line in builder.hidden:
            self._sources.hide(file, line)
        if builder.empty and complete:
            return False
        document = RawDocument(builder.root, builder.positions(), complete)
        kind, name = document.kind, document.name
        document.locator.own(kind, name)
        self._opaque |= not complete and not (kind and name)
        self._documents.append(document)
        return True

    def _build(self, name: str, line: int, text: str) -> tuple[Builder, bool]:
        """One document's builder, and whether it came to the document's end."""
        escapes, strict_json = "\\" in text, name.endswith(".json")
        builder = Builder(name, line - 1, escapes=escapes, strict_json=strict_json, memo=self._memo)
        try:
            builder.feed(_parser(text))
        except TooMuch:
            return builder, False  # reported where the cap was reached
        except yaml.YAMLError as problem:
            shallower = _before_too_deep(problem, text)
            if shallower:
                return self._build(name, line, shallower)
            self.problems.append(explain(problem, text, name, line))
            return builder, False
        return builder, True


@dataclass(frozen=True, slots=True)
class _Spoilt:
    """Where a file holds what may not stand in it: ``offsets`` in order, and everything from ``beyond`` on."""

    offsets: list[int]
    beyond: int

    def within(self, start: int, end: int) -> bool:
        """Whether a part of the text is spoilt."""
        at = bisect_left(self.offsets, start)
        return end > self.beyond or (at < len(self.offsets) and self.offsets[at] < end)


_AHEAD = 500
"""Characters, and so at most as many levels: half of what libyaml allows."""


def _before_too_deep(problem: yaml.YAMLError, text: str) -> str:
    """The text up to where it is already deeper than our cap, and not yet than libyaml's; empty for other problems.

    From 0.2.6 on libyaml refuses 1,000 levels itself, and it reads a line ahead of its first event.
    """
    mark = getattr(problem, "problem_mark", None)
    if mark is None or "nesting depth" not in str(problem):
        return ""
    return text[: max(0, mark.index - _AHEAD)]


class Chunk(NamedTuple):
    """The text of one document, from ``start`` to ``end`` in the file, at ``line``."""

    text: str
    start: int
    end: int
    line: int


def split(text: str) -> Iterator[Chunk]:
    """The documents' texts. At column 1 these markers end a document whatever it holds (YAML 1.1, 9.1.2)."""
    start, line = 0, 1
    for begin, marker in _markers(text):
        end = begin if marker == "---" else text.find("\n", begin) + 1 or len(text)
        if end > start:
            yield Chunk(text[start:end], start, end, line)
            line += text.count("\n", start, end)
            start = end
    if start < len(text):
        yield Chunk(text[start:], start, len(text), line)


def _markers(text: str) -> Iterator[tuple[int, str]]:
    """Where documents begin or end, and by which marker."""
    if first := _MARKER.match(text):
        yield 0, first[0]
    for found in _NEXT_MARKER.finditer(text):
        yield found.start(1), found[1]


def _plain(text: str) -> bool:
    """Whether there is nothing to look for, by a test that costs nothing: ASCII that prints, tabs and LF."""
    return text.isascii() and text.translate(_WHITE).isprintable()


_WHITE = {ord("\n"): " ", ord("\t"): " "}


def _forbidden(code: str, character: str, span: SourceSpan) -> Diagnostic:
    if code == "W005":
        return error(code, "forbidden line ending: a bare carriage return", help="end lines with LF", span=span)
    return error(code, f"forbidden character {scan.describe(character)}", help="remove it; it can't be seen", span=span)


def _span(name: str, text: str, offset: int, length: int) -> SourceSpan:
    line, column = scan.position(text, offset)
    return SourceSpan(name, line, column, column + length)
