"""Dimensions of a request: values that are there, keys that may be absent or hold several, and conditions unknown."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from reconciler.access.search import NOTHING


class Space(Protocol):
    """A kind of values, with regions in it (``Texts``, ``Ordered``)."""

    def pick(self, wanted: Sequence[Any], refused: Sequence[Any]) -> Any:
        """A value in all ``wanted`` regions and no ``refused`` one; None if there is none."""

    def has(self, region: Any, value: Any) -> bool:
        """Whether a value is in a region."""

    def show(self, value: Any) -> str:
        """The value as text."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A value that every request has. A test is a region."""

    space: Space

    def pick(self, wanted: Sequence[Any], refused: Sequence[Any]) -> Any:
        """As Dimension says."""
        found = self.space.pick(wanted, refused)
        return NOTHING if found is None else found

    def holds(self, test: Any, value: Any) -> bool:
        """As Dimension says."""
        return self.space.has(test, value)


@dataclass(frozen=True, slots=True)
class KeyTest:
    """What is asked of a key: of any of its values, or of all; and what holds when it is absent."""

    region: Hashable
    all_values: bool = False
    outside: bool = False
    """The values are to be outside of the region."""
    absent: bool = False


_Tests = list[tuple[Any, bool]]
"""(Region, whether the value is to be outside of it)."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that may be absent (None); its values are a tuple, of one value unless ``several``."""

    space: Space
    several: bool = False

    def pick(self, wanted: Sequence[KeyTest], refused: Sequence[KeyTest]) -> Any:
        """As Dimension says. Present if it can be; absent when nothing is asked."""
        can_be_absent = all(test.absent for test in wanted) and not any(test.absent for test in refused)
        if not (wanted or refused):
            return None
        each = [(test.region, test.outside) for test in wanted if test.all_values]
        each += [(test.region, not test.outside) for test in refused if not test.all_values]
        some = [(test.region, test.outside) for test in wanted if not test.all_values]
        some += [(test.region, not test.outside) for test in refused if test.all_values]
        present = self._present(each, some)
        if present:
            return present
        return None if can_be_absent else NOTHING

    def _present(self, each: _Tests, some: _Tests) -> tuple[Any, ...]:
        """Values that all pass ``each``, and of which one passes each of ``some``; () if there are none."""
        one = self._one(each + some)
        if one is not None:
            return (one,)
        if not self.several or not some:
            return ()
        values = [self._one([*each, test]) for test in some]
        return () if None in values else tuple(dict.fromkeys(values))

    def _one(self, tests: _Tests) -> Any:
        inside = [region for region, outside in tests if not outside]
        return self.space.pick(inside, [region for region, outside in tests if outside])

    def holds(self, test: KeyTest, value: Any) -> bool:
        """As Dimension says."""
        if value is None:
            return test.absent
        quantifier = all if test.all_values else any
        return quantifier(self.space.has(test.region, one) is not test.outside for one in value)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A condition that isn't modelled: it may hold or not, but is one and the same wherever it stands."""

    def pick(self, wanted: Sequence[Any], refused: Sequence[Any]) -> Any:
        """As Dimension says."""
        return NOTHING if wanted and refused else bool(wanted)

    def holds(self, test: Any, value: bool) -> bool:  # noqa: ARG002
        """As Dimension says."""
        return value
