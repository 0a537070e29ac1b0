"""Patterns against brute force: every pattern up to three letters, every word up to five."""

from __future__ import annotations

import random
import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.access import globs
from reconciler.access.automaton import shortest
from reconciler.access.globs import MANY, MANY_IN, ONE, ONE_IN, SOME, Glob, covers, folded, glob, matches, unknown
from reconciler.access.search import OutOfBudgetError
from reconciler.access.texts import Texts

WORDS = ["".join(letters) for length in range(6) for letters in product("abx", repeat=length)]
PATTERNS = ["".join(letters) for length in range(4) for letters in product("ab*?", repeat=length)]


def reference(pattern: str, *, fold: bool = False) -> re.Pattern[str]:
    expression = "".join({"*": ".*", "?": "."}.get(one) or re.escape(one) for one in pattern)
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if fold else re.NOFLAG))


def language(pattern: str) -> int:
    """The words that fit, as bits."""
    expression = reference(pattern)
    return sum(1 << at for at, word in enumerate(WORDS) if expression.fullmatch(word))


LANGUAGES = {pattern: language(pattern) for pattern in PATTERNS}


def check(left: int, found: str | None, *, least: bool) -> bool:
    """Whether an answer agrees with the words that are left. Longer ones than those are only likely candidates."""
    if found is None or not left:
        return found is None and not left
    first = WORDS[(left & -left).bit_length() - 1]
    if len(found) > 5:
        return not least
    return bool(left >> WORDS.index(found) & 1) and (not least or len(found) == len(first))


def small(found: str | None) -> str | None:
    """With any letter that isn't a or b as x."""
    return found and re.sub(r"[^ab]", "x", found)


def test_every_difference_of_two_patterns() -> None:
    wrong = count = 0
    for a, b in product(PATTERNS, repeat=2):
        left = LANGUAGES[a] & ~LANGUAGES[b]
        wrong += not check(left, small(shortest([(glob(a),)], (glob(b),))), least=True)
        wrong += not check(left, small(Texts().pick([(glob(a),)], [(glob(b),)])), least=False)
        wrong += covers(glob(b), glob(a)) and bool(left)
        count += 3
    print(f"\n{count} answers about {len(PATTERNS)} patterns, {wrong} wrong")
    assert (wrong, count) == (0, 3 * 85 * 85)


def test_intersections_and_unions(sweep: bool) -> None:
    chance = random.Random(7)
    wrong, count = 0, 200_000 if sweep else 6_000
    for _ in range(count):
        a, b, c, d, e = chance.choices(PATTERNS, k=5)
        left = (LANGUAGES[a] | LANGUAGES[b]) & LANGUAGES[c] & ~LANGUAGES[d] & ~LANGUAGES[e]
        wanted, refused = [(glob(a), glob(b)), (glob(c),)], (glob(d), glob(e))
        wrong += not check(left, small(shortest(wanted, refused)), least=True)
        wrong += not check(left, small(Texts().pick(wanted, [refused])), least=False)
    print(f"\n{2 * count} answers, {wrong} wrong")
    assert wrong == 0


def test_without_regard_to_case() -> None:
    words = ["".join(letters) for length in range(4) for letters in product("aAbBx", repeat=length)]
    patterns = ["".join(letters) for length in range(3) for letters in product("aB*?", repeat=length)]
    for a, b in product(patterns, repeat=2):
        for fold_a, fold_b in ((True, False), (False, True), (True, True)):
            one, other = reference(a, fold=fold_a), reference(b, fold=fold_b)
            expected = [word for word in words if one.fullmatch(word) and not other.fullmatch(word)]
            found = Texts().pick([(glob(a, fold=fold_a),)], [(glob(b, fold=fold_b),)])
            assert (found is None) == (not expected), (a, fold_a, b, fold_b, found, expected[:3])
            if found is not None:
                assert one.fullmatch(found)
                assert not other.fullmatch(found)


def test_wildcards_that_stop_at_a_colon() -> None:
    signs = {MANY: ".*", ONE: ".", MANY_IN: "[^:]*", ONE_IN: "[^:]", "a": "a", ":": ":"}
    words = ["".join(letters) for length in range(5) for letters in product("a:x", repeat=length)]
    codes = ["".join(letters) for length in range(3) for letters in product(signs, repeat=length)]
    fits = {code: [bool(re.fullmatch("".join(signs[one] for one in code), word)) for word in words] for code in codes}
    for a, b in product(codes, repeat=2):
        left = [word for word, one, other in zip(words, fits[a], fits[b], strict=True) if one and not other]
        found = Texts().pick([(Glob.of(a),)], [(Glob.of(b),)])
        assert (found is None) == (not left), (a, b, found, left[:3])


@given(st.text("ab*?", max_size=8), st.text("abc", max_size=8))
def test_matching_is_the_same_as_a_regular_expression(pattern: str, word: str) -> None:
    assert matches(glob(pattern), word) is bool(reference(pattern).fullmatch(word))


@given(st.lists(st.text("ab*?", max_size=6), min_size=1, max_size=3), st.lists(st.text("ab*?", max_size=6), max_size=4))
def test_a_pick_is_wanted_and_not_refused(wanted: list[str], refused: list[str]) -> None:
    found = Texts().pick([tuple(map(glob, wanted))], [tuple(map(glob, refused))])
    if found is not None:
        assert any(matches(glob(one), found) for one in wanted)
        assert not any(matches(glob(one), found) for one in refused)
    for word in WORDS[:121]:
        if found is None and any(matches(glob(one), word) for one in wanted):
            assert any(matches(glob(one), word) for one in refused)


def test_a_name_unknown_is_matched_by_many_but_not_by_one() -> None:
    letter = unknown("aws:username")
    assert matches(Glob(MANY), letter)
    assert not matches(Glob(ONE), letter)
    assert covers(glob("home/*"), Glob(f"home/{letter}"))
    assert not covers(glob("home/?"), Glob(f"home/{letter}"))
    assert not covers(Glob(f"home/{letter}"), glob("home/*"))
    assert Texts().pick([(Glob(f"home/{letter}"),), (glob("home/bob"),)], []) is None
    assert Texts(loose=True).pick([(Glob(f"home/{letter}"),), (glob("home/bob"),)], []) == "home/bob"


def test_a_search_gives_up_in_time() -> None:
    with pytest.raises(OutOfBudgetError):
        shortest([(glob("*a????????????????"),)], (glob("*b????????????????"), glob("?")), most=50)


def test_folding_keeps_the_length() -> None:
    assert folded("AİB") == "aİb"


@pytest.mark.parametrize(
    ("wanted", "refused"),
    [
        (["a*" * 400], ["b"]),
        ([f"{at}*" + "a" * 6000 for at in range(3)], [f"*{at}" + "a" * 6000 for at in range(3)]),
    ],
    ids=["wildcards", "pairs"],
)
def test_what_would_take_minutes_is_given_up(wanted: list[str], refused: list[str]) -> None:
    with pytest.raises(OutOfBudgetError):
        Texts().pick([tuple(map(glob, wanted))], [tuple(map(glob, refused))])


def test_a_state_with_many_places_counts_for_more() -> None:
    many = "?" * 17
    with pytest.raises(OutOfBudgetError):
        shortest([(glob(f"*a{many}"),)], (glob("?"),), most=1 << 20)


TOKENS = st.sampled_from([MANY, MANY_IN, ONE, ONE_IN, SOME, "a", "b", ":", unknown("u")])
LETTERS = st.sampled_from(["a", "b", ":", "\n", unknown("u"), *map(str, globs._STAND_INS.values())])


@given(st.lists(TOKENS, max_size=8), st.lists(LETTERS, max_size=7))
def test_all_ways_at_once_says_what_an_expression_says(tokens: list[str], letters: list[str]) -> None:
    code, word = Glob.of("".join(tokens)).code, "".join(letters)
    assert globs._simulated(code)(word) == globs._expression(code)(word)


def test_many_stars_in_a_segment_are_not_tried_one_by_one() -> None:
    code = "arn:" + f"{MANY_IN}a" * 60 + "b:" + MANY
    assert not matches(Glob.of(code), "arn:" + "a" * 300 + ":x")
    assert matches(Glob.of(code), "arn:" + "a" * 300 + "b:x")
