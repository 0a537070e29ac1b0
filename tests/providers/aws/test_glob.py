"""Intersection of patterns, against every text of a small alphabet."""

from __future__ import annotations

import re
import time
import tracemalloc
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.aws import glob
from providers.aws.glob import meet, parse

TEXTS = ["".join(letters) for size in range(6) for letters in product("ab", repeat=size)]


def matches(pattern: str, text: str, flags: int = 0) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern)
    return re.fullmatch(expression, text, flags | re.DOTALL) is not None


def check(left: str, right: str) -> None:
    found = meet(parse(left, variables=False), parse(right, variables=False))
    both = [text for text in TEXTS if matches(left, text) and matches(right, text)]
    if found is None:
        assert not both, (left, right, both[0])
    else:
        assert matches(left, found), (left, right, found)
        assert matches(right, found), (left, right, found)
        assert not both or len(found) == len(both[0]), "not a shortest one"


def test_all_short_patterns() -> None:
    patterns = ["".join(letters) for size in range(4) for letters in product("ab*?", repeat=size)]
    for left in patterns:
        for right in patterns[::3]:
            check(left, right)


@given(st.text("ab*?", max_size=5), st.text("ab*?", max_size=5))
def test_longer_patterns(left: str, right: str) -> None:
    check(left, right)


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        ("iam:PassRole", "IAM:pass*", "iam:PassRole"),
        ("IAM:Pass*", "iam:passrole", "IAM:Passrole"),
        ("s3:Get*", "iam:*", None),
    ],
)
def test_case_of_actions(left: str, right: str, found: str | None) -> None:
    assert meet(parse(left, variables=False), parse(right, variables=False), ignore_case=True) == found


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        ("home/${aws:username}/x", "home/alice/*", "home/alice/x"),
        ("a${*}b", "a*b", "a*b"),
        ("a${*}b", "axb", None),
        ("a${?}", "a?", "a?"),
        ("a${$}", "a$", "a$"),
    ],
)
def test_policy_variables_may_become_anything(left: str, right: str, found: str | None) -> None:
    assert meet(parse(left, variables=True), parse(right, variables=True)) == found


LONG = {
    "stars": ("a*" * 1023 + "b", "*a" * 1023 + "c"),
    "stars that meet": ("a*" * 1024, "*b" * 1023 + "*"),
    "one side without a star": ("a" * 2048, ("a" * 40 + "*") * 49 + "b"),
    "questions": ("?" * 2048, "*" + "a?" * 1000),
    "pieces that nearly fit": ("a" * 2048, "*" + "a" * 1023 + "b*"),
    "variables": ("a${x}" * 400, "*b?" * 600),
    "other letters": ("\u0130" * 1000 + "*", "*" + "i" * 1000),
}


@pytest.mark.parametrize("ignore_case", [False, True])
@pytest.mark.parametrize("name", LONG)
def test_any_two_legal_patterns_are_told_apart_soon_and_in_little_memory(name: str, ignore_case: bool) -> None:
    left, right = (parse(text, variables=True) for text in LONG[name])
    tracemalloc.start()
    started = time.process_time()
    found = meet(left, right, ignore_case=ignore_case)
    taken = time.process_time() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found is None) == (name in {"stars", "one side without a star", "pieces that nearly fit"})
    assert taken < 0.5
    assert peak < 20 * 2**20


@given(
    st.tuples(st.text("ab*?", max_size=12), st.text("abAB*?", max_size=12)),
    st.booleans(),
    st.booleans(),
)
def test_the_quick_way_finds_what_the_search_finds(pair: tuple[str, str], ignore_case: bool, swap: bool) -> None:
    one, other = reversed(pair) if swap else pair
    left, right = parse(one, variables=False), parse(other, variables=False)
    found = glob._witness(left, right, ignore_case=ignore_case)
    shortest = glob._shortest(left, right, ignore_case=ignore_case)
    assert (found is None) == (shortest is None)
    if found is not None and shortest is not None:
        flags = re.IGNORECASE if ignore_case else 0
        assert matches(one, found, flags)
        assert matches(other, found, flags)
        if "*" not in one and "*" not in other:
            assert found == shortest
