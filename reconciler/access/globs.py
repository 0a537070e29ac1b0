"""Patterns over text: literals, ``*``, ``?``, and letters that stand for a text nobody knows yet.

A pattern is a string in which wildcards, and names whose value isn't known, are one private character each; whatever
language it came from has been read by its provider. A word is a string of ordinary characters and unknown letters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from itertools import groupby

MANY, ONE = "\U000f0000", "\U000f0001"
"""Any text; one character."""
MANY_IN, ONE_IN = "\U000f0002", "\U000f0003"
"""The same without a colon."""
SOME = "\U000f0004"
"""One letter, be it ordinary or unknown, but not a colon."""
WILD = frozenset({MANY, ONE, MANY_IN, ONE_IN, SOME})
_FIRST_UNKNOWN = 0x100000
_ANY_ONE, _ANY_ONE_IN = "\U000f00ff", "\U000f00fe"
_ANY_MANY, _ANY_MANY_IN, _ANY_SOME = "\U0010fffd", "\U0010fffc", "\U0010fffb"
_STAND_INS = str.maketrans(
    {MANY: _ANY_MANY, ONE: _ANY_ONE, MANY_IN: _ANY_MANY_IN, ONE_IN: _ANY_ONE_IN, SOME: _ANY_SOME}
)
_UNKNOWN = "\U00100000-\U0010ffff"
_IN_SEGMENT = f":{_ANY_MANY}{_ANY_ONE}"
_CLASSES = {
    SOME: f"[^{_IN_SEGMENT}]",
    ONE: f"[^{_UNKNOWN}]",
    MANY_IN: f"[^{_IN_SEGMENT}]*",
    ONE_IN: f"[^{_IN_SEGMENT}{_UNKNOWN}]",
}
_names: dict[str, str] = {}
_letters: dict[str, str] = {}
_any_case: dict[str, str] = {}
_MOST_BACKTRACKING = 6
"""Stars, some of them bound to a segment, of which an expression tries every way."""
IN_ANY_CASE = "~"
"""Before the name of an unknown letter of which only the case may differ."""


@dataclass(frozen=True, slots=True)
class Glob:
    """One pattern. ``code`` holds wildcards and unknown letters as private characters; folded: in lower case."""

    code: str
    fold: bool = False

    @classmethod
    def of(cls, code: str, *, fold: bool = False) -> Glob:
        """The pattern in normal form: runs of ``*`` as one."""
        return cls(_single(folded(code) if fold else code), fold)

    @property
    def open(self) -> bool:
        """Whether it matches everything."""
        return self.code == MANY


Globs = tuple[Glob, ...]
"""Patterns of which one must match."""


def glob(text: str, *, fold: bool = False) -> Glob:
    """A pattern with ``*`` and ``?`` and nothing else."""
    return Glob.of(text.replace("*", MANY).replace("?", ONE), fold=fold)


def is_reserved(text: str) -> bool:
    """Whether a text holds a character that patterns keep for themselves."""
    return not text.isascii() and any(character >= "\U000f0000" for character in text)


def unknown(name: str) -> str:
    """The letter that stands for the text called ``name``: ``?`` doesn't match it, ``*`` does.

    Folded it becomes another letter, which stands for that text in any case.
    """
    if name not in _letters:
        letter, lowered = (chr(_FIRST_UNKNOWN + len(_names) + more) for more in (0, 1))
        _names[letter], _names[lowered] = name, f"{IN_ANY_CASE}{name}"
        _letters[name], _any_case[letter] = letter, lowered
    return _letters[name]


def name_of(letter: str) -> str | None:
    """What an unknown letter is called; None for an ordinary character."""
    return _names.get(letter)


def is_unknown(letter: str) -> bool:
    """Whether a letter stands for a text nobody knows yet."""
    return ord(letter) >= _FIRST_UNKNOWN


def has_unknown(code: str) -> bool:
    """Whether a pattern or a word holds an unknown letter."""
    return not code.isascii() and any(map(is_unknown, code))


def folded(text: str) -> str:
    """In lower case, letter by letter, so that no text changes its length."""
    if text.isascii():
        return text.lower()
    return "".join(_any_case.get(letter) or (low if len(low := letter.lower()) == 1 else letter) for letter in text)


def matches(pattern: Glob, word: str) -> bool:
    """Whether a word fits a pattern."""
    return _matcher(pattern.code)(folded(word) if pattern.fold else word)


def any_matches(patterns: Iterable[Glob], word: str) -> bool:
    """Whether a word fits one of the patterns."""
    return any(matches(pattern, word) for pattern in patterns)


def covers(wide: Glob, narrow: Glob) -> bool:
    """True only if every word of ``narrow`` fits ``wide``, whatever the unknown letters turn out to be.

    False means "not shown". A wildcard of ``narrow`` is replaced by a letter that only a wildcard of at least its kind
    matches: if that one word fits, all do.
    """
    if wide.open or wide == narrow:
        return True
    if narrow.fold and not wide.fold and narrow.code.upper() != narrow.code:
        return False
    return matches(wide, narrow.code.translate(_STAND_INS))


def _single(code: str) -> str:
    if MANY not in code:
        return code
    return "".join(MANY if letter == MANY else "".join(run) for letter, run in groupby(code))


@lru_cache(maxsize=65536)
def _matcher(code: str) -> Callable[[str], bool]:
    if not WILD & set(code):
        return code.__eq__
    if not (WILD - {MANY}) & set(code):
        return _only_many(code.split(MANY))
    if MANY_IN in code and code.count(MANY) + code.count(MANY_IN) > _MOST_BACKTRACKING:
        return _simulated(code)
    return _expression(code)


def _only_many(parts: list[str]) -> Callable[[str], bool]:
    head, *middle, tail = parts
    least = sum(map(len, parts))

    def match(word: str) -> bool:
        if len(word) < least or not word.startswith(head) or not word.endswith(tail):
            return False
        at, end = len(head), len(word) - len(tail)
        for part in middle:
            at = word.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return True

    return match


def _expression(code: str) -> Callable[[str], bool]:
    parts = ["".join(_CLASSES.get(letter) or re.escape(letter) for letter in part) for part in code.split(MANY)]
    head, *rest = parts
    if MANY_IN in code or not rest:
        return _test(".*".join(parts))
    # Without colon-bound wildcards the first place where the next part fits is as good as any: no backtracking.
    middle = "".join(f"(?>.*?{part})" for part in rest[:-1])
    return _test(f"{head}{middle}.*{rest[-1]}")


def _simulated(code: str) -> Callable[[str], bool]:
    """All ways at once, as bits: trying them one after the other takes forever where there are many stars."""
    stars = sum(1 << at for at, token in enumerate(code) if token in (MANY, MANY_IN))
    masks = cache(partial(_masks, code))

    def closed(state: int) -> int:
        while (more := state | (state & stars) << 1) != state:
            state = more
        return state

    def match(word: str) -> bool:
        state = closed(1)
        for letter in word:
            moves, stays = masks(letter)
            state = closed((state & moves) << 1 | state & stays)
        return bool(state >> len(code))

    return match


def _masks(code: str, letter: str) -> tuple[int, int]:
    """(Places that a letter moves on from, stars at which it stays)."""
    fits = {token: re.fullmatch(kind.removesuffix("*"), letter, re.DOTALL) for token, kind in _CLASSES.items()}
    moves = stays = 0
    for at, token in enumerate(code):
        if token == MANY or (token == MANY_IN and fits[MANY_IN]):
            stays |= 1 << at
        elif token == letter or fits.get(token):
            moves |= 1 << at
    return moves, stays


def _test(expression: str) -> Callable[[str], bool]:
    match = re.compile(expression, re.DOTALL).fullmatch
    return lambda word: match(word) is not None
