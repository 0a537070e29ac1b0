"""Statements at their widest, where a condition says what their variables may be.

``b/${aws:username}/*`` under ``StringLike aws:username dev-*`` is nothing outside of ``b/dev-*/*``. Whoever asks what a
statement may allow at most can take it as that; it may allow less.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from providers.aws.effective.catalogue import catalogue
from providers.aws.effective.document import Condition, Names, Statement, key_name
from providers.aws.effective.variables import VARIABLE, default_of, key_of

_MOST = 64
"""Resources that one may become."""


def at_most(statement: Statement) -> Statement:
    """An Allow with patterns in the place of variables. A Deny, which may deny as much as it says, stays."""
    names = statement.resources
    if not statement.allows or not statement.variables or names is None or names.negated:
        return statement
    known = {key_name(one.key): one.values for one in statement.conditions if _says_what_it_is(one)}
    resources = tuple(found for name in names.values for found in _filled(name, known))
    return replace(statement, resources=Names(resources)) if known and len(resources) <= _MOST else statement


def _says_what_it_is(condition: Condition) -> bool:
    """Whether its values are patterns of which the key's only text fits one."""
    if catalogue().holds_several(condition.key) or any("${" in value for value in condition.values):
        return False
    operator = condition.operator.lower()
    plain = operator == "stringequals" and not any(sign in value for value in condition.values for sign in "*?")
    return plain or operator == "stringlike"


def _filled(name: str, known: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    found = next((one for one in VARIABLE.finditer(name) if key_of(one) in known and default_of(one) is None), None)
    if found is None:
        yield name
        return
    for value in known[key_of(found)]:
        yield from _filled(f"{name[: found.start()]}{value}{name[found.end() :]}", known)
