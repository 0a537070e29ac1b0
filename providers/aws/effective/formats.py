"""A found request moved to where it can really be made: a resource and a principal such as its action knows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from providers.aws.effective.catalogue import catalogue
from providers.aws.effective.patterns import USUAL, arn_format
from providers.aws.effective.principals import PRINCIPAL, PRINCIPALS_OWN, outsider
from providers.aws.effective.principals import formats as principal_formats
from providers.aws.effective.rules import ACTION, KEY, RESOURCE, Vocabulary
from providers.aws.effective.witness import Sighting, action_of
from reconciler.access.globs import Glob, Globs
from reconciler.access.search import Literal, Outcome, Question, Rule, Search

_MOST_TRIES = 6
_SERVICE = re.compile(r"[a-z0-9-]+")
_NO_RESOURCE = (Glob("*"),)
"""Requests of actions without resource types are made on ``*`` itself."""


def in_format(search: Search, question: Question, found: Sighting, words: Vocabulary) -> Sighting:
    """The same question's answer in its action's format, of another action if need be, or else as it was, marked."""
    if found.mode.future:
        # Nobody knows on what such an action is called; by whom doesn't hang on it.
        values = _formed(search, question, _by_whom(action_of(found, words), words, found))
        return found if values is None else replace(found, values=values)
    action, barred = _of_its_service(search, question, found, words), 0
    for _ in range(_MOST_TRIES):
        asked = replace(question, wanted=(*question.wanted, Literal(ACTION, 1 << action)))
        whom = _by_whom(words.known.names[action], words, found)
        values = _formed(search, asked, [*_on_what(action, words), *whom])
        if values is not None:
            return replace(found, values=values)
        barred |= _alike(words.known.formats[action])
        answer = search.answer(Question((*question.wanted, Literal(ACTION, barred, negated=True)), question.refused))
        if answer.outcome is not Outcome.FOUND or not words.resources:
            break
        action = answer.values.get(ACTION, action)
    values = _formed(search, question, _by_whom(action_of(found, words), words, found))
    return replace(found, odd=True, values=found.values if values is None else values)


def _of_its_service(search: Search, question: Question, found: Sighting, words: Vocabulary) -> int:
    """The action, or one of the resource's service instead: any other is not called on it."""
    action: int = found.values[ACTION]
    service = (found.text(RESOURCE).split(":") + [""] * 3)[2].lower()
    if not service or not words.resources or words.known.lower[action].startswith(f"{service}:"):
        return action
    own = words.known.bits(f"{service}:*") if _SERVICE.fullmatch(service) else 0
    if not own:
        return action
    answer = search.answer(Question((*question.wanted, Literal(ACTION, own)), question.refused))
    return answer.values.get(ACTION, action) if answer.outcome is Outcome.FOUND else action


_Choice = tuple[str, Sequence[Globs]]
"""A dimension, and its formats from the most usual to any."""


def _formed(search: Search, question: Question, choices: Sequence[_Choice]) -> Mapping[str, Any] | None:
    """An answer in one format of each dimension; None if there is none, or nothing is to be chosen."""
    for at, (dimension, formats) in enumerate(choices):
        for one in formats:
            asked: Rule = (*question.wanted, Literal(dimension, one))
            answer = search.answer(Question(asked, question.refused))
            if answer.outcome is Outcome.FOUND:
                rest = choices[at + 1 :]
                found = _formed(search, replace(question, wanted=asked), rest) if rest else answer.values
                if found is not None:
                    return found
        return None
    return None


def _on_what(action: int, words: Vocabulary) -> list[_Choice]:
    """Nothing in a trust policy."""
    if not words.resources:
        return []
    return [(RESOURCE, _resource_formats(action))]


def _by_whom(action: str, words: Vocabulary, found: Sighting) -> list[_Choice]:
    """Nobody where policies name nobody. First who has the ARN and the account that the request's keys say."""
    if not words.principals:
        return []
    arn, account = (found.text(f"{KEY}{key}") for key in PRINCIPALS_OWN)
    same = ((Glob(f"AWS:{arn}"),),) if arn else ()
    return [(PRINCIPAL, (*same, *principal_formats(action, account or outsider(words.accounts))))]


@lru_cache(maxsize=32_768)
def _resource_formats(action: int) -> Sequence[Globs]:
    known = catalogue()
    if not known.formats[action]:
        return (_NO_RESOURCE,)
    plain = sorted(known.formats[action], key=lambda text: _plainness(known.names[action], text))
    return [tuple(arn_format(one, usual) for one in plain) for usual in USUAL]


def _plainness(action: str, text: str) -> tuple[bool, bool, int, int]:
    """The least is what people think of first: of the action's own service, of what its name says, the simplest."""
    service, _, name = action.lower().partition(":")
    *_, resource = parts = text.lower().split(":", 5)
    kind = re.split("[/:]", resource)[0].replace("-", "")
    return parts[2] != service, "$" in kind or kind not in name, text.count("${"), len(text)


@lru_cache(maxsize=4096)
def _alike(formats: tuple[str, ...]) -> int:
    """The actions with the same formats."""
    return sum(1 << at for at, known in enumerate(catalogue().formats) if known == formats)
