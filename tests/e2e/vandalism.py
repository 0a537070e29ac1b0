"""Something that somebody does by hand, and what ``writ drift`` and ``writ plan`` say of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.e2e.hands import Hands


@dataclass(frozen=True, slots=True)
class Found:
    """One object in the drift, and its row in the plan."""

    address: str
    kind: str
    attributes: tuple[str, ...]
    action: str
    cause: str


def changed(address: str, *attributes: str) -> Found:
    return Found(address, "changed", attributes, "update", "outside")


def replaced(address: str, *attributes: str) -> Found:
    return Found(address, "changed", attributes, "replace", "outside")


def missing(address: str) -> Found:
    return Found(address, "missing", (), "create", "outside")


def undeclared(address: str) -> Found:
    return Found(address, "undeclared", (), "delete", "undeclared")


@dataclass(frozen=True, slots=True)
class Vandalism:
    """What is done, what is found, and what must be tidied up that isn't Writ's to heal."""

    name: str
    do: Callable[[Hands], object]
    found: tuple[Found, ...]
    tidy: Callable[[Hands], object] = lambda hands: None
