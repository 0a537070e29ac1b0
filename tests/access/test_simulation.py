"""Patterns with many stars, some of them bound to a segment: all ways at once says what an expression says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.access import globs
from reconciler.access.globs import MANY, MANY_IN, ONE, ONE_IN, SOME, Glob, matches, unknown

TOKENS = st.sampled_from([MANY, MANY_IN, ONE, ONE_IN, SOME, "a", "b", ":", unknown("u")])
LETTERS = st.sampled_from(["a", "b", ":", "\n", unknown("u"), *map(str, globs._STAND_INS.values())])


@given(st.lists(TOKENS, max_size=8), st.lists(LETTERS, max_size=7))
def test_both_say_the_same(tokens: list[str], letters: list[str]) -> None:
    code, word = Glob.of("".join(tokens)).code, "".join(letters)
    assert globs._simulated(code)(word) == globs._expression(code)(word)


def test_many_stars_in_a_segment_take_no_time() -> None:
    code = "arn:" + f"{MANY_IN}a" * 60 + "b:" + MANY
    assert not matches(Glob.of(code), "arn:" + "a" * 300 + ":x")
    assert matches(Glob.of(code), "arn:" + "a" * 300 + "b:x")
