"""SQL names: how they are written in specs and keys, and how they go into statements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from reconciler.provider.dotted import split_dotted

ROLE = "postgresql_role"
GRANT = "postgresql_grant"
MEMBERSHIP = "postgresql_grant_role"
DEFAULT_PRIVILEGES = "postgresql_default_privileges"
DEPENDENCY = "postgresql_dependency"
RETIRING = "postgresql_retiring_role"
"""A standing login that is to go: outside of the scope, and only where a Retirement names it."""
PUBLIC_GRANT = "postgresql_public_grant"
"""Only observed: what somebody gave everybody. Its key is an object's kind and name, ``table:public.orders``."""
PUBLIC_REVOKE = "postgresql_public_revoke"
"""Only observed: what everybody has by the server's defaults, and somebody took away. The same keys."""
PUBLIC_DEFAULTS = "postgresql_public_default_privileges"
"""Only observed: what everybody gets, or no longer gets, on objects to come. Its key is
providers.postgres.keys.DefaultKey's, without the role."""
DEFINITION = "postgresql_definition"
"""Only observed: what a relation shows or a function does that a role of ours, or everybody, may use. Its key is as of
what everybody may."""
MINTER = "postgresql_minter"
"""Only observed: what the login may that makes others. Its key is its name."""

LIMIT = 63
"""Bytes of an identifier that the server keeps (NAMEDATALEN - 1); the rest is cut off without an error."""

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")
_PLAIN_ROLE = re.compile(r"[A-Za-z0-9_.$@-]+")
_TOKEN = re.compile(r'"(?:[^"]|"")+"|[^".]+')


def is_servers_own(schema: str) -> bool:
    """Whether a schema came with the server."""
    return schema.startswith("pg_") or schema == "information_schema"


class Ident(NamedTuple):
    """An identifier to be quoted by the client: ``public``, ``orders`` → ``"public"."orders"``."""

    parts: tuple[str, ...]

    @classmethod
    def of(cls, *parts: str) -> Ident:
        """From raw names, without empty ones."""
        return cls(tuple(part for part in parts if part))


class Column(NamedTuple):
    """A column after a privilege: ``email`` → `` ("email")``."""

    name: str


class Words(NamedTuple):
    """Text that goes into a statement as it is: keywords of our own, or a name that the server itself quoted."""

    text: str


@lru_cache(maxsize=8192)
def quoted(name: str) -> str:
    """A name as it is written in specs and keys: quoted unless plain."""
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def qualified(schema: str, name: str) -> str:
    """``public.orders``, ``public."Order Items"``."""
    return f"{quoted(schema)}.{quoted(name)}"


@lru_cache(maxsize=8192)
def role_text(name: str) -> str:
    """A role's name as it stands in keys: ``writ_support-bot_orders.read`` needs no quotes."""
    return name if _PLAIN_ROLE.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def unquoted(token: str) -> str:
    """The raw name of one token."""
    return token[1:-1].replace('""', '"') if token.startswith('"') else token


@lru_cache(maxsize=8192)
def split_name(text: str) -> tuple[str, ...] | None:
    """The raw parts of a dotted name; None if it isn't one. Unquoted parts may hold anything but dots and quotes."""
    return split_dotted(text, _TOKEN, unquoted)


def is_plain(token: str) -> bool:
    """Whether an unquoted token means the same to the server as to a reader: nothing is folded."""
    return _PLAIN.fullmatch(token) is not None


def tokens(text: str) -> Iterator[str]:
    """The tokens of a dotted name as written."""
    yield from (found[0] for found in _TOKEN.finditer(text))


def split_key(key: str, separator: str) -> tuple[str, str]:
    """A key's first, possibly quoted part (raw), and the rest after the separator."""
    if key.startswith('"'):
        found = _TOKEN.match(key)
        if found is not None and (found.end() == len(key) or key.startswith(separator, found.end())):
            return unquoted(found[0]), key[found.end() + len(separator) :]
    first, _, rest = key.partition(separator)
    return first, rest
