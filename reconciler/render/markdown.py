"""Text from specs and servers made safe for Markdown: it stands in code, where nothing is markup, and is never long."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

from reconciler.render.safe import obeys_nothing, safe

_TICKS = re.compile(r"`+")
_MOST = 240
"""Bytes of a text that are shown."""


def code(text: str, most: int = _MOST) -> str:
    """A code span: no mention, link, markup or HTML in it works (CommonMark 6.1), nor can it end early."""
    shown = plain(text, most) or " "
    ticks = "`" * (_longest_run(shown) + 1)
    space = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{ticks}{space}{shown}{space}{ticks}"


def fenced(lines: Sequence[str], language: str = "") -> list[str]:
    """A fenced block that none of its lines can end."""
    fence = "`" * max(3, *(_longest_run(line) + 1 for line in lines))
    return [f"{fence}{language}", *lines, fence]


def plain(text: str, most: int = _MOST) -> str:
    """One line without control characters, at most so many bytes, and with no beginning of an HTML comment in it."""
    return cut(safe(text).replace("<!--", "\\x3c!--"), most)


def cut(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis."""
    data = text.encode()
    return text if len(data) <= most else f"{data[: most - 3].decode(errors='ignore')}…"


def marker(environment: str) -> str:
    """The hidden first line by which a comment is found again. A name is ``[a-z0-9._-]``; all else is spelt in hex."""
    name = re.sub(r"[^A-Za-z0-9._-]", lambda found: f"%{ord(found[0]):x}", environment)
    if len(name) > _MOST:
        name = f"{name[:100]}-{hashlib.sha256(name.encode()).hexdigest()[:32]}"
    return f"<!-- writ-plan: {name} -->"


def size(lines: Iterable[str]) -> int:
    """UTF-8 bytes with line ends: never less than any count of characters."""
    return sum(len(line.encode()) + 1 for line in lines)


def harmless(lines: Iterable[str]) -> list[str]:
    """Lines that a CI system's log takes for no command."""
    return [obeys_nothing(line) for line in lines]


def _longest_run(text: str) -> int:
    return max((len(run) for run in _TICKS.findall(text)), default=0)
