"""An index by what texts begin with: which of thousands of patterns may be about a text, without a look at each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Beginnings(Generic[T]):
    """Values by the fixed beginnings of their patterns."""

    _values: dict[str, dict[T, None]] = field(default_factory=dict)
    _lengths: set[int] = field(default_factory=set)

    def add(self, beginning: str, value: T) -> None:
        """All that its pattern describes begins so; an empty text for what may be about anything."""
        self._values.setdefault(beginning, {})[value] = None
        self._lengths.add(len(beginning))

    def of(self, text: str) -> list[T]:
        """Values of which a pattern may describe the text: each once, shorter beginnings first."""
        found: dict[T, None] = {}
        for length in sorted(self._lengths):
            if length <= len(text):
                found.update(self._values.get(text[:length], ()))
        return list(found)
