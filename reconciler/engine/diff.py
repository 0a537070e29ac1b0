"""Comparing attributes. Values come normalised, so equality is plain; only JSON's arrays need care."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeGuard

from reconciler.model import Value
from reconciler.provider import Attribute


def same(left: Value, right: Value) -> bool:
    """Equality of JSON values: a tuple equals a list with the same items, and True is not 1."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if _is_array(left) and _is_array(right):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    return type(left) is type(right) and left == right


def differing(
    before: Mapping[str, Value], after: Mapping[str, Value], marks: Mapping[str, Attribute]
) -> tuple[str, ...]:
    """Names of the attributes that differ, sorted.

    Computed attributes never count, nor does one that a side doesn't have: the server doesn't know it.
    """
    return tuple(
        sorted(
            name
            for name, value in after.items()
            if name in before
            and not _surely_same(before[name], value)
            and not same(before[name], value)
            and not (name in marks and marks[name].computed)
        )
    )


def _surely_same(left: Value, right: Value) -> bool:
    # Compiled comparison settles nearly all; `same` is for arrays of two kinds.
    return type(left) is type(right) and left == right


def _is_array(value: Value) -> TypeGuard[Sequence[Value]]:
    return isinstance(value, Sequence) and not isinstance(value, str)
