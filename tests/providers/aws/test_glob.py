"""Intersection of patterns, against every text of a small alphabet."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_long_patterns_end_soon() -> None:
    long = parse("a*" * 200 + "b", variables=False)
    assert meet(long, parse("*a" * 200 + "c", variables=False)) is None
