"""Patterns of names in guardrails: ``*`` stands for anything, letters' case counts for nothing."""

from __future__ import annotations

import re

from providers.postgres.names import LIMIT

_PART = re.compile(r'"(?:[^"]|"")*+"|[A-Za-z0-9_$*]+')
_NAME = re.compile(r'(?:"(?:[^"]|"")*+"|[^"(])*+')


def function_name(pattern: str) -> str:
    """A function's pattern without its types: up to the first parenthesis that stands in no quotes."""
    found = _NAME.match(pattern)
    return found[0] if found else pattern


def complaint(pattern: str, *, dotted: bool) -> str:
    """Why a pattern matches no name that could be written; empty if it may. ``dotted``: of ``schema.name``."""
    parts = _parts(pattern)
    if isinstance(parts, str):
        return parts
    if any(len(part.strip('"').replace("*", "").encode()) > LIMIT for part in parts):
        return f"names have {LIMIT} bytes at most"
    if not dotted and len(parts) > 1:
        return "a name of one part is meant here"
    if dotted and len(parts) > 2:
        return "a name has two parts, schema.name"
    if dotted and len(parts) == 1 and "*" not in parts[0]:
        return "its schema is missing"
    return ""


def _parts(pattern: str) -> list[str] | str:
    parts: list[str] = []
    position = 0
    while True:
        piece = position
        while found := _PART.match(pattern, position):
            position = found.end()
        if piece == position:
            return _unexpected(pattern, position)
        parts.append(pattern[piece:position])
        if position == len(pattern):
            return parts
        if pattern[position] != ".":
            return _unexpected(pattern, position)
        position += 1


def _unexpected(pattern: str, position: int) -> str:
    if position == len(pattern) or pattern[position] == ".":
        return "a part of it is empty"
    if pattern[position] == "?":
        return "only * is a wildcard"
    return f"{pattern[position]!r} stands in names in double quotes only"
