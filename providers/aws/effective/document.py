"""A policy document as values, as written; refused where it isn't one, rather than guessed at.

Source: IAM JSON policy elements reference; Grammar of the IAM JSON policy language.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

from reconciler.access.globs import is_reserved
from specs.text import cut

_VERSIONS = ("2008-10-17", "2012-10-17")
_ELEMENTS = frozenset(
    {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"}
)
_KINDS = frozenset({"AWS", "Federated", "Service", "CanonicalUser"})
_FOLDED = ("aws:", "iam:")


class Kind(StrEnum):
    """What a policy hangs on, and so which elements it has."""

    IDENTITY = "identity policy"
    """On a principal: it names resources."""
    TRUST = "trust policy"
    """On a role: it names principals."""
    RESOURCE = "resource policy"
    """On a bucket, a queue, a key …: it names principals, and mostly resources. Without any it is about its own."""


_PRINCIPAL = frozenset({"Principal", "NotPrincipal"})
_UNWANTED = {
    Kind.IDENTITY: _PRINCIPAL,
    Kind.TRUST: frozenset({"Resource", "NotResource"}),
    Kind.RESOURCE: frozenset[str](),
}

Path = tuple[str | int, ...]
"""``("Statement", 0, "Effect")``: keys and places, from the document's root."""


class DocumentError(ValueError):
    """It isn't a policy document. The message says what is wrong, and where; ``path`` too, if it is in one place."""

    def __init__(self, message: str, path: Path = ()) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True)
class _Where:
    """A place in the document: as people read it, and as a path."""

    text: str
    path: Path = ()

    def at(self, key: str) -> _Where:
        """A value below."""
        return _Where(f"{self.text}: {cut(key)}", (*self.path, key))

    def wrong(self, message: str, *below: str | int) -> DocumentError:
        """What is wrong here, or below with the same name."""
        return DocumentError(f"{self.text}: {message}", (*self.path, *below))


@dataclass(frozen=True, slots=True)
class Names:
    """The patterns of an element; ``negated``: those of its Not form."""

    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Principals:
    """(Kind, id) pairs: ``("AWS", "arn:…")``, ``("*", "*")`` for everybody."""

    values: tuple[tuple[str, str], ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key, as written; any of the values may fulfil it."""

    operator: str
    key: str
    values: tuple[str, ...]

    @property
    def text(self) -> str:
        """What tells it from others: equal for equal conditions."""
        return f"{self.operator.lower()} {key_name(self.key)} {json.dumps(sorted(set(self.values)))}"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. ``resources`` is None in a trust policy, ``principals`` in an identity policy."""

    allows: bool
    actions: Names
    resources: Names | None
    principals: Principals | None
    conditions: tuple[Condition, ...]
    variables: bool
    """Whether ``${…}`` is a policy variable: since version 2012-10-17."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The statements of a document."""

    statements: tuple[Statement, ...]

    @classmethod
    def parse(cls, text: str, kind: Kind = Kind.IDENTITY) -> Policy:
        """A document as AWS takes it, or returns it (percent-encoded). Raises DocumentError."""
        plain = text if text.lstrip().startswith("{") else unquote(text)
        try:
            raw = json.loads(plain, object_pairs_hook=_unique, parse_int=str, parse_float=str, parse_constant=_refuse)
        except DocumentError:
            raise
        except (ValueError, RecursionError) as problem:
            raise DocumentError(f"not JSON: {problem}") from None
        return _policy(raw, kind)

    @classmethod
    def of(cls, document: Mapping[str, Any], kind: Kind = Kind.IDENTITY) -> Policy:
        """As ``parse``, from decoded JSON."""
        return cls.parse(json.dumps(document), kind)


def key_name(key: str) -> str:
    """A condition key as it is compared: without regard to case, a tag's name in it included.

    Source: IAM's "JSON policy elements: Condition", and of tags "aws:ResourceTag/tag-key". Of an issuer's path
    (``oidc.example.com/Id:aud``) and of a service's own tags, which may differ by case alone, that isn't said: those
    that are told apart without need make no change look smaller than it is.
    """
    name, slash, rest = key.partition("/")
    if not slash or name.lower().startswith(_FOLDED):
        return key.lower()
    return key if ":" not in name else f"{name.lower()}/{rest}"


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise DocumentError(f"the key {key!r:.60} is repeated")
        found[key] = value
    return found


def _refuse(constant: str) -> Any:
    raise DocumentError(f"{constant} is not JSON")


def _policy(raw: Any, kind: Kind) -> Policy:
    root = _Where("the document")
    document = _mapping(raw, root)
    _only(document, frozenset({"Version", "Id", "Statement"}), root)
    version = document.get("Version", _VERSIONS[0])
    if version not in _VERSIONS:
        raise DocumentError(f"Version {version!r:.60} is not known", ("Version",))
    if "Statement" not in document:
        raise DocumentError("Statement is missing")
    variables = version == _VERSIONS[1]
    return Policy(
        tuple(
            _statement(_mapping(one, where), where, kind, variables=variables)
            for one, where in _statements(document["Statement"])
        )
    )


def _statements(found: Any) -> Iterator[tuple[Any, _Where]]:
    listed = isinstance(found, list)
    for at, one in enumerate(_list(found)):
        yield one, _Where(f"statement {at + 1}", ("Statement", at) if listed else ("Statement",))


def _statement(raw: Mapping[str, Any], where: _Where, kind: Kind, *, variables: bool) -> Statement:
    _only(raw, _ELEMENTS, where)
    if raw.get("Effect") not in ("Allow", "Deny"):
        raise where.wrong("Effect must be Allow or Deny", "Effect")
    for name in sorted(_UNWANTED[kind] & raw.keys()):
        raise where.wrong(f"{name} doesn't belong in this kind of policy", name)
    return Statement(
        allows=raw["Effect"] == "Allow",
        actions=_actions(raw, where),
        resources=_resources(raw, where, kind),
        principals=None if kind is Kind.IDENTITY else _principals(raw, where),
        conditions=tuple(_conditions(raw.get("Condition", {}), where.at("Condition"))),
        variables=variables,
    )


def _actions(raw: Mapping[str, Any], where: _Where) -> Names:
    actions = _names(raw, "Action", where)
    element = "NotAction" if actions.negated else "Action"
    for action in actions.values:
        if any(map(str.isspace, action)):
            # IAM trims nothing: with a blank before it the service is refused, with one behind it no action is meant.
            raise where.wrong(f"{action!r:.60} is not an action: it holds a blank", element)
        if action != "*" and action.count(":") != 1:
            raise where.wrong(f"{action!r:.60} is not an action", element)
        _ascii(action, where, element)
    return actions


def _resources(raw: Mapping[str, Any], where: _Where, kind: Kind) -> Names | None:
    if kind is Kind.TRUST:
        return None
    if kind is Kind.RESOURCE and not {"Resource", "NotResource"} & raw.keys():
        return Names(("*",))
    return _names(raw, "Resource", where)


def _names(raw: Mapping[str, Any], element: str, where: _Where) -> Names:
    negated = _choose(raw, element, where)
    name = f"Not{element}" if negated else element
    return Names(tuple(_texts(raw[name], where.at(name))), negated)


def _choose(raw: Mapping[str, Any], element: str, where: _Where) -> bool:
    """Whether the Not form is there; exactly one of the two must be."""
    if (element in raw) == (f"Not{element}" in raw):
        raise where.wrong(f"needs either {element} or Not{element}", *(("Not" + element,) if element in raw else ()))
    return element not in raw


def _principals(raw: Mapping[str, Any], where: _Where) -> Principals:
    negated = _choose(raw, "Principal", where)
    name = "NotPrincipal" if negated else "Principal"
    found, below = raw[name], where.at(name)
    if found == "*":
        return Principals((("*", "*"),), negated)
    kinds = _mapping(found, below)
    _only(kinds, _KINDS, below)
    pairs = [(kind, one) for kind, ids in kinds.items() for one in _texts(ids, below.at(kind))]
    return Principals(tuple(dict.fromkeys(pairs)), negated)


def _conditions(raw: Any, where: _Where) -> list[Condition]:
    found = []
    for operator, keys in _mapping(raw, where).items():
        _ascii(operator, where, operator)
        below = where.at(operator)
        for key, values in _mapping(keys, below).items():
            _ascii(key.partition("/")[0], below, key)
            texts = tuple(dict.fromkeys(_scalar(value, below.at(key)) for value in _list(values)))
            found.append(Condition(operator, key, texts))
    return found


def _ascii(name: str, where: _Where, key: str) -> None:
    """Of names that go by no case: the Kelvin sign is a k in lower case, and nobody knows whether it is one to IAM."""
    if not name.isascii():
        raise where.wrong(f"{cut(name)!r} is not ASCII", key)


def _only(raw: Mapping[str, Any], known: frozenset[str], where: _Where) -> None:
    for name in raw:
        if name not in known:
            raise where.wrong(f"{cut(name)!r} is not known here", name)


def _texts(values: Any, where: _Where) -> Sequence[str]:
    return list(dict.fromkeys(_text(value, where) for value in _list(values)))


def _scalar(value: Any, where: _Where) -> str:
    return str(value).lower() if isinstance(value, bool) else _text(value, where)


def _text(value: Any, where: _Where) -> str:
    if not isinstance(value, str):
        raise where.wrong(f"text expected, not {json.dumps(value)[:40]}")
    if is_reserved(value):
        raise where.wrong(f"{value[:40]!r} holds a private character")
    return value


def _mapping(value: Any, where: _Where) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise where.wrong("object expected")
    return value


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]
