"""Where a value was written: the position that every later message points at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeAlias, TypeVar

T_co = TypeVar("T_co", covariant=True)
Path: TypeAlias = tuple[str | int, ...]
"""Keys and indices from a document's root: ``("spec", "intents", 0, "ttl")``."""


class SourceSpan(NamedTuple):
    """A position in a spec file. ``line`` and ``column`` count from 1, in characters, as editors do."""

    file: str
    line: int
    column: int
    end_column: int = 0
    """The column after the value's last character on this line; 0 where unknown."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Locator(Protocol):
    """Finds where a value of one document stands."""

    def span(self, path: Path) -> SourceSpan:
        """The position of the value at ``path``, or of its nearest written ancestor."""
        ...


@dataclass(frozen=True, slots=True)
class Located(Generic[T_co]):
    """A decoded value that still knows its YAML."""

    value: T_co
    locator: Locator
    path: Path = ()

    def span(self, *path: str | int) -> SourceSpan:
        """The position of a part of the value."""
        return self.locator.span(self.path + path)
