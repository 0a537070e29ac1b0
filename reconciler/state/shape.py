"""JSON data taken apart strictly: each function returns the value, or raises ValueError where it has another shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from reconciler.model import Value

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
_DEEPEST = 40
"""Of an attribute's value: more is nothing that a system holds, and would exhaust whoever walks it."""


class Misshapen(ValueError):  # noqa: N818
    """What is wrong. Names no value: it could hold anything."""


def fields(data: Any, *names: str) -> dict[str, Any]:
    """An object with exactly these keys."""
    if not isinstance(data, dict) or data.keys() != set(names):
        raise Misshapen(f"no object of {', '.join(names)}")
    return data


def row(data: Any, length: int) -> list[Any]:
    """An array of this length."""
    if not isinstance(data, list) or len(data) != length:
        raise Misshapen(f"no array of {length}")
    return data


def text(data: Any) -> str:
    """A string."""
    if not isinstance(data, str):
        raise Misshapen("no text")
    return data


def word(data: Any) -> str:
    """A string that can be shown as it is, and written anywhere."""
    if not text(data).isprintable():
        raise Misshapen("unprintable text")
    return str(data)


def sendable(data: Any) -> str:
    """A string that can be encoded: no halves of characters."""
    if not text(data).isascii():
        data.encode()  # UnicodeEncodeError is a ValueError
    return str(data)


def number(data: Any) -> int:
    """A whole number from 0."""
    if type(data) is not int or data < 0:
        raise Misshapen("no number")
    return data


def flag(data: Any) -> bool:
    """True or false."""
    if not isinstance(data, bool):
        raise Misshapen("no boolean")
    return data


def one_of(kind: type[E], data: Any) -> E:
    """A member by its value."""
    return kind(text(data))


def maybe(decode: Callable[[Any], T], data: Any) -> T | None:
    """What null stands for, or what is decoded."""
    return None if data is None else decode(data)


def each(decode: Callable[[Any], T], data: Any) -> tuple[T, ...]:
    """An array's items decoded."""
    if not isinstance(data, list):
        raise Misshapen("no array")
    return tuple(decode(item) for item in data)


def mapping(decode: Callable[[Any], T], data: Any) -> dict[str, T]:
    """An object's values decoded, under keys that can be shown."""
    if not isinstance(data, dict):
        raise Misshapen("no object")
    return {word(key): decode(value) for key, value in data.items()}


def values(data: Any) -> Mapping[str, Value]:
    """Attributes by name, checked and as they are."""
    if not isinstance(data, dict):
        raise Misshapen("no object")
    for name, item in data.items():
        word(name)
        value(item)
    return data


def value(data: Any, depth: int = 0) -> Value:
    """An attribute's value, checked and as it is: no fractions, no depth without end."""
    match data:
        case str():
            sendable(data)
        case None | bool() | int():
            pass
        case list() if depth < _DEEPEST:
            for item in data:
                value(item, depth + 1)
        case dict() if depth < _DEEPEST:
            for key, item in data.items():
                sendable(key)
                value(item, depth + 1)
        case _:
            raise Misshapen("no attribute's value")
    found: Value = data
    return found
