"""A found request with a text for every policy variable in it, so that it is one that can be made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from providers.aws.effective.principals import PRINCIPAL
from providers.aws.effective.rules import KEY, RESOURCE, Vocabulary
from providers.aws.effective.usual import likely_texts
from providers.aws.effective.variables import unified
from providers.aws.effective.witness import Sighting, shown_values
from reconciler.access.globs import IN_ANY_CASE, is_unknown, name_of

_MOST_DEPTH = 4
"""Variables whose text is a variable …"""
_MOST_GUESSES = 8


def concrete(sighting: Sighting, words: Vocabulary) -> Iterator[Sighting]:
    """One, or where a variable is told of several: with this text and that, the plainest first."""
    letters = _letters(sighting.values)
    if not letters:
        yield sighting
        return
    for attempt in range(_attempts(letters)):
        values = dict(sighting.values)
        for _ in range(_MOST_DEPTH):
            left = _letters(values)
            if not left:
                break
            texts = {letter: _text(letter, values, words, attempt) for letter in sorted(left)}
            values = {name: _replaced(value, texts) for name, value in values.items()}
        # Texts of variables that are each other's: no such request can be made, and none is claimed to be.
        rest = {letter: likely_texts(_key(letter))[0] for letter in _letters(values)}
        yield replace(sighting, values={name: _replaced(value, rest) for name, value in values.items()})


def guessed(sighting: Sighting, words: Vocabulary) -> Iterator[Sighting]:
    """A request that hangs on what variables are, with texts for them with which it may be one for certain."""
    texts = [value for name in (RESOURCE, PRINCIPAL) if isinstance(value := sighting.values.get(name), str)]
    texts += [one for name, found in sighting.values.items() if name.startswith(KEY) for one in _texts(found)]
    guesses: dict[tuple[tuple[str, str], ...], None] = {}
    for pattern in words.variable:
        for text in texts:
            found = unified(pattern, text)
            if found and len(guesses) < _MOST_GUESSES:
                guesses[tuple(sorted(found.items()))] = None
    for guess in guesses:
        known = {f"{KEY}{key}": (text,) for key, text in guess}
        yield from concrete(replace(sighting, values={**sighting.values, **known}), words)


def _attempts(letters: frozenset[str]) -> int:
    return max(len(likely_texts(_key(letter))) for letter in letters) + 1


def _letters(values: Mapping[str, Any]) -> frozenset[str]:
    found = (text for value in values.values() for text in _texts(value))
    return frozenset(letter for text in found if not text.isascii() for letter in text if is_unknown(letter))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        yield from (one for one in value if isinstance(one, str))


def _replaced(value: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return "".join(texts.get(letter, letter) for letter in value)
    return tuple(_replaced(one, texts) for one in value) if isinstance(value, tuple) else value


def _key(letter: str) -> str:
    return (name_of(letter) or "").removeprefix(IN_ANY_CASE).partition(",")[0]


def _text(letter: str, values: dict[str, Any], words: Vocabulary, attempt: int) -> str:
    """The text of a variable, which becomes part of the context if it isn't yet. Attempt 0: what is there already."""
    name = name_of(letter) or ""
    key, comma, default = name.removeprefix(IN_ANY_CASE).partition(",")
    dimension = f"{KEY}{key}"
    candidates = likely_texts(key)
    other = candidates[min(max(attempt - 1, 0), len(candidates) - 1)]
    found = values.get(dimension)
    if found is None and dimension in values and comma:
        text = default.strip("'")
    elif found is None:
        text = other
        if dimension not in values:
            values[dimension] = (text,)
    elif attempt and all(isinstance(one, str) for one in found):
        text = other
        values[dimension] = (text,)
    else:
        text = shown_values(key, found, words)[0]
    return text.swapcase() if name.startswith(IN_ANY_CASE) else text
