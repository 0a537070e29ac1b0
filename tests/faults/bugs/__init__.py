"""Bugs that a program like this could have, put into a run by hand: the oracle must see each of them."""

from __future__ import annotations

from tests.faults.bugs import directory, quickstart, shop
from tests.faults.bugs.registry import BUGS

__all__ = ["BUGS", "directory", "plant", "quickstart", "shop"]


def plant(name: str) -> None:
    """Change the program in this process."""
    BUGS[name].plant()
