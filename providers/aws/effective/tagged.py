"""A role's tags are its sessions' ``aws:PrincipalTag``: what a policy says of them is settled once they are known.

Source: IAM's "Passing session tags in AWS STS": whoever may sts:TagSession sets others, so there nothing is settled.
"Tagging IAM resources": a role's tags keep the case of their keys and aren't told apart by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from providers.aws.effective.conditions import test_of
from providers.aws.effective.document import Condition, DocumentError, Kind, Names, Policy, Statement, key_name
from providers.aws.effective.evaluator import Request, holds
from providers.aws.effective.patterns import literal
from providers.aws.effective.pinned import filled
from providers.aws.effective.variables import keys
from providers.aws.glob import meet, parse

PREFIX = "aws:principaltag/"
_VARIABLE = re.compile(r"\$\{(aws:PrincipalTag/[^{},]*)\}", re.IGNORECASE)
_KEY = re.compile(r'"aws:PrincipalTag/([^"$]*)"', re.IGNORECASE)

Tags = Mapping[str, str]


def speaks_of_tags(texts: Iterable[str]) -> bool:
    """Whether a document may hang on tags of the principal: quick, for the many that don't."""
    return any(PREFIX in text.lower() for text in texts)


@lru_cache(maxsize=4096)
def may_tag_sessions(trust: str) -> bool:
    """Whether a role's trust policy lets somebody choose other tags for a session, or isn't understood."""
    try:
        statements = Policy.parse(trust, Kind.TRUST).statements
    except DocumentError:
        return True
    return any(one.allows and _meets(one.actions, "sts:TagSession") for one in statements)


def _meets(actions: Names, action: str) -> bool:
    wanted = parse(action, variables=False)
    hit = any(meet(parse(one, variables=False), wanted, ignore_case=True) is not None for one in actions.values)
    return hit is not actions.negated


def context_of(tags: Tags, texts: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
    """The keys that tags give a request; none for those that documents ask for and nobody has set."""
    asked = {f"{PREFIX}{found[1].lower()}" for text in texts for found in _KEY.finditer(text)}
    known = {key: () if value is None else (value,) for key, value in _by_key(tags).items()}
    return {**dict.fromkeys(asked - known.keys(), ()), **{key: values for key, values in known.items() if values}}


def _by_key(tags: Tags) -> dict[str, str | None]:
    """By condition key; None where two of them are one to IAM, so that nobody knows which it goes by."""
    found: dict[str, str | None] = {}
    for name, value in tags.items():
        key = key_name(f"{PREFIX}{name}")
        found[key] = None if key in found else value
    return found


def settled(policy: Policy, tags: Tags) -> Policy:
    """The same policy for a principal with exactly these tags, as far as they decide."""
    return Policy(tuple(found for one in policy.statements if (found := _settled(one, tags)) is not None))


def _settled(statement: Statement, tags: Tags) -> Statement | None:
    """None where a condition never holds."""
    rest: list[Condition] = []
    for condition in statement.conditions:
        known = _known(condition, statement, tags)
        if known is False:
            return None
        if known is None:
            rest.append(condition)
    found, known_tags = replace(statement, conditions=tuple(rest)), _by_key(tags)
    for key in sorted(one for one in keys(statement) if one.startswith(PREFIX)):
        text = known_tags.get(key)
        if text is not None or key not in known_tags:
            found = filled(found, key, text)
    return found


def _known(condition: Condition, statement: Statement, tags: Tags) -> bool | None:
    """What a condition on a tag comes to; None where it is on something else too, or isn't modelled."""
    key = key_name(condition.key)
    if not key.startswith(PREFIX) or test_of(condition, variables=statement.variables) is None:
        return None
    if _by_key(tags).get(key, "") is None:
        return None
    if statement.variables and any("${" in value for value in _filled(statement, condition.values, tags)):
        return None
    asked = replace(condition, values=tuple(_filled(statement, condition.values, tags)))
    return holds(asked, statement, Request("", "", context_of(tags)))


def _filled(statement: Statement, texts: Iterable[str], tags: Tags) -> Iterator[str]:
    """With the values of tags for their variables. One that isn't there stays, as a text that nobody knows."""
    for text in texts:
        yield _VARIABLE.sub(lambda found: _value(found, tags), text) if statement.variables else text


def _value(found: re.Match[str], tags: Tags) -> str:
    value = _by_key(tags).get(key_name(found[1]))
    return found[0] if value is None else literal(value)
