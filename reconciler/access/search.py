"""Find a request that some rules match and others don't, or prove that there is none.

A rule is a conjunction of tests, each on one dimension of a request (its action, its resource, a key of its context),
and the dimensions are independent. So a rule fails where one of its tests fails, and a request is a value for each
dimension. The search proposes a request, looks for a rule that it should not match, and branches over the test that
shall fail; every branch is a smaller question. It ends because every rule is branched on once at most.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

MOST_STEPS = 4_000


class OutOfBudgetError(Exception):
    """A search visited too much; nothing is decided."""


class Dimension(Protocol):
    """One independent part of a request."""

    def pick(self, wanted: Sequence[Any], refused: Sequence[Any]) -> Any:
        """A value for which all ``wanted`` tests hold and no ``refused`` one; NOTHING if there is none.

        Raises OutOfBudgetError.
        """

    def holds(self, test: Any, value: Any) -> bool:
        """Whether a test holds for a value."""


class _Nothing:
    """No value at all, as against the value None."""


NOTHING = _Nothing()


@dataclass(frozen=True, slots=True)
class Literal:
    """A test on a dimension, or that it fails."""

    dimension: str
    test: Hashable
    negated: bool = False


Rule = tuple[Literal, ...]
"""All of them hold."""


@dataclass(frozen=True, slots=True)
class Question:
    """Is there a request for which every literal of ``wanted`` holds, and none of the rules ``refused`` matches?"""

    wanted: Rule
    refused: tuple[Rule, ...]


class Outcome(StrEnum):
    """How a search ended."""

    FOUND = "found"
    NONE = "none"
    """Proved: there is no such request."""
    OUT_OF_BUDGET = "out of budget"


@dataclass(frozen=True, slots=True)
class Answer:
    """How it ended, and the request: values by dimension, for those that matter."""

    outcome: Outcome
    values: Mapping[str, Any] = field(default_factory=dict)


_Tests = tuple[tuple[Hashable, ...], tuple[Hashable, ...]]
"""(Wanted, refused)."""
_FREE: _Tests = ((), ())


@dataclass(frozen=True, slots=True)
class _State:
    tests: Mapping[str, _Tests]
    values: Mapping[str, Any]
    left: tuple[Rule, ...]
    """Rules that no branch has seen to yet."""


class Search:
    """Searches over one set of dimensions. What it learns about a dimension is kept from question to question.

    ``split``: the dimension by which branches are kept apart; its values must be cheap to pick.
    ``always``: dimensions that every answer has. ``most``: steps that all questions together may take.
    """

    def __init__(
        self,
        dimensions: Mapping[str, Dimension],
        *,
        split: str = "",
        always: frozenset[str] = frozenset(),
        most: int = MOST_STEPS,
    ) -> None:
        self.dimensions = dimensions
        self._always = always
        self._split = split
        self._left = most
        self._picked: dict[tuple[str, frozenset[Hashable], frozenset[Hashable]], Any] = {}
        self._refused: tuple[Rule, ...] = ()
        self._in_order: tuple[Rule, ...] = ()
        self._used: frozenset[str] = frozenset()

    def answer(self, question: Question) -> Answer:
        """Decide a question, if the steps suffice."""
        try:
            return self._answer(question)
        except OutOfBudgetError:
            return Answer(Outcome.OUT_OF_BUDGET)

    def _answer(self, question: Question) -> Answer:
        self._put_in_order(question.refused)
        first = self._start(question.wanted)
        stack = [] if first is None else [first]
        while stack:
            self._left -= 1
            if self._left < 0:
                raise OutOfBudgetError
            state = stack.pop()
            hit = next((rule for rule in state.left if self._hits(rule, state)), None)
            if hit is None:
                return Answer(Outcome.FOUND, self._telling(question, state))
            stack.extend(reversed(self._branches(state, hit)))
        return Answer(Outcome.NONE)

    def _put_in_order(self, refused: tuple[Rule, ...]) -> None:
        """The short ones first, each once. Many questions in a row refuse the very same rules."""
        if refused is not self._refused:
            self._refused = refused
            self._in_order = tuple(sorted(dict.fromkeys(refused), key=len))
            self._used = frozenset(literal.dimension for rule in refused for literal in rule)

    def _start(self, wanted: Rule) -> _State | None:
        tests: dict[str, _Tests] = {}
        for literal in wanted:
            tests[literal.dimension] = _with(tests.get(literal.dimension, _FREE), literal)
        values = {}
        for name in tests.keys() | self._used | self._always:
            values[name] = self._pick(name, tests.get(name, _FREE))
            if values[name] is NOTHING:
                return None
        return _State(tests, values, self._in_order)

    def _branches(self, state: _State, rule: Rule) -> list[_State]:
        """A state for each way in which the rule fails; those after the splitting dimension's don't overlap with it."""
        left = tuple(other for other in state.left if other is not rule)
        branches = []
        base = state.tests
        for literal in rule:
            tests = _with(base.get(literal.dimension, _FREE), literal, failing=True)
            value = self._pick(literal.dimension, tests)
            if value is not NOTHING:
                changed = {**base, literal.dimension: tests}
                branches.append(_State(changed, {**state.values, literal.dimension: value}, left))
            if literal.dimension == self._split:
                base = {**base, literal.dimension: _with(base.get(literal.dimension, _FREE), literal)}
        return branches

    def _hits(self, rule: Rule, state: _State) -> bool:
        """Whether a rule matches. A test that was asked for holds, even if the value is only one for which it may."""
        return all(
            (
                literal.test in state.tests.get(literal.dimension, _FREE)[0]
                or self.dimensions[literal.dimension].holds(literal.test, state.values[literal.dimension])
            )
            is not literal.negated
            for literal in rule
        )

    def _matches(self, rule: Rule, values: Mapping[str, Any]) -> bool:
        return all(
            self.dimensions[literal.dimension].holds(literal.test, values[literal.dimension]) is not literal.negated
            for literal in rule
        )

    def _pick(self, name: str, tests: _Tests) -> Any:
        key = (name, frozenset(tests[0]), frozenset(tests[1]))
        if key not in self._picked:
            self._picked[key] = NOTHING if key[1] & key[2] else self.dimensions[name].pick(*tests)
        return self._picked[key]

    def _telling(self, question: Question, state: _State) -> Mapping[str, Any]:
        """The values that were asked for, and those without which a rule would match."""
        telling = self._always | state.tests.keys()
        for rule in question.refused:
            failing = {literal.dimension for literal in rule if not self._matches((literal,), state.values)}
            if not failing & telling:
                telling |= failing
        return {name: value for name, value in state.values.items() if name in telling}


def _with(tests: _Tests, literal: Literal, *, failing: bool = False) -> _Tests:
    wanted, refused = tests
    if literal.negated is failing:
        return ((*wanted, literal.test), refused)
    return (wanted, (*refused, literal.test))
