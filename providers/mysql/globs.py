"""Whether two patterns may mean one name. ``*`` is any text, ``?`` any character; letters' case counts for nothing."""

from __future__ import annotations

import re
from functools import lru_cache

ANY = "*"


@lru_cache(maxsize=8192)
def meet(one: str, other: str) -> bool:
    """Whether some text fits both."""
    left, right = one.lower(), other.lower()
    return (len(left), len(right)) in _closed(left, right, {(0, 0)})


def _closed(left: str, right: str, start: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Every pair of positions to which some common beginning leads."""
    seen, queue = set(start), list(start)
    while queue:
        for pair in _next(left, right, *queue.pop()):
            if pair not in seen:
                seen.add(pair)
                queue.append(pair)
    return seen


def _next(left: str, right: str, at: int, there: int) -> set[tuple[int, int]]:
    a = left[at] if at < len(left) else ""
    b = right[there] if there < len(right) else ""
    found = set()
    if a == ANY:
        found.add((at + 1, there))
    if b == ANY:
        found.add((at, there + 1))
    if a and b and (a == b or ANY in (a, b) or "?" in (a, b)):
        found.add((at if a == ANY else at + 1, there if b == ANY else there + 1))
    return found


@lru_cache(maxsize=8192)
def is_like(pattern: str, name: str) -> bool:
    """Whether a pattern of mysql.db means a database, by case as the server does."""
    parts = re.findall(r"\\.|[\s\S]", pattern, re.DOTALL)
    wild = {"%": r"[\s\S]*", "_": r"[\s\S]"}
    text = "".join(wild.get(part, re.escape(part[-1])) for part in parts)
    return re.fullmatch(text, name) is not None


def of_like(pattern: str) -> str:
    r"""A pattern of mysql.db in this form: ``shop\_eu%`` → ``shop_eu*``."""
    made, position = "", 0
    while position < len(pattern):
        letter = pattern[position]
        if letter == "\\" and position + 1 < len(pattern):
            position += 1
            made += pattern[position]
        else:
            made += {"%": ANY, "_": "?"}.get(letter, letter)
        position += 1
    return made
