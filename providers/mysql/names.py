"""SQL names: how they are written in specs and keys, and how they go into statements."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from reconciler.provider import Rejected
from reconciler.provider.dotted import split_dotted

ROLE = "mysql_role"
GRANT = "mysql_grant"
MEMBERSHIP = "mysql_role_membership"
RETIRING = "mysql_retiring_user"
"""A user that is to go: outside of the scope, and only where a Retirement names it."""
USER = "mysql_user"
"""Only told of, by an inventory: a login, ``svc@%``."""
PUBLIC_GRANT = "mysql_public_grant"
"""Only observed: what everybody may. Its key is an object's kind and name, ``table:shop.orders``."""
NAMESAKE_GRANT = "mysql_namesake_grant"
"""Only observed: what a user at ``%`` may on databases and routines that is called as a role.

The server takes it for the role's (tried on 10.11). Its key is a grant's.
"""
PUBLIC = "PUBLIC"
"""The role that everybody has (10.11 and later)."""

ROLE_LIMIT = 128
"""Characters of a role's or a user's name (MariaDB documentation, identifier names: 128 since 10.0 for users)."""
LIMIT = 64
"""Characters of every other name."""
LAST_CHARACTER = "\uffff"
"""Names are kept in utf8mb3, which ends here (MariaDB documentation, identifier names)."""
SERVERS_OWN = frozenset({"mysql", "information_schema", "performance_schema", "sys"})
"""Databases that come with the server."""

_PLAIN = re.compile(r"[A-Za-z0-9_$-]+")
_PLAIN_USER = re.compile(r"[A-Za-z0-9_.$-]+")
_PLAIN_HOST = re.compile(r"[A-Za-z0-9_.%:-]+")
_TOKEN = re.compile(r"`(?:[^`]|``)+`|[^`.]+")
_ACCOUNT = re.compile(r"(?P<user>`(?:[^`]|``)*`|[A-Za-z0-9_.$-]+)(?:@(?P<host>`(?:[^`]|``)*`|[A-Za-z0-9_.%:-]+))?")


def ident(name: str) -> str:
    """An identifier in a statement. Backticks quote in every sql_mode, and nothing but a backtick ends them.

    Raises Rejected for what no identifier can hold.
    """
    if not name or "\0" in name:
        raise Rejected(f"{name!r:.80} can't be a name", help="plan again")
    return "`" + name.replace("`", "``") + "`"


def literal_database(name: str) -> str:
    """A database's name where GRANT takes a pattern (``ON name.*``): ``_`` and ``%`` stand for themselves."""
    return re.sub(r"([\\_%])", r"\\\1", name)


def database_of(pattern: str) -> str | None:
    r"""The database that a pattern of mysql.db means and that Writ would write so; else None.

    ``\shop`` means ``shop`` to the server, and is kept, and revoked, as it was spelled (tried on 10.11).
    """
    name = re.sub(r"\\([\\_%])", r"\1", pattern)
    return name if literal_database(name) == pattern else None


def of_procs_priv(name: str) -> str:
    """A name of mysql.procs_priv, which takes its bytes for latin1 and encodes them once more (tried on 10.11)."""
    if name.isascii():
        return name
    try:
        # latin1 is Windows' there, but for what that leaves open (MariaDB documentation, character sets).
        return b"".join(_latin1(sign) for sign in name).decode()
    except UnicodeError:
        return name


def _latin1(sign: str) -> bytes:
    try:
        return sign.encode("cp1252")
    except UnicodeEncodeError:
        return sign.encode("latin-1")


class Account(NamedTuple):
    """A user with its host, or a role, whose host is empty."""

    user: str
    host: str = ""

    def __str__(self) -> str:
        user = self.user if _PLAIN_USER.fullmatch(self.user) else _ticked(self.user)
        if not self.host:
            return user
        return f"{user}@{self.host if _PLAIN_HOST.fullmatch(self.host) else _ticked(self.host)}"

    @property
    def sql(self) -> str:
        """In a statement. An anonymous user has an empty name."""
        return f"{_ticked(self.user)}@{ident(self.host)}" if self.host else ident(self.user)

    @classmethod
    def parse(cls, text: str) -> Account | None:
        """The inverse of str."""
        found = _ACCOUNT.fullmatch(text)
        return cls(unquoted(found["user"]), unquoted(found["host"] or "")) if found else None


def _ticked(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


@lru_cache(maxsize=8192)
def quoted(name: str) -> str:
    """A name as it is written in specs and keys: in backticks unless plain."""
    return name if _PLAIN.fullmatch(name) else _ticked(name)


def unquoted(token: str) -> str:
    """The raw name of one token."""
    return token[1:-1].replace("``", "`") if token.startswith("`") else token


@lru_cache(maxsize=8192)
def split_name(text: str) -> tuple[str, ...] | None:
    """The raw parts of a dotted name; None if it isn't one."""
    return split_dotted(text, _TOKEN, unquoted)


def is_plain(token: str) -> bool:
    """Whether a token needs no backticks."""
    return _PLAIN.fullmatch(token) is not None
