"""Policy variables taken apart by what they may be.

``${aws:username}`` under ``StringEquals aws:username bob`` is ``bob``, and where another statement speaks of
``home/bob/*`` it matters whether it is. Left as a text that nobody knows, it would be told apart from that ``bob``. So
a statement with a variable is taken as several, of which one applies exactly where it does: one for each text that is
named, one for any other, and one for none, where the variable's default stands.

Where a text is missing, a pattern with it matches nothing. Whether a negation of it then holds or its statement is void
isn't said ("might cause the entire statement to be invalid"): that is kept open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from providers.aws.effective.catalogue import catalogue
from providers.aws.effective.document import Condition, Names, Statement, key_name
from providers.aws.effective.open_ends import unset
from providers.aws.effective.patterns import literal
from providers.aws.effective.usual import KINDS
from providers.aws.effective.variables import (
    VARIABLE,
    default_of,
    is_fillable,
    key_of,
    keys,
    name_of,
    unified,
)

_SIGNS = {"stringequals": "$", "stringlike": "$*?"}
"""Operators that name texts, with the signs that a mere text lacks."""
_PLAIN = re.compile(r"(?:foranyvalue:)?(?:string(?:equals|equalsignorecase|like)|arn(?:equals|like))")
"""Operators that nothing fulfils without values."""
_MOST_TEXTS = 16
_MOST_GUESSES = 8
_MOST_PAIRS = 4_000
_MOST_WAYS = 64
"""Of one statement."""
_MOST_OF_ALL = 1_536
"""Of all statements together: comparing takes the square of it."""
Pins = Mapping[str, tuple[str, ...]]
"""Keys that stand as variables, and texts that they may have."""


def pins(statements: Iterable[Statement]) -> Pins:
    """What the statements of both sides name; without keys of which they name too many."""
    everything = list(statements)
    used = {key for one in everything for key in keys(one)}
    if not used:
        return {}
    # A key with several values gives a variable no text: where a policy counts on several, it is left as it is.
    used -= {key_name(one.key) for row in everything for one in row.conditions if ":" in one.operator}
    used = {key for key in used if not catalogue().holds_several(key)}
    found: dict[str, dict[str, None]] = {key: {} for key in sorted(used)}
    for condition in (condition for one in everything if one.variables for condition in one.conditions):
        key = key_name(condition.key)
        if key in used and _names_texts(condition):
            found[key].update(dict.fromkeys(condition.values))
    for key, text in _guesses(everything):
        if key in used and key not in KINDS and len(found[key]) < _MOST_GUESSES:
            found[key][text] = None
    return {key: tuple(texts) for key, texts in found.items() if len(texts) <= _MOST_TEXTS}


def _guesses(statements: Sequence[Statement]) -> Iterator[tuple[str, str]]:
    """Texts with which a variable would meet what else is written of the same: of resources, or of a condition key."""
    written: dict[str, dict[str, None]] = {}
    for one in statements:
        for what, text in _written(one):
            written.setdefault(what, {})[text] = None
    pairs = (
        (pattern, text)
        for texts in written.values()
        for pattern in texts
        if "${" in pattern
        for text in texts
        if "${" not in text
    )
    for pattern, text in islice(pairs, _MOST_PAIRS):
        yield from unified(pattern, text).items()


def _written(statement: Statement) -> Iterator[tuple[str, str]]:
    if statement.resources is not None:
        yield from (("", text) for text in statement.resources.values)
    for condition in statement.conditions:
        if is_fillable(condition):
            yield from ((key_name(condition.key), text) for text in condition.values)


def most_ways(statements: Iterable[Statement]) -> int:
    """Into how many each of these may be taken apart."""
    count = sum(1 for one in statements if keys(one))
    return min(_MOST_WAYS, _MOST_OF_ALL // max(count, 1))


def pinned(statement: Statement, known: Pins, most: int = _MOST_WAYS) -> tuple[Statement, ...]:
    """The statements that it is taken as."""
    ways: tuple[Statement, ...] = (statement,)
    for key, written in sorted(keys(statement).items()) if known and statement.variables else ():
        if key not in known:
            continue
        more = tuple(found for way in ways for found in _ways(way, written, known[key]) if _can_apply(found))
        if len(more) > most:
            break
        ways = more
    return ways


def _can_apply(statement: Statement) -> bool:
    """Whether something is left of what its resource, and keys of its conditions, must be."""
    names = statement.resources
    if names is not None and not names.negated and not names.values:
        return False
    return not any(not one.values and _PLAIN.fullmatch(one.operator.lower()) for one in statement.conditions)


def _ways(statement: Statement, written: str, texts: tuple[str, ...]) -> Iterator[Statement]:
    key = key_name(written)
    own = [set(one.values) for one in statement.conditions if key_name(one.key) == key and _names_texts(one)]
    for text in texts:
        if all(text in values for values in own):
            yield _filled(statement, key, text, (Condition("StringEquals", written, (text,)),))
    if not own:
        others = (Condition("StringNotEquals", written, texts),) if texts else ()
        itself = _without_itself(statement, key)
        if itself is not None:
            yield _filled(itself, key, None, (*others, Condition("Null", written, ("false",))), present=True)
        yield _filled(statement, key, None, (Condition("Null", written, ("true",)),))


def _without_itself(statement: Statement, key: str) -> Statement | None:
    """Where a key is there, it is equal to its own text; None: a condition asks that it isn't."""
    same = [one for one in statement.conditions if key_name(one.key) == key and _has_itself(one, key)]
    if any(_negates(one) for one in same):
        return None
    return replace(statement, conditions=tuple(one for one in statement.conditions if one not in same))


def _has_itself(condition: Condition, key: str) -> bool:
    if not is_fillable(condition) or _of_arns(condition) or ":" in condition.operator:
        return False
    whole = (VARIABLE.fullmatch(value) for value in condition.values)
    return any(found is not None and key_of(found) == key for found in whole)


def _names_texts(condition: Condition) -> bool:
    signs = _SIGNS.get(condition.operator.lower())
    if signs is None or any(sign in value for value in condition.values for sign in signs):
        return False
    return not catalogue().holds_several(condition.key)


def filled(statement: Statement, key: str, text: str | None) -> Statement:
    """A statement as it is where a key is this text, or None: where it is absent."""
    return _filled(statement, key, text, ())


def _filled(
    statement: Statement, key: str, text: str | None, more: tuple[Condition, ...], *, present: bool = False
) -> Statement:
    """With a text for a variable, or as one that is ``present``, or without one: then its default, or nothing."""
    lost: list[bool] = []
    """Of each text that matches nothing any more: whether it stood in a negation."""

    def fill(values: tuple[str, ...], *, negated: bool, arn: bool = False) -> tuple[str, ...]:
        found = [_plain(value, key) if present else _fill(value, key, text, arn=arn) for value in values]
        lost.extend(negated for one in found if one is None)
        return tuple(one for one in found if one is not None)

    conditions = tuple(
        replace(one, values=fill(one.values, negated=_negates(one), arn=_of_arns(one))) if is_fillable(one) else one
        for one in statement.conditions
    )
    names = statement.resources
    resources = None if names is None else Names(fill(names.values, negated=names.negated), names.negated)
    open_end = (unset(key),) if any(lost) else ()
    return replace(statement, conditions=(*conditions, *more, *open_end), resources=resources)


def _negates(condition: Condition) -> bool:
    return "not" in condition.operator.lower()


def _of_arns(condition: Condition) -> bool:
    return "arn" in condition.operator.lower()


def _plain(value: str, key: str) -> str:
    """Where the key is there, a variable's default says nothing."""
    return VARIABLE.sub(lambda found: f"${{{name_of(found)}}}" if key_of(found) == key else found[0], value)


def _fill(value: str, key: str, text: str | None, *, arn: bool) -> str | None:
    """None: a text is missing. In an ARN a colon would part it elsewhere, so there such a text is left open."""
    parts, at = [], 0
    for found in VARIABLE.finditer(value):
        if key_of(found) == key:
            given = text if text is not None else default_of(found)
            if given is None:
                return None
            parts += [value[at : found.start()], found[0] if arn and ":" in given else literal(given)]
            at = found.end()
    return "".join([*parts, value[at:]])
