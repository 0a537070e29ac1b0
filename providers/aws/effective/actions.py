"""Actions as a dimension: those of the catalogue today, and the names that it doesn't know, tomorrow's among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from providers.aws.effective.catalogue import Catalogue
from providers.aws.effective.document import Names
from reconciler.access.globs import MANY, ONE, Glob, Globs, glob
from reconciler.access.search import NOTHING
from reconciler.access.texts import Texts

_ACTION = (Glob(f"{ONE}{MANY}:{ONE}{MANY}"),)
"""What an action's name looks like."""


@dataclass(frozen=True, slots=True)
class Today:
    """Actions of the catalogue. A test is the bits of those that pass; a value is an action's place."""

    universe: int

    def pick(self, wanted: Sequence[int], refused: Sequence[int]) -> Any:
        """The first of them."""
        left = self.universe
        for bits in wanted:
            left &= bits
        for bits in refused:
            left &= ~bits
        return (left & -left).bit_length() - 1 if left else NOTHING

    def holds(self, test: int, value: int) -> bool:
        """Whether an action is one of them."""
        return bool(test >> value & 1)


@dataclass(frozen=True, slots=True)
class Tomorrow:
    """Actions that the catalogue doesn't know. A test is a set of patterns, in lower case; a value is a name."""

    catalogue: Catalogue
    universe: str = "*"
    """The pattern of those that are looked at."""

    def pick(self, wanted: Sequence[Globs], refused: Sequence[Globs]) -> Any:
        """A short name that nobody has yet. Raises OutOfBudgetError."""
        asked = [*wanted, (glob(self.universe, fold=True),)]
        space = Texts(_ACTION)
        found = space.pick(asked, refused)
        if found is not None and found in self.catalogue:
            # The shortest name is taken: look past all names of its service, then past all names there are.
            found = space.pick(asked, [*refused, self.catalogue.known(found.partition(":")[0])])
        if found is not None and found in self.catalogue:
            found = space.pick(asked, [*refused, self.catalogue.known("")])
        return NOTHING if found is None else found

    def holds(self, test: Globs, value: str) -> bool:
        """Whether a name fits."""
        return Texts().has(test, value)


def today(names: Names, known: Catalogue) -> int:
    """The bits of the actions that an element names, before its Not."""
    bits = 0
    for name in names.values:
        bits |= known.bits(name)
    return bits


def tomorrow(names: Names, known: Catalogue) -> Globs:
    """The patterns of an element that can match a name which the catalogue doesn't know, before its Not."""
    found = (glob(name, fold=True) for name in names.values if name not in known)
    return tuple(dict.fromkeys(found))
