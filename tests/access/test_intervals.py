"""Unions of intervals against membership."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product

from hypothesis import given
from hypothesis import strategies as st

from reconciler.access.intervals import HIGHEST, LOWEST, Intervals, Ordered, complement, intersection, union

CUTS = [LOWEST, *((value, side) for value in (0, 1, 2) for side in (0, 1)), HIGHEST]
POINTS = [Fraction(value, 2) for value in range(-2, 7)]
SPACE = Ordered(str)


def inside(region: Intervals) -> set[Fraction]:
    return {point for point in POINTS if SPACE.has(region, point)}


def test_every_pair_of_intervals() -> None:
    intervals = [((low, high),) for low, high in combinations(CUTS, 2)]
    for a, b in product(intervals, repeat=2):
        assert inside(union([a, b])) == inside(a) | inside(b)
        assert inside(intersection(a, b)) == inside(a) & inside(b)
        assert inside(complement(a)) == set(POINTS) - inside(a)
        left = inside(a) - inside(b)
        found = SPACE.pick([a], [b])
        assert (found is None) == (not left)
        assert found is None or (SPACE.has(a, found) and not SPACE.has(b, found))


regions = st.lists(st.tuples(st.sampled_from(CUTS), st.sampled_from(CUTS)), max_size=4).map(
    lambda pairs: union([((low, high),) for low, high in pairs if low < high])
)


@given(regions, regions, regions)
def test_a_pick_exists_exactly_if_something_is_left(a: Intervals, b: Intervals, c: Intervals) -> None:
    found = SPACE.pick([a, b], [c])
    assert (found is None) == (not (inside(a) & inside(b)) - inside(c))
    assert complement(complement(a)) == a


def test_the_lowest_whole_value_is_picked() -> None:
    assert SPACE.pick([(((1, 1), (5, 0)),)], []) == 2
    assert SPACE.pick([(((1, 1), (2, 0)),)], []) == Fraction(3, 2)
    assert SPACE.pick([((LOWEST, (7, 0)),)], []) == 6
    assert SPACE.pick([], []) == 0
