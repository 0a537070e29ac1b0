"""A function's name with its argument types, in the form in which the server writes types (format_type)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from providers.postgres.names import is_plain, qualified, split_name, tokens

_ALIASES = {
    "int": "integer", "int4": "integer", "int2": "smallint", "int8": "bigint", "bool": "boolean",
    "float4": "real", "float8": "double precision", "float": "double precision",
    "decimal": "numeric", "dec": "numeric",
    "varchar": "character varying", "char": "character", "bpchar": "character", "char varying": "character varying",
    "nchar": "character", "national character": "character", "national char": "character",
    "national character varying": "character varying", "national char varying": "character varying",
    "varbit": "bit varying", "timestamp": "timestamp without time zone", "time": "time without time zone",
    "timestamptz": "timestamp with time zone", "timetz": "time with time zone",
}  # fmt: skip
_SERVERS_OWN = frozenset(_ALIASES.values()) | {
    "bit", "box", "bytea", "cidr", "circle", "date", "daterange", "inet", "int4range", "int8range", "interval", "json",
    "jsonb", "jsonpath", "line", "lseg", "macaddr", "macaddr8", "money", "name", "numrange", "oid", "path", "point",
    "polygon", "record", "refcursor", "regclass", "regproc", "regprocedure", "regtype", "regrole", "text", "tsquery",
    "tsrange", "tstzrange", "tsvector", "uuid", "xml", '"char"',
}  # fmt: skip
"""Types that mean the same wherever they are written."""
_WORDS = re.compile(r"[a-z_][a-z0-9_$]*")
_SIGNATURE = re.compile(r'(?P<name>(?:"(?:[^"]|"")*+"|[^"()])*+)\((?P<arguments>.*)\)', re.DOTALL)
_PIECE = re.compile(r'"(?:[^"]|"")*+"|[(),]|[^"(),]+|"')
_MODE = re.compile(r"(?:variadic|inout|in)\s+(?=\S)", re.IGNORECASE)
_MODIFIER = re.compile(r"\s*\(\s*-?[0-9]+(?:\s*,\s*-?[0-9]+)*\s*\)")
_BOUNDS = re.compile(r"(?:\s*\[[0-9]*\])+$|\s+array(?:\s*\[[0-9]*\])?$", re.IGNORECASE)
_QUOTED = re.compile(r'("(?:[^"]|"")*+")')


_LONGEST = 4096
"""Characters of a signature."""


class BadSignature(ValueError):  # noqa: N818
    """What is wrong with it, for people."""


def normal_type(text: str) -> str:
    """``int4`` → ``integer``, ``public.mood[3]`` → ``public.mood[]``, ``numeric(10,2)`` → ``numeric``.

    A length or precision is no part of a function's identity, nor is how many dimensions an array has (PostgreSQL's
    documentation of CREATE FUNCTION and of arrays). Raises BadSignature.
    """
    words = _MODE.sub("", text.strip(), count=1)
    base = _BOUNDS.sub("", words)
    array = "[]" if base != words else ""
    base = "".join(
        part if part.startswith('"') else " ".join(_MODIFIER.sub("", part).split()) for part in _QUOTED.split(base)
    )
    parts = split_name(base)
    if parts is not None and len(parts) == 2:
        _check_plain(base)
        if parts[0] != "pg_catalog":
            return qualified(*parts) + array
        base = parts[1] if parts[1] != "char" else '"char"'
    return _unqualified(base, array, text.strip())


def _unqualified(base: str, array: str, written: str) -> str:
    lowered = base if base == '"char"' else base.lower()
    known = _ALIASES.get(lowered, lowered)
    element = _ALIASES.get(lowered[1:], lowered[1:]) if lowered.startswith("_") else ""
    if known not in _SERVERS_OWN and element in _SERVERS_OWN:
        return f"{element}[]"  # an array type's own name: _text
    if known in _SERVERS_OWN or _WORDS.fullmatch(lowered):
        return known + array
    name, _, rest = base.partition(" ")
    if rest and _WORDS.fullmatch(name.lower()):
        raise BadSignature(f"{written!r} is not a type: write types only, without the arguments' names")
    raise BadSignature(f"{written!r} is not a type: a type's own name (integer), or schema.name")


def _check_plain(base: str) -> None:
    for token in tokens(base):
        if not token.startswith('"') and not is_plain(token):
            raise BadSignature(f'{token!r} is not a plain name: write {token.lower()}, or "{token}"')


def is_certain(normal: str) -> bool:
    """Whether a type in normal form can be no other one: the server's own, or with its schema."""
    return normal.removesuffix("[]") in _SERVERS_OWN or "." in normal


def normal_arguments(text: str) -> str:
    """``int4,text`` → ``integer,text``. Raises BadSignature."""
    return ",".join(normal_type(part) for part in split_arguments(text))


def split_arguments(text: str) -> list[str]:
    """At commas that are in no quotes and no parentheses. Raises BadSignature for one that is empty."""
    if not text.strip():
        return []
    parts = ["".join(pieces) for pieces in _grouped(text)]
    if not all(part.strip() for part in parts):
        raise BadSignature("an argument's type is missing")
    return parts


def _grouped(text: str) -> Iterator[list[str]]:
    pieces: list[str] = []
    depth = 0
    for piece in _PIECE.findall(text):
        depth += (piece == "(") - (piece == ")")
        if piece == "," and depth == 0:
            yield pieces
            pieces = []
        else:
            pieces.append(piece)
    yield pieces


def split_signature(text: str) -> tuple[str, str]:
    """Name and argument types of ``public.refund(integer,text)``, both as written. Raises BadSignature."""
    if len(text) > _LONGEST:
        raise BadSignature(f"over {_LONGEST} characters")
    found = _SIGNATURE.fullmatch(text.strip())
    if found is None:
        raise BadSignature("a function needs its argument types: public.refund(integer, text), or public.now_utc()")
    return found["name"].strip(), found["arguments"]


def function_text(schema: str, name: str, arguments: str) -> str:
    """``public.refund(integer,text)``. The arguments must be normal."""
    return f"{qualified(schema, name)}({arguments})"
