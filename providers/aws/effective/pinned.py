"""Policy variables whose text some condition names: there they are that text.

``${aws:username}`` under ``StringEquals aws:username bob`` is ``bob``. Left as a text that nobody knows, it would be
told apart from the ``bob`` that another statement writes. So a statement with such a variable is taken as several, of
which one applies exactly where it does: one for each text that is named, one for any other, one for no text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from providers.aws.effective.catalogue import catalogue
from providers.aws.effective.conditions import TEXT, test_of
from providers.aws.effective.document import Condition, Statement, key_name
from providers.aws.effective.patterns import literal

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_SIGNS = {"stringequals": "$", "stringlike": "$*?"}
"""Operators that name texts, with the signs that a mere text lacks."""
_MOST_TEXTS = 16
_MOST_WAYS = 64
Pins = Mapping[str, tuple[str, ...]]
"""Keys that stand as variables, and the texts that conditions name for them."""


def pins(statements: Iterable[Statement]) -> Pins:
    """What the statements of both sides name; without keys of which they name too many."""
    some = [one for one in statements if one.variables]
    used = {key for one in some for key in _variables(one)}
    found: dict[str, dict[str, None]] = {}
    for condition in (condition for one in some for condition in one.conditions) if used else ():
        key = key_name(condition.key)
        if key in used and _names_texts(condition):
            found.setdefault(key, {}).update(dict.fromkeys(condition.values))
    return {key: tuple(texts) for key, texts in found.items() if len(texts) <= _MOST_TEXTS}


def pinned(statement: Statement, known: Pins) -> tuple[Statement, ...]:
    """The statements that it is taken as."""
    ways: tuple[Statement, ...] = (statement,)
    for key in sorted(_variables(statement) & known.keys()) if known and statement.variables else ():
        more = tuple(found for way in ways for found in _ways(way, key, known[key]))
        if len(more) > _MOST_WAYS:
            break
        ways = more
    return ways


def _ways(statement: Statement, key: str, texts: tuple[str, ...]) -> Iterator[Statement]:
    own = [set(one.values) for one in statement.conditions if key_name(one.key) == key and _names_texts(one)]
    for text in texts:
        if all(text in values for values in own):
            yield _filled(statement, key, text, (Condition("StringEquals", key, (text,)),))
    if not own:
        present = Condition("Null", key, ("false",))
        yield _with(statement, (Condition("StringNotEquals", key, texts), present))
        yield _filled(statement, key, None, (Condition("Null", key, ("true",)),))


def _names_texts(condition: Condition) -> bool:
    signs = _SIGNS.get(condition.operator.lower())
    if signs is None or any(sign in value for value in condition.values for sign in signs):
        return False
    return not catalogue().holds_several(condition.key)


def _variables(statement: Statement) -> set[str]:
    texts = [] if statement.resources is None else [statement.resources.values]
    texts += [one.values for one in statement.conditions if _is_text(one)]
    return {_key(found) for values in texts for value in values for found in _VARIABLE.finditer(value)}


def _is_text(condition: Condition) -> bool:
    """Whether a text can be filled in. In an ARN a colon would part it elsewhere."""
    test = test_of(condition, variables=True)
    return test is not None and test.kind == TEXT and "arn" not in condition.operator.lower()


def _key(found: re.Match[str]) -> str:
    return key_name(found[1].partition(",")[0].strip())


def _filled(statement: Statement, key: str, text: str | None, more: tuple[Condition, ...]) -> Statement:
    """With a text for a variable, or without one: then its default, or else nothing matches what it stands in."""

    def fill(values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(found for value in values if (found := _fill(value, key, text)) is not None)

    names = statement.resources
    return replace(
        _with(
            replace(
                statement,
                conditions=tuple(
                    replace(one, values=fill(one.values)) if _is_text(one) else one for one in statement.conditions
                ),
            ),
            more,
        ),
        resources=None if names is None else replace(names, values=fill(names.values)),
    )


def _fill(value: str, key: str, text: str | None) -> str | None:
    parts, at = [], 0
    for found in _VARIABLE.finditer(value):
        if _key(found) == key:
            _, comma, default = found[1].partition(",")
            given = text if text is not None else default.strip().strip("'") if comma else None
            if given is None:
                return None
            parts += [value[at : found.start()], literal(given)]
            at = found.end()
    return "".join([*parts, value[at:]])


def _with(statement: Statement, more: tuple[Condition, ...]) -> Statement:
    return replace(statement, conditions=(*statement.conditions, *more))
