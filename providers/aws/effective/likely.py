"""A found request with the keys that real requests of its kind carry, where the same question has such an answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from providers.aws.effective.principals import PRINCIPAL
from providers.aws.effective.rules import ACTION, KEY, PRESENT, RESOURCE
from providers.aws.effective.usual import is_always_there
from providers.aws.effective.witness import Sighting
from reconciler.access.globs import IN_ANY_CASE, Glob, is_unknown, name_of
from reconciler.access.search import Literal, Outcome, Question, Rule, Search


def likely(search: Search, question: Question, found: Sighting) -> Sighting:
    """The same action on the same resource by the same principal, with no key absent that would be there."""
    absent = [key for key in _absent(found) if _belongs(key, found)]
    if not absent:
        return found
    return _with(search, question, found, absent) or _one_by_one(search, question, found, absent)


def _one_by_one(search: Search, question: Question, found: Sighting, keys: Iterable[str]) -> Sighting:
    for key in keys:
        more = _with(search, replace(question, wanted=(*question.wanted, *_there(found))), found, [key])
        found = more or found
    return found


def _with(search: Search, question: Question, found: Sighting, keys: Iterable[str]) -> Sighting | None:
    wanted = (*question.wanted, *_pins(found), *(Literal(f"{KEY}{key}", PRESENT) for key in keys))
    answer = search.answer(Question(tuple(dict.fromkeys(wanted)), question.refused))
    return replace(found, values=answer.values) if answer.outcome is Outcome.FOUND else None


def _absent(found: Sighting) -> list[str]:
    return [
        name.removeprefix(KEY) for name in sorted(found.values) if name.startswith(KEY) and found.values[name] is None
    ]


def _there(found: Sighting) -> Rule:
    return tuple(
        Literal(name, PRESENT) for name, value in found.values.items() if name.startswith(KEY) and value is not None
    )


def _belongs(key: str, found: Sighting) -> bool:
    return key in _variables(found) or is_always_there(key, found.values.get(PRINCIPAL) or "")


def _variables(found: Sighting) -> Iterator[str]:
    """Keys without which a variable in the request would have no text."""
    for letter in (letter for name in (RESOURCE, PRINCIPAL) for letter in found.values.get(name) or ""):
        name = (name_of(letter) or "").removeprefix(IN_ANY_CASE) if is_unknown(letter) else ""
        if name and "," not in name:
            yield name


def _pins(found: Sighting) -> Rule:
    """What it is a request for."""
    action = found.values[ACTION]
    test = (Glob(action, fold=True),) if found.mode.future else 1 << action
    texts = ((name, found.values.get(name)) for name in (RESOURCE, PRINCIPAL))
    return (Literal(ACTION, test), *(Literal(name, (Glob(text),)) for name, text in texts if text is not None))
