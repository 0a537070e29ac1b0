"""Inputs from those that are kept: bytes, words and lines moved about, JSON's nodes replaced, nesting without end."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

_ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1.5,
    2**63,
    10**400,
    "",
    "\ud800",
    "\u202e",
    "a" * 5000,
    "9999-99-99T99:99:99+99:99",
    [],
    {},
    [[]],
    {"": None},
)
_DEEP = (50, 500, 25_000)
_MOST = 400_000
"""Bytes of an input: what is larger takes its time, and is refused by size where it matters."""


def mutated(kept: Sequence[bytes], words: Sequence[bytes], random: random.Random, *, is_json: bool) -> bytes:
    """One of the kept inputs, changed one to four times."""
    data = random.choice(kept)
    for _ in range(random.randint(1, 4)):
        ways = _WAYS + ((_json_node,) * 6 if is_json else ())
        data = random.choice(ways)(data, kept, words, random)[:_MOST]
    return data


def _place(data: bytes, random: random.Random) -> tuple[int, int]:
    start = random.randint(0, len(data))
    return start, min(len(data), start + random.choice((0, 1, 2, 8, 64)))


def _flip(data: bytes, _kept: Sequence[bytes], _words: Sequence[bytes], random: random.Random) -> bytes:
    start, _ = _place(data, random)
    return data[:start] + bytes([random.randint(0, 255)]) + data[start + 1 :]


def _cut(data: bytes, _kept: Sequence[bytes], _words: Sequence[bytes], random: random.Random) -> bytes:
    start, end = _place(data, random)
    return data[:start] + data[end:]


def _put(data: bytes, _kept: Sequence[bytes], words: Sequence[bytes], random: random.Random) -> bytes:
    start, end = _place(data, random)
    return data[:start] + random.choice(words) + data[random.choice((start, end)) :]


def _nest(data: bytes, _kept: Sequence[bytes], words: Sequence[bytes], random: random.Random) -> bytes:
    start, _ = _place(data, random)
    return data[:start] + random.choice((*words, b"[", b"{", b"- ")) * random.choice(_DEEP) + data[start:]


def _repeat(data: bytes, _kept: Sequence[bytes], _words: Sequence[bytes], random: random.Random) -> bytes:
    start, end = _place(data, random)
    return data[:end] + data[start:end] * random.choice((1, 2, 100)) + data[end:]


def _splice(data: bytes, kept: Sequence[bytes], _words: Sequence[bytes], random: random.Random) -> bytes:
    other = random.choice(kept)
    return data[: _place(data, random)[0]] + other[_place(other, random)[0] :]


def _line(data: bytes, _kept: Sequence[bytes], _words: Sequence[bytes], random: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    one = random.randrange(len(lines))
    return b"".join(random.choice((lines[:one] + lines[one + 1 :], [*lines[:one], lines[one], *lines[one:]])))


_WAYS: tuple[Callable[[bytes, Sequence[bytes], Sequence[bytes], random.Random], bytes], ...] = (
    _flip,
    _cut,
    _put,
    _put,
    _nest,
    _repeat,
    _splice,
    _line,
)


def _json_node(data: bytes, _kept: Sequence[bytes], _words: Sequence[bytes], random: random.Random) -> bytes:
    """One node of a JSON document, or of a line of them, replaced by another, an odd value, or nothing."""
    lines = data.splitlines() or [b""]
    one = random.randrange(len(lines))
    whole = _parsed(data)
    if whole is not None:
        return json.dumps(_within(whole, random)).encode()
    line = _parsed(lines[one])
    return data if line is None else b"\n".join([*lines[:one], _compact(line, random), *lines[one + 1 :], b""])


def _parsed(data: bytes | str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _compact(line: Any, random: random.Random) -> bytes:
    return json.dumps(_changed(line, random), sort_keys=True, separators=(",", ":")).encode()


def _within(whole: Any, random: random.Random) -> Any:
    """A saved plan is a text within a document: mostly it is that which is changed."""
    inner = _parsed(whole["plan"]) if isinstance(whole, dict) and isinstance(whole.get("plan"), str) else None
    if inner is not None and random.randint(0, 7):
        return {**whole, "plan": json.dumps(_changed(inner, random))}
    return _changed(whole, random)


def _changed(whole: Any, random: random.Random) -> Any:
    spots = list(_spots(whole))
    if not spots:
        return random.choice(_ODD)
    holder, key = random.choice(spots)
    what = random.randint(0, 3)
    if what == 0:
        del holder[key]
    elif what == 1:
        other, name = random.choice(spots)
        holder[key] = json.loads(json.dumps(other[name]))
    elif what == 2:
        holder[key] = [holder[key]]
    else:
        holder[key] = random.choice(_ODD)
    return whole


def _spots(value: Any) -> Any:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in list(children):
        yield value, key
        yield from _spots(child)
