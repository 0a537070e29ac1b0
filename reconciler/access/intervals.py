"""Ordered values (numbers, instants, addresses) as a space: regions are unions of intervals, kept as end points."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

Number = int | Fraction | float
Cut = tuple[Number, int]
"""A place between values: (v, 0) is just before v, (v, 1) just after it."""
Interval = tuple[Cut, Cut]
Intervals = tuple[Interval, ...]
"""Disjoint, in order, none empty; each from a cut to a later cut."""

LOWEST: Cut = (-math.inf, 0)
HIGHEST: Cut = (math.inf, 1)
ALL: Intervals = ((LOWEST, HIGHEST),)


def union(regions: Sequence[Intervals]) -> Intervals:
    """All that is in any of the regions."""
    joined: list[Interval] = []
    for low, high in sorted(interval for region in regions for interval in region):
        if low >= high:
            continue
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return tuple(joined)


def intersection(left: Intervals, right: Intervals) -> Intervals:
    """All that is in both."""
    return union([((max(a, c), min(b, d)),) for a, b in left for c, d in right if max(a, c) < min(b, d)])


def complement(region: Intervals) -> Intervals:
    """All that isn't in it."""
    gaps, at = [], LOWEST
    for low, high in region:
        if at < low:
            gaps.append((at, low))
        at = high
    if at < HIGHEST:
        gaps.append((at, HIGHEST))
    return tuple(gaps)


@dataclass(frozen=True, slots=True)
class Ordered:
    """The values within ``base``. ``text`` shows one."""

    text: Callable[[Number], str]
    base: Intervals = ALL

    def pick(self, wanted: Sequence[Intervals], refused: Sequence[Intervals]) -> Number | None:
        """The lowest whole value, or else some value, in all of ``wanted`` and none of ``refused``."""
        left = self.base
        for region in wanted:
            left = intersection(left, region)
        left = intersection(left, complement(union(refused)))
        return _within(*left[0]) if left else None

    def has(self, region: Intervals, value: Number) -> bool:
        """Whether a value is in a region."""
        return any(low <= (value, 0) < high for low, high in region)

    def show(self, value: Number) -> str:
        """The value as a policy writes it."""
        return self.text(value)


def _within(low: Cut, high: Cut) -> Number:
    """A value between two cuts: its lower end if that belongs to it, a whole number where there is one."""
    (start, after), (end, including) = low, high
    if start == -math.inf:
        if end == math.inf:
            return 0
        return end if including else math.ceil(end) - 1
    if not after:
        return start
    whole = math.floor(start) + 1
    if end == math.inf or whole < end or (whole == end and including):
        return whole
    return end if including else (Fraction(start) + Fraction(end)) / 2
