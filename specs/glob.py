"""Patterns of names in which ``*`` stands for anything."""

from __future__ import annotations


def matches(pattern: str, text: str) -> bool:
    """Whether a whole text fits. The first place that fits each piece is as good as any: no backtracking."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == first
    last = rest.pop()
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    position, end = len(first), len(text) - len(last)
    for piece in rest:
        found = text.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True
