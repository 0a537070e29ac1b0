"""Dotted names whose parts may be quoted, as database servers write them."""

from __future__ import annotations

import re
from collections.abc import Callable


def split_dotted(text: str, token: re.Pattern[str], unquoted: Callable[[str], str]) -> tuple[str, ...] | None:
    """The raw parts of a name; None if it isn't one. ``token`` matches a part as written, ``unquoted`` reads it."""
    parts: list[str] = []
    position = 0
    while True:
        found = token.match(text, position)
        if found is None:
            return None
        parts.append(unquoted(found[0]))
        position = found.end()
        if position == len(text):
            return tuple(parts)
        if text[position] != ".":
            return None
        position += 1
