"""The search and the composition against every request of small worlds."""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import product
from typing import Any

from reconciler.access.composition import Access, allowed, gained
from reconciler.access.globs import glob
from reconciler.access.keys import Key, KeyTest, Unknown
from reconciler.access.search import NOTHING, Answer, Literal, Outcome, Question, Rule, Search
from reconciler.access.texts import Texts

SIZE = 3
NAMES = ("a", "b", "c")


class Small:
    """The numbers below SIZE; a test is a set of them as bits."""

    def pick(self, wanted: Any, refused: Any) -> Any:
        left = [
            value
            for value in range(SIZE)
            if all(test >> value & 1 for test in wanted) and not any(test >> value & 1 for test in refused)
        ]
        return left[0] if left else NOTHING

    def holds(self, test: int, value: int) -> bool:
        return bool(test >> value & 1)


DIMENSIONS = {name: Small() for name in NAMES}
WORLD = [dict(zip(NAMES, values, strict=True)) for values in product(range(SIZE), repeat=len(NAMES))]


def matches(rule: Rule, request: Mapping[str, int]) -> bool:
    return all(bool(one.test >> request[one.dimension] & 1) is not one.negated for one in rule)  # type: ignore[operator]


def permits(access: Access, request: Mapping[str, int]) -> bool:
    return all(any(matches(rule, request) for rule in layer) for layer in access.layers) and not any(
        matches(rule, request) for rule in access.denials
    )


def a_rule(chance: random.Random) -> Rule:
    chosen = chance.choices(NAMES, k=chance.randint(0, 3))
    return tuple(Literal(name, chance.randrange(1 << SIZE), chance.random() < 0.3) for name in chosen)


def rules(chance: random.Random, most: int) -> tuple[Rule, ...]:
    return tuple(a_rule(chance) for _ in range(chance.randint(0, most)))


def test_questions_against_every_request(sweep: bool) -> None:
    chance, count, wrong = random.Random(3), 40_000 if sweep else 4_000, 0
    for _ in range(count):
        question = Question(a_rule(chance), rules(chance, 5))
        answer = Search(DIMENSIONS, split=chance.choice(("", "a"))).answer(question)
        expected = any(
            matches(question.wanted, request) and not any(matches(rule, request) for rule in question.refused)
            for request in WORLD
        )
        wrong += (answer.outcome is Outcome.FOUND) is not expected or not fits(question, answer)
    print(f"\n{count} questions, {wrong} wrong")
    assert wrong == 0


def fits(question: Question, answer: Answer) -> bool:
    """Whether an answer holds whatever the values are that it leaves out: they were the first of their kind."""
    request = {name: answer.values.get(name, 0) for name in NAMES}
    return answer.outcome is not Outcome.FOUND or (
        matches(question.wanted, request) and not any(matches(rule, request) for rule in question.refused)
    )


def test_differences_of_layered_access_against_every_request(sweep: bool) -> None:
    chance, count, wrong = random.Random(5), 20_000 if sweep else 2_000, 0
    for _ in range(count):
        new, old = (
            Access(tuple(rules(chance, 3) for _ in range(chance.randint(1, 3))), rules(chance, 2)) for _ in range(2)
        )
        found = any(Search(DIMENSIONS).answer(one).outcome is Outcome.FOUND for one in gained(new, old))
        wrong += found is not any(permits(new, one) and not permits(old, one) for one in WORLD)
        within = a_rule(chance)
        found = any(Search(DIMENSIONS).answer(one).outcome is Outcome.FOUND for one in allowed(new, within))
        wrong += found is not any(permits(new, one) and matches(within, one) for one in WORLD)
    print(f"\n{2 * count} answers, {wrong} wrong")
    assert wrong == 0


def test_no_steps_left_is_said() -> None:
    question = Question((), ((Literal("a", 7),),))
    assert Search(DIMENSIONS, most=0).answer(question) == Answer(Outcome.OUT_OF_BUDGET)


REGIONS = [(), (glob("a"),), (glob("b"),), (glob("a"), glob("b")), (glob("*"),)]
TESTS = [
    KeyTest(region, every, outside, absent)
    for region, every, outside, absent in product(REGIONS, (False, True), (False, True), (False, True))
]
ONE_VALUE = [None, *((one,) for one in "abz")]
SEVERAL_VALUES = [*ONE_VALUE, ("a", "b"), ("a", "z"), ("b", "z"), ("a", "b", "z")]


def test_keys_against_every_value() -> None:
    count = 0
    for several, values in ((False, ONE_VALUE), (True, SEVERAL_VALUES)):
        key = Key(Texts(), several)
        for first, second, third in product(TESTS, TESTS, TESTS[::7]):
            found = key.pick([first, second], [third])
            expected = any(
                key.holds(first, one) and key.holds(second, one) and not key.holds(third, one) for one in values
            )
            assert (found is not NOTHING) is expected, (several, first, second, third, found)
            assert found is NOTHING or (key.holds(first, found) and not key.holds(third, found))
            count += 1
    print(f"\n{count} answers about keys")
    assert count == 2 * 40 * 40 * 6


def test_an_unknown_condition_is_one_and_the_same_everywhere() -> None:
    assert Unknown().pick([True], [True]) is NOTHING
    assert Unknown().pick([True], []) is True
    assert Unknown().pick([], [True]) is False
