"""What replies say, as values: times, numbers, lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

T = TypeVar("T")
BATCH = 100
"""Objects that are read at once, and forgotten before the next."""


def moment(value: object) -> datetime | None:
    """A time as text (RFC 3339, nanoseconds) or as seconds; None for Go's zero, which stands for never."""
    if isinstance(value, int) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC) if value > 0 else None
    if not isinstance(value, str) or value.startswith("0001-"):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def number(values: Mapping[str, Any], *names: str) -> int:
    """The first of these that is a number above 0; else 0. A server writes some under two names."""
    found = (values.get(name) for name in names)
    return next((one for one in found if isinstance(one, int) and not isinstance(one, bool) and one > 0), 0)


def batches(items: Iterable[T]) -> Iterator[list[T]]:
    """Lists of at most BATCH."""
    source = iter(items)
    while batch := list(islice(source, BATCH)):
        yield batch
