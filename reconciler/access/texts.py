"""Texts as a space of values: regions are sets of patterns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache

from reconciler.access.automaton import shortest
from reconciler.access.globs import (
    MANY,
    MANY_IN,
    ONE,
    ONE_IN,
    SOME,
    WILD,
    Glob,
    Globs,
    any_matches,
    covers,
    has_unknown,
)
from reconciler.access.search import OutOfBudgetError

_ALL = (Glob(MANY),)
_Fillings = tuple[dict[int, str], ...]
_MOST_WILDCARDS = 256
"""In one pattern. Nobody writes more; deciding about them takes minutes."""
_MOST_PAIRS = 200_000_000
"""Letters wanted times letters refused: all that fits into the policies of one role is less."""


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts, or those that fit ``base``.

    ``loose``: where a pattern with an unknown letter meets another pattern, the letter may be any text. What is then
    found may not exist; what isn't, doesn't.
    """

    base: Globs = ()
    loose: bool = False
    filler: str = "x"
    """What a wildcard of a picked text is filled with, if with anything."""
    usual: tuple[Globs, ...] = ()
    """What texts look like in fact, the most usual first: of those that answer a question, one of these is picked."""

    def pick(self, wanted: Sequence[Globs], refused: Sequence[Globs]) -> str | None:
        """A short text in all of ``wanted`` and none of ``refused``. Raises OutOfBudgetError."""
        found = self._picked(wanted, refused)
        if found is None:
            return None
        for region in self.usual:
            with suppress(OutOfBudgetError):
                better = self._picked((*wanted, region), refused)
                if better is not None:
                    return better
        return found

    def _picked(self, wanted: Sequence[Globs], refused: Sequence[Globs]) -> str | None:
        sets = [region for region in dict.fromkeys((*wanted, self.base)) if region and not _is_all(region)]
        if () in wanted:
            return None
        without = tuple(dict.fromkeys(pattern for region in refused for pattern in region))
        if any(pattern.open for pattern in without):
            return None
        _bound(sets, without)
        if self.loose and len(sets) > 1:
            sets = _loosened(sets, without)
        return _pick(sets, without, _fillings(self.filler, filled=bool(self.usual)))

    def has(self, region: Globs, value: str) -> bool:
        """Whether a text fits a region."""
        return any_matches(region, value)

    def show(self, value: str) -> str:
        """The text as people read it."""
        return value


def _bound(sets: Sequence[Globs], refused: Globs) -> None:
    """Raises OutOfBudgetError for what only somebody who wants to be in the way would write."""
    letters = sum(len(pattern.code) for region in sets for pattern in region)
    if letters * sum(len(pattern.code) for pattern in refused) > _MOST_PAIRS:
        raise OutOfBudgetError
    for pattern in (*refused, *(one for region in sets for one in region)):
        if len(pattern.code) > _MOST_WILDCARDS and sum(map(pattern.code.count, WILD)) > _MOST_WILDCARDS:
            raise OutOfBudgetError


def _is_all(region: Globs) -> bool:
    return any(pattern.open for pattern in region)


def _pick(sets: list[Globs], refused: Globs, fillings: _Fillings) -> str | None:
    barred = frozenset(refused)
    # Most questions end here: every pattern of some region lies within one that is refused.
    left = [tuple(one for one in region if not _lies_within(one, refused, barred)) for region in sets or [_ALL]]
    if () in left:
        return None
    for word in _candidates(left, fillings):
        if not any_matches(refused, word) and all(any_matches(region, word) for region in left):
            return word
    return shortest(left, refused)


def _lies_within(pattern: Glob, refused: Globs, barred: frozenset[Glob]) -> bool:
    return pattern in barred or any(covers(wide, pattern) for wide in refused)


def _candidates(sets: list[Globs], fillings: _Fillings) -> Iterator[str]:
    """Words that are likely to do, before any search."""
    for filling in fillings:
        for region in sets:
            for pattern in region:
                yield pattern.code.translate(filling)


@cache
def _fillings(filler: str, *, filled: bool) -> _Fillings:
    """``filled``: what is usual isn't cut short."""
    short, full = ("", filler), (filler, filler)
    ways = (*((full, short) if filled else (short, full)), ("qzj", "q"))
    return tuple(str.maketrans({MANY: many, MANY_IN: many, ONE: one, ONE_IN: one, SOME: one}) for many, one in ways)


def _loosened(sets: list[Globs], refused: Globs) -> list[Globs]:
    """With any text for an unknown letter, unless the other regions hold whatever it may become."""
    barred = frozenset(refused)
    loosened = []
    for at, region in enumerate(sets):
        others = [other for place, other in enumerate(sets) if place != at]
        extra = [
            _any_text(pattern)
            for pattern in region
            if has_unknown(pattern.code)
            and pattern not in barred
            and not all(any(covers(wide, pattern) for wide in other) for other in others)
        ]
        loosened.append((*region, *extra))
    return loosened


def _any_text(pattern: Glob) -> Glob:
    code = "".join(MANY if letter not in WILD and has_unknown(letter) else letter for letter in pattern.code)
    return replace(Glob.of(code), fold=pattern.fold)
