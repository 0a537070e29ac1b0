"""The normal form of a policy document: equal access gives equal text.

Keys sorted, lists for single items, sets sorted, statements in a stable order. IAM ignores the case of actions: they
are written as AWS writes them, for people and other tools to read, or in lower case where AWS has none such. A document
with anything else in it than IAM documents is kept as it was found, so that the difference shows.
Source: IAM JSON policy elements reference; Grammar of the IAM JSON policy language.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from providers.aws.effective.catalogue import catalogue

VERSION = "2012-10-17"
_ACTIONS = frozenset({"Action", "NotAction"})
_RESOURCES = frozenset({"Resource", "NotResource"})
_PRINCIPALS = frozenset({"Principal", "NotPrincipal"})
# ASCII, because IAM takes only Latin-1 (characters beyond it as escapes).
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
_STARS = re.compile(r"\*{2,}")


class _NotPlainError(ValueError):
    """The document holds something that the normal form doesn't know."""


def canonical(document: Mapping[str, Any]) -> str:
    """The normal form of a document that we made. Raises ValueError for one that isn't a policy."""
    return _text(_document(document))


def normalise(found: str) -> str:
    """The normal form of a document as IAM returned it (RFC 3986 percent-encoded, or plain)."""
    # A JSON document starts with {, which percent-encoding never leaves as it is.
    plain = found if found.lstrip().startswith("{") else unquote(found)
    try:
        document = json.loads(plain, object_pairs_hook=_unique, parse_int=str, parse_float=str, parse_constant=_refuse)
        return _text(_document(document))
    except (ValueError, RecursionError):
        return plain


def _text(document: Mapping[str, Any]) -> str:
    return _ENCODER.encode(document)


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _NotPlainError("a key is repeated")
    return found


def _refuse(constant: str) -> Any:
    raise _NotPlainError(f"{constant} is not JSON")


def _document(raw: Any) -> dict[str, Any]:
    document = _mapping(raw)
    if not document.keys() <= {"Version", "Id", "Statement"} or "Statement" not in document:
        raise _NotPlainError("unknown or missing element")
    statements = document["Statement"]
    if isinstance(statements, Mapping):
        statements = [statements]
    normal = [_statement(statement) for statement in _list(statements)]
    rest = {name: _string(value) for name, value in document.items() if name != "Statement"}
    return rest | {"Statement": normal if len(normal) == 1 else _ordered(normal)}


def _ordered(statements: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sorted and without repetition. A statement's id counts last."""
    by_text = {_text(statement): statement for statement in statements}
    return [by_text[text] for text in sorted(by_text, key=lambda text: (_without_sid(by_text[text]), text))]


def _without_sid(statement: Mapping[str, Any]) -> str:
    return _text({name: value for name, value in statement.items() if name != "Sid"})


def _statement(raw: Any) -> dict[str, Any]:
    statement = {name: _element(name, value) for name, value in _mapping(raw).items()}
    if not statement.get("Condition", True):
        del statement["Condition"]
    return statement


def _element(name: str, value: Any) -> Any:
    if name in _ACTIONS:
        return _set(value, _action)
    if name in _RESOURCES:
        return _set(value, _resource)
    if name in _PRINCIPALS:
        return value if value == "*" else {kind: _set(ids, _string) for kind, ids in _mapping(value).items()}
    if name == "Condition":
        return {operator: _keys(keys) for operator, keys in _mapping(value).items()}
    if name in {"Sid", "Effect"}:
        return _string(value)
    raise _NotPlainError(name)


def _action(value: Any) -> str:
    return _spelled(_STARS.sub("*", _string(value)))


@lru_cache(maxsize=8192)
def _spelled(action: str) -> str:
    return catalogue().spelled(action)


def _resource(value: Any) -> str:
    return _STARS.sub("*", _string(value))


def _keys(raw: Any) -> dict[str, list[str]]:
    return _unique([(_key(key), _set(values, _scalar)) for key, values in _mapping(raw).items()])


def _key(key: str) -> str:
    """Condition keys in lower case, but for tag keys, and issuers' keys (``oidc.example.com/Id:aud``)."""
    prefix, colon, name = key.partition(":")
    if not re.fullmatch(r"[A-Za-z0-9-]+", prefix):
        return key
    name, slash, tag = name.partition("/")
    return f"{prefix.lower()}{colon}{name.lower()}{slash}{tag}"


def _set(raw: Any, normal: Callable[[Any], str]) -> list[str]:
    return sorted({normal(item) for item in (raw if isinstance(raw, list | tuple) else [raw])})


def _scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else _string(value)


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise _NotPlainError("text expected")
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _NotPlainError("object expected")
    return value


def _list(value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise _NotPlainError("list expected")
    return value
