"""Entries and changes of them, as the client takes and gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Within(Enum):
    """How far a search goes (RFC 4511, 4.5.1.2)."""

    ENTRY = "base"
    CHILDREN = "one"
    """In one answer, for places that know no pages: a server's monitor."""
    BELOW = "sub"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it was read."""

    dn: str
    """As the server writes it."""
    values: Mapping[str, tuple[str, ...]]
    """By attribute, in lower case."""

    def all(self, attribute: str) -> tuple[str, ...]:
        """The values of an attribute."""
        return self.values.get(attribute.lower(), ())

    def one(self, attribute: str) -> str:
        """The first value; empty where there is none."""
        return next(iter(self.all(attribute)), "")


@dataclass(frozen=True, slots=True)
class Modification:
    """One value that comes or goes. Never a replacement: what others do at the same time is kept."""

    attribute: str
    value: str
    adds: bool
