"""A found request as values for the evaluator, and as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from providers.aws.effective.conditions import space_of
from providers.aws.effective.document import key_name
from providers.aws.effective.evaluator import Request
from providers.aws.effective.open_ends import told
from providers.aws.effective.principals import OWN, PRINCIPAL, PRINCIPALS_OWN, UNMODELLED, is_his, named
from providers.aws.effective.rules import ACTION, KEY, RESOURCE, Mode, Vocabulary
from providers.aws.effective.usual import claims, is_always_there, is_unheard_of
from reconciler.access import Witness
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

    def text(self, dimension: str) -> str:
        """The value of a dimension that has one text; empty for any other."""
        found = self.values.get(dimension)
        one = found[0] if isinstance(found, tuple) and len(found) == 1 else found
        return one if isinstance(one, str) else ""

    @property
    def is_consistent(self) -> bool:
        """Whether its keys can be its principal's."""
        principal, keys = self.text(PRINCIPAL), [f"{KEY}{key}" for key in PRINCIPALS_OWN]
        if principal.startswith("AWS:arn:") and any(self.values.get(key, "") is None for key in keys):
            return False
        arn, account = map(self.text, keys)
        return is_his(principal, arn, account)


def as_example(sighting: Sighting, wanted: Sequence[Literal], words: Vocabulary) -> Sighting:
    """Saying of whom its principal is but an example. ``wanted``: of the question that it answers."""
    principal = sighting.values.get(PRINCIPAL)
    if principal is None:
        return sighting
    of_all = named(wanted, principal, anonymous=words.resources)
    # By exception alone, and still none but of an account that is named: not anybody, then.
    excepting = all(one.negated for one in wanted if one.dimension == PRINCIPAL)
    some = excepting and any(f":{account}:" in principal for account in words.accounts)
    return replace(sighting, of_all="" if some else of_all)


def action_of(sighting: Sighting, words: Vocabulary) -> str:
    """The action, in the catalogue's own case or the policies'."""
    value = sighting.values[ACTION]
    return sighting.spelling.get(value, value) if sighting.mode.future else words.known.names[value]


def request_of(sighting: Sighting, words: Vocabulary) -> Request:
    """The request, in which no variable is left (``concrete``)."""
    return Request(
        action=action_of(sighting, words),
        resource=sighting.values.get(RESOURCE, "*"),
        context={key: values for key, values in _context(sighting, words) if values is not None},
        principal=sighting.values.get(PRINCIPAL, ""),
        assumed={name.removeprefix(UNMODELLED): value for name, value in _assumed(sighting)},
    )


def shown_values(key: str, found: Sequence[Any], words: Vocabulary) -> tuple[str, ...]:
    """Values of a key as text."""
    space = space_of(words.kinds.get(key, frozenset()), key, loose=False) or Texts()
    return tuple(space.show(value) for value in found)


def _context(sighting: Sighting, words: Vocabulary) -> Iterator[tuple[str, tuple[str, ...] | None]]:
    """(Key, its values as text, or None where it must be absent)."""
    for name in sorted(sighting.values):
        if name.startswith(KEY):
            key, found = name.removeprefix(KEY), sighting.values[name]
            yield key, None if found is None else shown_values(key, found, words)


def _assumed(sighting: Sighting) -> Iterator[tuple[str, bool]]:
    return ((name, value) for name, value in sorted(sighting.values.items()) if name.startswith(UNMODELLED))


def witness_of(sighting: Sighting, words: Vocabulary) -> Witness:
    """The request as text."""
    resource = sighting.values.get(RESOURCE)
    on = f" on {'*' if resource is None else resource or repr('')}" if words.resources or not words.principals else ""
    by = f" by {sighting.values[PRINCIPAL].partition(':')[2]}" if PRINCIPAL in sighting.values else ""
    request = f"{action_of(sighting, words)}{on}{by}"
    certain = not sighting.mode.loose and sighting.is_consistent
    return Witness(request, certain, "; ".join(_notes(sighting, words)))


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
        yield told(name.removeprefix(UNMODELLED), holds=value)
    if sighting.values.get(OWN) is False:
        yield "if it needs no permission of its own account"
    if words.variable and sighting.mode.loose and OWN not in sighting.values and not any(_assumed(sighting)):
        yield "if a policy variable can have the text that this takes"
    if sighting.mode.future:
        yield f"an action that the catalogue ({words.known.source}) does not know"
    yield from _unheard_of(context, principal)
    if not sighting.is_consistent:
        yield "only if such a principal can have these keys"
    if sighting.odd:
        what = "for a resource in no format that this action is known to have"
        yield f"only {what if words.resources or not words.principals else 'by a principal in no format that is known'}"


def _unheard_of(context: Mapping[str, tuple[str, ...] | None], principal: str) -> Iterator[str]:
    for key, found in context.items():
        if found is None and is_always_there(key_name(key), principal):
            yield f"only without {key}, which requests are known to carry"
        if found is not None and is_unheard_of(key_name(key), found):
            yield f"only for a value that {key} is not known to have"


def _when(key: str, values: tuple[str, ...] | None) -> str:
    if values is None:
        return f"{key} is absent"
    shown = [value or repr("") for value in values]
    return f"{key} is {shown[0]}" if len(shown) == 1 else f"{key} holds {' and '.join(shown)}"
