"""Texts as a space of values: regions are sets of patterns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reconciler.access.automaton import shortest
from reconciler.access.globs import MANY, MANY_IN, ONE, ONE_IN, WILD, Glob, Globs, any_matches, covers, has_unknown

_FILLINGS = tuple(
    str.maketrans({MANY: many, MANY_IN: many, ONE: one, ONE_IN: one})
    for many, one in (("", "x"), ("x", "x"), ("qzj", "q"))
)


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts, or those that fit ``base``.

    ``loose``: where a pattern with an unknown letter meets another pattern, the letter may be any text. What is then
    found may not exist; what isn't, doesn't.
    """

    base: Globs = ()
    loose: bool = False

    def pick(self, wanted: Sequence[Globs], refused: Sequence[Globs]) -> str | None:
        """A short text in all of ``wanted`` and none of ``refused``. Raises OutOfBudgetError."""
        sets = [region for region in dict.fromkeys((*wanted, self.base)) if region and not _is_all(region)]
        if () in wanted:
            return None
        without = tuple(dict.fromkeys(pattern for region in refused for pattern in region))
        if any(pattern.open for pattern in without):
            return None
        if self.loose and len(sets) > 1:
            sets = _loosened(sets, without)
        return _pick(sets, without)

    def has(self, region: Globs, value: str) -> bool:
        """Whether a text fits a region."""
        return any_matches(region, value)

    def show(self, value: str) -> str:
        """The text as people read it."""
        return value


def _is_all(region: Globs) -> bool:
    return any(pattern.open for pattern in region)


def _pick(sets: list[Globs], refused: Globs) -> str | None:
    if not sets:
        return _from([(Glob(MANY),)], refused)
    sets = sorted(sets, key=len)
    barred = frozenset(refused)
    kept = tuple(
        pattern for pattern in sets[0] if pattern not in barred and not any(covers(wide, pattern) for wide in refused)
    )
    return _from([kept, *sets[1:]], refused) if kept else None


def _from(sets: list[Globs], refused: Globs) -> str | None:
    for word in _candidates(sets[0]):
        if not any_matches(refused, word) and all(any_matches(region, word) for region in sets):
            return word
    return shortest(sets, refused)


def _candidates(patterns: Globs) -> Iterator[str]:
    """Words that are likely to do, before any search."""
    for filling in _FILLINGS:
        for pattern in patterns:
            yield pattern.code.translate(filling)


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
