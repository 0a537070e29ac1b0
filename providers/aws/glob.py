"""Where two IAM patterns meet: ``*`` is any text, ``?`` one character, ``${…}`` a policy variable."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import NamedTuple, TypeAlias


class Wild(Enum):
    """A wildcard in a parsed pattern."""

    MANY = "*"
    ONE = "?"


Token: TypeAlias = str | Wild
"""One literal character, or a wildcard."""
_FILLER = "x"
_ESCAPED = frozenset("*?$")


class _State(NamedTuple):
    left: int
    right: int


class _Step(NamedTuple):
    """A move: where to, and the character that both sides read ('' when only a ``*`` ends)."""

    to: _State
    read: str


def parse(pattern: str, *, variables: bool) -> tuple[Token, ...]:
    """The tokens of a pattern.

    With ``variables``, ``${*}``, ``${?}`` and ``${$}`` are literals, and any other ``${…}`` may become any text:
    what it will be is unknown, so it must count as everything.
    """
    tokens: list[Token] = []
    position = 0
    while position < len(pattern):
        token, position = _token(pattern, position, variables=variables)
        if token is not Wild.MANY or tokens[-1:] != [Wild.MANY]:
            tokens.append(token)
    return tuple(tokens)


def _token(pattern: str, position: int, *, variables: bool) -> tuple[Token, int]:
    if variables and pattern.startswith("${", position):
        end = pattern.find("}", position)
        if end > 0:
            inner = pattern[position + 2 : end]
            return (inner if inner in _ESCAPED else Wild.MANY), end + 1
    character = pattern[position]
    return (Wild(character) if character in "*?" else character), position + 1


def meet(left: Sequence[Token], right: Sequence[Token], *, ignore_case: bool = False) -> str | None:
    """A shortest text that both patterns match, spelled as on the left; None only if there is none.

    A breadth-first search of the product of the two patterns. Every way ends each ``*`` once, so the way with the
    fewest steps reads the fewest characters.
    """
    goal = _State(len(left), len(right))
    start = _State(0, 0)
    came: dict[_State, tuple[_State, str]] = {start: (start, "")}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        if state == goal:
            return _spell(came, goal)
        for step in _steps(state, left, right, ignore_case=ignore_case):
            if step.to not in came:
                came[step.to] = (state, step.read)
                queue.append(step.to)
    return None


def _steps(state: _State, left: Sequence[Token], right: Sequence[Token], *, ignore_case: bool) -> Iterator[_Step]:
    a = left[state.left] if state.left < len(left) else None
    b = right[state.right] if state.right < len(right) else None
    if a is Wild.MANY:
        yield _Step(_State(state.left + 1, state.right), "")
    if b is Wild.MANY:
        yield _Step(_State(state.left, state.right + 1), "")
    if a is None or b is None:
        return
    read = _common(a, b, ignore_case=ignore_case)
    if read:
        yield _Step(_State(state.left + (a is not Wild.MANY), state.right + (b is not Wild.MANY)), read)


def _common(a: Token, b: Token, *, ignore_case: bool) -> str:
    """A character that both tokens match, or ''."""
    if isinstance(a, Wild):
        return _FILLER if isinstance(b, Wild) else b
    if isinstance(b, Wild) or a == b or (ignore_case and a.lower() == b.lower()):
        return a
    return ""


def _spell(came: dict[_State, tuple[_State, str]], goal: _State) -> str:
    characters: list[str] = []
    state = goal
    while state != (0, 0):
        state, read = came[state]
        characters.append(read)
    return "".join(reversed(characters))
