"""A function's name with its argument types, in the form in which the server writes types (format_type)."""

from __future__ import annotations

import re

from providers.postgres.names import qualified, split_name

_ALIASES = {
    "int": "integer", "int4": "integer", "int2": "smallint", "int8": "bigint", "bool": "boolean",
    "float4": "real", "float8": "double precision", "float": "double precision", "decimal": "numeric",
    "varchar": "character varying", "char": "character", "bpchar": "character", "char varying": "character varying",
    "varbit": "bit varying", "timestamp": "timestamp without time zone", "time": "time without time zone",
    "timestamptz": "timestamp with time zone", "timetz": "time with time zone",
}  # fmt: skip
_BUILT_IN = re.compile(r'(?:[a-z_][a-z0-9_]*(?: [a-z]+)*|"char")')
_SIGNATURE = re.compile(r"(?P<name>[^()]*)\((?P<arguments>[^()]*)\)")


class BadSignature(ValueError):  # noqa: N818
    """What is wrong with it, for people."""


def normal_type(text: str) -> str:
    """``int4`` → ``integer``, ``public.Mood[]`` → as quoted. Raises BadSignature."""
    words = " ".join(text.split())
    base, array = (words[:-2].rstrip(), "[]") if words.endswith("[]") else (words, "")
    parts = split_name(base)
    if parts is not None and len(parts) == 2:
        if parts[0] != "pg_catalog":
            return qualified(*parts) + array
        base = parts[1] if parts[1] != "char" else '"char"'
    base = _ALIASES.get(base.lower(), base) if base != '"char"' else base
    if not _BUILT_IN.fullmatch(base):
        raise BadSignature(f"{text.strip()!r} is not a type: a type's own name (integer), or schema.name")
    return base + array


def normal_arguments(text: str) -> str:
    """``int4,text`` → ``integer,text``. Raises BadSignature."""
    if not text.strip():
        return ""
    return ",".join(normal_type(part) for part in text.split(","))


def split_signature(text: str) -> tuple[str, str]:
    """Name and argument types of ``public.refund(integer,text)``, both as written. Raises BadSignature."""
    found = _SIGNATURE.fullmatch(text.strip())
    if found is None:
        raise BadSignature("a function needs its argument types: public.refund(integer, text), or public.now_utc()")
    return found["name"].strip(), found["arguments"]


def function_text(schema: str, name: str, arguments: str) -> str:
    """``public.refund(integer,text)``. The arguments must be normal."""
    return f"{qualified(schema, name)}({arguments})"
