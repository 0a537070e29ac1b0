"""Which patterns may be about a text, by what they begin with."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.access.beginnings import Beginnings


@given(st.lists(st.text("ab/", max_size=4), max_size=8), st.text("ab/", max_size=6))
def test_all_that_may_be_about_it_and_no_other(beginnings: list[str], text: str) -> None:
    index = Beginnings[int]()
    for number, one in enumerate(beginnings):
        index.add(one, number)
    assert sorted(index.of(text)) == [number for number, one in enumerate(beginnings) if text.startswith(one)]


def test_each_once_and_the_widest_first() -> None:
    index = Beginnings[str]()
    for beginning, value in (("kv/a", "narrow"), ("", "wide"), ("kv/", "narrow")):
        index.add(beginning, value)
    assert index.of("kv/a/b") == ["wide", "narrow"]
