"""Field types of access blocks: names and privileges, checked as they are read."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from providers.postgres.glob import complaint, function_name
from providers.postgres.names import LIMIT, is_plain, qualified, quoted, split_name, tokens, unquoted
from providers.postgres.positions import blaming
from providers.postgres.privileges import ALL, KNOWN, SPELLINGS
from providers.postgres.signature import BadSignature, function_text, normal_arguments, split_signature
from specs.base import spec_error
from specs.suggest import closest

_GLOB = re.compile(r"[^\x00-\x1f]+")
_BARE = re.compile(r"[a-z0-9_$.]+")
"""What needs no quotes in YAML, nor in a list of it."""
_EXPANSION = "GRANT … ON ALL TABLES covers today's objects only: name each one"


def _parts(text: str, count: int, example: str, rest: str = "") -> tuple[str, ...]:
    """The raw parts of a name that must have so many. ``rest``: what follows the name where it is written."""
    if not text.isprintable():
        raise spec_error("W411", f"invalid character in {text!r}", f"write a name such as {example}")
    if "*" in text and '"' not in text:
        raise spec_error("W412", f"{text} is a wildcard", _EXPANSION)
    parts = split_name(text)
    if parts is None or len(parts) != count:
        what = "must be schema.name" if count == 2 else "is not a name"
        unusual = "'public.\"Order Items\"'" if count == 2 else "'\"Order Items\"'"
        raise spec_error("W411", f"{text!r} {what}", f"such as {example}; quote unusual names: {unusual}")
    written = tuple(tokens(text))
    for token in written:
        _check_token(token, written, rest)
    return parts


def _check_token(token: str, written: Sequence[str], rest: str) -> None:
    if not token.startswith('"') and not is_plain(token):
        raise spec_error("W411", f"{token!r} is not a plain name", _spelled_out(written, rest))
    size = len(unquoted(token).encode())
    if size > LIMIT:
        kept = _in_yaml([quoted(unquoted(one).encode()[:LIMIT].decode(errors="ignore")) for one in written], rest)
        raise spec_error(
            "W411", f"name too long: {size} bytes, the server keeps {LIMIT}", f"write what it keeps: {kept}"
        )


def _spelled_out(written: Sequence[str], rest: str) -> str:
    """The whole name, as it can be copied into the YAML."""
    trimmed = [one if one.startswith('"') else one.strip() for one in written]
    if all(one.startswith('"') or is_plain(one) for one in trimmed):
        return f"write {_in_yaml(trimmed, rest)}"
    exact = _in_yaml([quoted(unquoted(one)) for one in trimmed], rest)
    folded = [one if one.startswith('"') else one.lower() for one in trimmed]
    if all(one.startswith('"') or is_plain(one) for one in folded):
        plain = _in_yaml(folded, rest)
        return f"SQL would read it as {plain}: write {plain}, or {exact}"
    return f"write {exact}"


def _in_yaml(parts: Sequence[str], rest: str) -> str:
    text = ".".join(parts) + rest
    return "'" + text.replace("'", "''") + "'" if not _BARE.fullmatch(text) else text


def _check_schema(schema: str) -> None:
    if schema.startswith("pg_") or schema == "information_schema":
        raise spec_error("W411", f"schema {schema} is the server's own", "grant on objects of your own schemas")


@lru_cache(maxsize=8192)
def _relation(text: str) -> str:
    schema, name = _parts(text, 2, "public.orders")
    _check_schema(schema)
    return qualified(schema, name)


def _schema(text: str) -> str:
    (name,) = _parts(text, 1, "public")
    _check_schema(name)
    return quoted(name)


def _column(text: str) -> str:
    (name,) = _parts(text, 1, "customer_id")
    return quoted(name)


def _function(text: str) -> str:
    try:
        named, arguments = split_signature(text)
        schema, name = _parts(named, 2, "public.refund(integer, text)", f"({arguments})")
        _check_schema(schema)
        return function_text(schema, name, normal_arguments(arguments))
    except BadSignature as problem:
        raise spec_error("W411", f"{text!r}: {problem}", "such as public.refund(integer, text)") from None


def _pattern(text: str, name: str, example: str, *, dotted: bool = True) -> str:
    """Refuses what can match no name: a guardrail that forbids nothing looks like one that does."""
    if not text or not _GLOB.fullmatch(text):
        raise spec_error("W411", f"{text!r} is not a pattern", "a name; * stands for anything")
    problem = complaint(name, dotted=dotted)
    if problem:
        raise spec_error("W411", f"the pattern {text!r} can match nothing: {problem}", f"such as {example}")
    return text


def _relations(text: str) -> str:
    return _pattern(text, text, "public.orders, public.* or '*.\"Order Items\"'")


def _functions(text: str) -> str:
    name = function_name(text)
    return _pattern(text, name, "public.refund, public.refund(integer, text) or public.*")


def _free(text: str) -> str:
    if not text or not _GLOB.fullmatch(text):
        raise spec_error("W411", f"{text!r} is not a pattern", "such as log_statement or log_*")
    return text


def _single(text: str) -> str:
    return _pattern(text, text, "email, *_token or '\"Card No\"'", dotted=False)


def check_privileges(privileges: Sequence[str], known: Collection[str], what: str) -> None:
    """Raises a spec error that points at the first privilege that this kind of object doesn't have."""
    for position, text in enumerate(privileges):
        if text not in known:
            near = closest(text, known)
            way_out = f"did you mean {near}?" if near else f"one of {', '.join(known)}"
            problem = spec_error("W413", f"unknown privilege {text!r} for {what}", way_out)
            raise blaming(problem, text, "privileges", position)


def _privilege(text: str) -> str:
    if not text.isascii():
        return text  # which is none: upper() makes an S of more than an s
    upper = text.strip().upper()
    return SPELLINGS.get(upper, upper)


def _for_editors() -> WithJsonSchema:
    """The names, to be completed; and how else they may be spelled."""
    names = sorted({name for known in KNOWN.values() for name in known} | {ALL, *SPELLINGS})
    spelled = ("".join(f"[{c}{c.lower()}]" if c.isalpha() else c for c in name) for name in names)
    loose = {"type": "string", "pattern": rf"^\s*(?:{'|'.join(spelled)})\s*$"}
    return WithJsonSchema({"anyOf": [{"type": "string", "enum": names}, loose]})


Privilege = Annotated[str, AfterValidator(_privilege), _for_editors()]
RelationName = Annotated[str, AfterValidator(_relation)]
SchemaName = Annotated[str, AfterValidator(_schema)]
ColumnName = Annotated[str, AfterValidator(_column)]
FunctionName = Annotated[str, AfterValidator(_function)]
RelationPattern = Annotated[str, AfterValidator(_relations)]
FunctionPattern = Annotated[str, AfterValidator(_functions)]
NamePattern = Annotated[str, AfterValidator(_single)]
FreePattern = Annotated[str, AfterValidator(_free)]
"""Of a name that isn't an identifier: a parameter's, which may hold dots; a large object's number."""
