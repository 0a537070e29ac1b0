"""Policy variables in a statement: which keys they take their text from, and what that text would have to be.

Source: IAM's "Policy variables and tags": in the resource, and in the values of string and ARN operators.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from providers.aws.effective.document import Condition, Statement, key_name

VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_SIGNS = frozenset("*?$")
_FILLABLE = re.compile(r"(?:for(?:allvalues|anyvalue):)?(?:string|arn)[a-z]+")


def name_of(found: re.Match[str]) -> str:
    """The name in a variable, as it is written."""
    return found[1].partition(",")[0].strip()


def key_of(found: re.Match[str]) -> str:
    """The key of a variable, as keys are compared; empty for ``${*}``, ``${?}`` and ``${$}``."""
    name = name_of(found)
    return "" if name in _SIGNS else key_name(name)


def default_of(found: re.Match[str]) -> str | None:
    """What a variable is where its key is absent; None if that isn't said."""
    _, comma, default = found[1].partition(",")
    return default.strip().strip("'") if comma else None


def is_fillable(condition: Condition) -> bool:
    """Whether variables stand in its values."""
    return _FILLABLE.fullmatch(condition.operator.lower()) is not None


def texts_with_variables(statement: Statement) -> Iterator[str]:
    """Of its resources and conditions."""
    if not statement.variables:
        return
    if statement.resources is not None:
        yield from (one for one in statement.resources.values if "${" in one)
    for condition in statement.conditions:
        found = [one for one in condition.values if "${" in one]
        if found and is_fillable(condition):
            yield from found


def keys(statement: Statement) -> dict[str, str]:
    """The keys that its variables take their text from, and how they are written."""
    found = (one for text in texts_with_variables(statement) for one in VARIABLE.finditer(text))
    return {key: name_of(one) for one in found if (key := key_of(one))}


def unified(pattern: str, text: str) -> dict[str, str]:
    """Texts for the variables of a pattern, by key, with which it fits a text; none where it doesn't seem to.

    ``text`` may itself hold wildcards, which then stand for themselves. A guess: whoever asks verifies it.
    """
    compiled, names = _compiled(pattern)
    found = compiled.fullmatch(text) if compiled else None
    if found is None:
        return {}
    texts: dict[str, str] = {}
    for name, value in zip(names, found.groups(), strict=True):
        if texts.setdefault(name, value) != value:
            return {}
    return texts


_MOST_WILDCARDS = 4
"""In a pattern of which a guess is made: more take long."""


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> tuple[re.Pattern[str] | None, tuple[str, ...]]:
    parts, names, at = [], [], 0
    for found in VARIABLE.finditer(pattern):
        parts.append(_expression(pattern[at : found.start()]))
        key = key_of(found)
        parts.append("([^*?${}/:]+?)" if key else re.escape(found[1]))
        names += [key] if key else []
        at = found.end()
    parts.append(_expression(pattern[at:]))
    wide = len(names) + pattern.count("*")
    return (None if wide > _MOST_WILDCARDS else re.compile("".join(parts), re.DOTALL)), tuple(names)


def _expression(text: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(one) or re.escape(one) for one in text)
