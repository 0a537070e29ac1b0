"""A found request as values for the evaluator, and as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from providers.aws.effective.conditions import space_of
from providers.aws.effective.document import key_name
from providers.aws.effective.evaluator import Request
from providers.aws.effective.principals import OWN, PRINCIPAL, UNMODELLED, named
from providers.aws.effective.rules import ACTION, KEY, RESOURCE, Mode, Vocabulary
from providers.aws.effective.usual import claims, is_always_there, is_unheard_of
from reconciler.access import Witness
from reconciler.access.globs import IN_ANY_CASE, is_unknown, name_of
from reconciler.access.search import Literal
from reconciler.access.texts import Texts


@dataclass(frozen=True, slots=True)
class Sighting:
    """The values of a found request, by dimension, and how it was found."""

    values: Mapping[str, Any]
    mode: Mode
    spelling: Mapping[str, str]
    """Actions as the policies write them, by their names in lower case."""
    odd: bool = False
    """Its resource is in no format that its action knows."""
    of_all: str = ""
    """Of whom its principal is but an example."""


def as_example(sighting: Sighting, wanted: Sequence[Literal]) -> Sighting:
    """Saying of whom its principal is but an example. ``wanted``: of the question that it answers."""
    principal = sighting.values.get(PRINCIPAL)
    return sighting if principal is None else replace(sighting, of_all=named(wanted, principal))


def action_of(sighting: Sighting, words: Vocabulary) -> str:
    """The action, in the catalogue's own case or the policies'."""
    value = sighting.values[ACTION]
    return sighting.spelling.get(value, value) if sighting.mode.future else words.known.names[value]


def holds_variable(sighting: Sighting) -> bool:
    """Whether its resource or its principal is told with a policy variable."""
    return any(is_unknown(letter) for name in (RESOURCE, PRINCIPAL) for letter in sighting.values.get(name) or "")


def request_of(sighting: Sighting, words: Vocabulary) -> Request:
    """The request with a made-up text for every variable that the context doesn't settle."""
    context = {key: values for key, values in _context(sighting, words) if values is not None}
    asked = [sighting.values.get(RESOURCE, "*"), sighting.values.get(PRINCIPAL, "")]
    variables = {letter for text in [*asked, *(one for found in context.values() for one in found)] for letter in text}
    settled: dict[str, str] = {}
    for letter in sorted(filter(is_unknown, variables)):
        settled[letter] = _settle(letter, context, sighting)
    filled = {key: tuple(_replace(one, settled) for one in values) for key, values in context.items()}
    return Request(
        action=action_of(sighting, words),
        resource=_replace(asked[0], settled),
        context=filled,
        principal=_replace(asked[1], settled),
        assumed={name.removeprefix(UNMODELLED): value for name, value in _assumed(sighting)},
    )


def _settle(letter: str, context: dict[str, tuple[str, ...]], sighting: Sighting) -> str:
    """The text of a variable, which becomes part of the context if it isn't yet."""
    name = name_of(letter) or ""
    key, comma, default = name.removeprefix(IN_ANY_CASE).partition(",")
    absent = f"{KEY}{key}" in sighting.values and sighting.values[f"{KEY}{key}"] is None
    if absent and comma:
        value = default.strip("'")
    else:
        made = f"some-{key.rpartition(':')[2].rpartition('/')[2]}"
        value = context.setdefault(key, (made,))[0] if not absent else made
    return value.swapcase() if name.startswith(IN_ANY_CASE) else value


def _replace(text: str, settled: Mapping[str, str]) -> str:
    return "".join(settled.get(letter, letter) for letter in text)


def _context(sighting: Sighting, words: Vocabulary) -> Iterator[tuple[str, tuple[str, ...] | None]]:
    """(Key, its values as text, or None where it must be absent)."""
    for name in sorted(sighting.values):
        if name.startswith(KEY):
            key, found = name.removeprefix(KEY), sighting.values[name]
            space = space_of(words.kinds[key], key, loose=False) or Texts()
            yield key, None if found is None else tuple(space.show(value) for value in found)


def _assumed(sighting: Sighting) -> Iterator[tuple[str, bool]]:
    return ((name, value) for name, value in sorted(sighting.values.items()) if name.startswith(UNMODELLED))


def witness_of(sighting: Sighting, words: Vocabulary) -> Witness:
    """The request as text."""
    action = action_of(sighting, words)
    if PRINCIPAL in sighting.values:
        request = f"{action} by {_told(sighting, PRINCIPAL).partition(':')[2]}"
    elif sighting.values.get(RESOURCE) is None:
        request = f"{action} on *"
    else:
        request = f"{action} on {_told(sighting, RESOURCE) or repr('')}"
    return Witness(request, not sighting.mode.loose, "; ".join(_notes(sighting, words)))


def _told(sighting: Sighting, dimension: str) -> str:
    """With a variable's text where the request's context holds it."""
    return _shown("".join(_known(letter, sighting) for letter in sighting.values[dimension]))


def _known(letter: str, sighting: Sighting) -> str:
    found: tuple[Any, ...] = (is_unknown(letter) and sighting.values.get(f"{KEY}{name_of(letter)}")) or ()
    return found[0] if len(found) == 1 and isinstance(found[0], str) else letter


def _notes(sighting: Sighting, words: Vocabulary) -> Iterator[str]:
    principal = sighting.values.get(PRINCIPAL) or ""
    context = {words.written.get(key, key): found for key, found in _context(sighting, words)}
    when = [_when(key, found) for key, found in context.items()]
    if sighting.of_all:
        yield sighting.of_all
    else:
        known = set(map(key_name, context))
        when += [f"{key} is anything" for key in claims(principal) if key_name(key) not in known]
    if when:
        yield f"when {' and '.join(when)}"
    for name, value in _assumed(sighting):
        yield f"if the condition {name.removeprefix(UNMODELLED)} {'holds' if value else 'does not hold'}"
    if sighting.values.get(OWN) is False:
        yield "if it needs no permission of its own account"
    if sighting.mode.loose and OWN not in sighting.values and not any(_assumed(sighting)):
        yield "if a policy variable can have the text that this takes"
    if sighting.mode.future:
        yield f"an action that the catalogue ({words.known.source}) does not know"
    yield from _unheard_of(context, principal)
    if sighting.odd:
        yield "only for a resource in no format that this action is known to have"


def _unheard_of(context: Mapping[str, tuple[str, ...] | None], principal: str) -> Iterator[str]:
    for key, found in context.items():
        if found is None and is_always_there(key_name(key), principal):
            yield f"only without {key}, which requests are known to carry"
        if found is not None and is_unheard_of(key_name(key), found):
            yield f"only for a value that {key} is not known to have"


def _when(key: str, values: tuple[str, ...] | None) -> str:
    if values is None:
        return f"{key} is absent"
    shown = [_shown(value) or repr("") for value in values]
    return f"{key} is {shown[0]}" if len(shown) == 1 else f"{key} holds {' and '.join(shown)}"


def _shown(text: str) -> str:
    """With variables as policies write them."""
    return "".join(_variable(name_of(one) or "") if is_unknown(one) else one for one in text)


def _variable(name: str) -> str:
    plain = f"${{{name.removeprefix(IN_ANY_CASE)}}}"
    return f"{plain} in another case" if name.startswith(IN_ANY_CASE) else plain
