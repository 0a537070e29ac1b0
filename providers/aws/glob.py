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
_SEARCHED = 10_000
"""States of the search for a shortest witness: with more, the witness is one that is merely right."""


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
    """A text that both patterns match, spelled as on the left; None only if there is none.

    It is a shortest one, unless the patterns are so long that looking for it would take too long.
    """
    made = _witness(left, right, ignore_case=ignore_case)
    if made is None or (len(left) + 1) * (len(right) + 1) > _SEARCHED:
        return made
    return _shortest(left, right, ignore_case=ignore_case)


def _witness(left: Sequence[Token], right: Sequence[Token], *, ignore_case: bool) -> str | None:
    """Any text that both match, in time that grows with their lengths.

    With a ``*`` on both sides only what stands before the first and after the last one can clash: whatever stands
    between on one side is read by a ``*`` of the other. With none on a side, its length is fixed, and the pieces
    between the other's ``*`` fit if they fit as far left as possible, one after the other.
    """
    if Wild.MANY not in left:
        return _fixed(left, right, ignore_case=ignore_case)
    if Wild.MANY not in right:
        return _fixed(right, left, ignore_case=ignore_case, as_written=False)
    (head, *middle, tail), (other_head, *other_middle, other_tail) = _pieces(left), _pieces(right)
    start = _overlay(head, other_head, ignore_case=ignore_case)
    end = _overlay(tail[::-1], other_tail[::-1], ignore_case=ignore_case)
    if start is None or end is None:
        return None
    between = (token for piece in (*middle, *other_middle) for token in piece)
    return start + "".join(map(_plain, between)) + end[::-1]


def _pieces(pattern: Sequence[Token]) -> list[Sequence[Token]]:
    """What stands between the ``*``: at least two pieces, which may be empty."""
    stars = [index for index, token in enumerate(pattern) if token is Wild.MANY]
    return [pattern[a + 1 : b] for a, b in zip([-1, *stars], [*stars, len(pattern)], strict=True)]


def _overlay(left: Sequence[Token], right: Sequence[Token], *, ignore_case: bool) -> str | None:
    """Both read from the same place, the longer one to its end; None if they clash."""
    shared = min(len(left), len(right))
    characters = [_common(a, b, ignore_case=ignore_case) for a, b in zip(left, right, strict=False)]
    if not all(characters):
        return None
    return "".join(characters) + "".join(map(_plain, (*left[shared:], *right[shared:])))


def _plain(token: Token) -> str:
    return _FILLER if isinstance(token, Wild) else token


def _fixed(
    text: Sequence[Token], pattern: Sequence[Token], *, ignore_case: bool, as_written: bool = True
) -> str | None:
    """A text that both match, where ``text`` has no ``*``; spelled as in ``text``, or as in the pattern."""
    if Wild.MANY not in pattern:
        places = {0: pattern} if len(text) == len(pattern) else None
    else:
        places = _places(text, _pieces(pattern), ignore_case=ignore_case)
    if places is None:
        return None
    found = [_plain(token) for token in text]
    for start, piece in places.items():
        for index, token in enumerate(piece, start):
            common = _common(text[index], token, ignore_case=ignore_case)
            if not common:
                return None
            found[index] = common if as_written or isinstance(token, Wild) else token
    return "".join(found)


def _places(
    text: Sequence[Token], pieces: Sequence[Sequence[Token]], *, ignore_case: bool
) -> dict[int, Sequence[Token]] | None:
    """Where each piece lies in the text, the first at its start and the last at its end; None if they don't fit.

    A piece is looked for at all places at once: bit ``n`` of a mask stands for the place ``n``.
    """
    head, *middle, tail = pieces
    end = len(text) - len(tail)
    masks = _masks(text, ignore_case=ignore_case)
    places, position = {0: head}, len(head)
    for piece in middle:
        fits = (1 << max(end - len(piece) + 1, 0)) - 1
        for offset, token in enumerate(piece):
            if token is not Wild.ONE:
                fits &= masks.get(_folded(token, ignore_case=ignore_case), masks[Wild.ONE]) >> offset
        fits = fits >> position << position
        if not fits:
            return None
        position = (fits & -fits).bit_length() - 1
        places[position] = piece
        position += len(piece)
    if position > end:
        return None
    return {**places, end: tail} if tail else places


def _masks(text: Sequence[Token], *, ignore_case: bool) -> dict[Token, int]:
    """The places where each character can be read; under ``?`` those where any can."""
    bits: dict[Token, list[int]] = {Wild.ONE: []}
    for index, token in enumerate(text):
        bits.setdefault(_folded(token, ignore_case=ignore_case), []).append(index)
    anywhere = sum(1 << index for index in bits[Wild.ONE])
    return {token: anywhere | sum(1 << index for index in at) for token, at in bits.items()}


def _folded(token: Token, *, ignore_case: bool) -> Token:
    return token.lower() if ignore_case and isinstance(token, str) else token


def _shortest(left: Sequence[Token], right: Sequence[Token], *, ignore_case: bool) -> str | None:
    """A shortest text that both match: a breadth-first search of the product of the two patterns.

    Every way ends each ``*`` once, so the way with the fewest steps reads the fewest characters.
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
