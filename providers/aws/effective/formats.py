"""A found request moved to where it can really be made: a resource, or a principal, such as its action knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from providers.aws.effective.catalogue import catalogue
from providers.aws.effective.patterns import USUAL, arn_format
from providers.aws.effective.principals import PRINCIPAL, outsider
from providers.aws.effective.principals import formats as principal_formats
from providers.aws.effective.rules import ACTION, RESOURCE, Vocabulary
from providers.aws.effective.witness import Sighting
from reconciler.access.globs import Glob, Globs
from reconciler.access.search import Literal, Outcome, Question, Rule, Search

_MOST_TRIES = 6
_NO_RESOURCE = (Glob("*"),)
"""Requests of actions without resource types are made on ``*`` itself."""


def in_format(search: Search, question: Question, found: Sighting, words: Vocabulary) -> Sighting:
    """The same question's answer in its action's format, of another action if need be, or else as it was, marked."""
    trust = PRINCIPAL in found.values
    if found.mode.future:
        return found
    subject, action, barred = (PRINCIPAL if trust else RESOURCE), found.values[ACTION], 0
    for _ in range(_MOST_TRIES):
        for formats in _formats(action, trust=trust, words=words):
            asked: Rule = (*question.wanted, Literal(ACTION, 1 << action), Literal(subject, formats))
            answer = search.answer(Question(asked, question.refused))
            if answer.outcome is Outcome.FOUND:
                return replace(found, values=answer.values)
        barred |= _alike(words.known.formats[action])
        answer = search.answer(Question((*question.wanted, Literal(ACTION, barred, negated=True)), question.refused))
        if answer.outcome is not Outcome.FOUND or trust:
            break
        action = answer.values.get(ACTION, action)
    return replace(found, odd=True)


def _formats(action: int, *, trust: bool, words: Vocabulary) -> Sequence[Globs]:
    """From the most usual to any."""
    if trust:
        return principal_formats(words.known.names[action], outsider(words.accounts))
    known = words.known.formats[action]
    if not known:
        return (_NO_RESOURCE,)
    return [tuple(arn_format(one, usual) for one in known) for usual in USUAL]


@lru_cache(maxsize=4096)
def _alike(formats: tuple[str, ...]) -> int:
    """The actions with the same formats."""
    return sum(1 << at for at, known in enumerate(catalogue().formats) if known == formats)
