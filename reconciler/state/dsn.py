"""``postgresql://…`` as libpq takes it, with one parameter of ours: ``schema``, where the tables are."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.state.errors import StateError
from specs.redaction import keep_login

SCHEMES = ("postgresql://", "postgres://")
_SCHEMA = "writ"
_URL = "as in postgresql://user@host:5432/database; a password belongs in PGPASSFILE or PGPASSWORD"
_KEYWORDS = re.compile(r"\s*(?:host|hostaddr|port|dbname|user|password|passfile|service|sslmode)\s*=")


@dataclass(frozen=True, slots=True)
class Dsn:
    """Where a state is in PostgreSQL."""

    conninfo: str
    """For libpq. May hold a password: never shown."""
    schema: str
    where: str
    """For messages."""


def parse(url: str) -> Dsn:
    """Take our own parameter out, and make what can be shown. Raises StateError."""
    keep_login(url)
    scheme, rest = url.split("://", 1)
    main, mark, query = rest.partition("?")
    own = [item for item in query.split("&") if item.startswith("schema=")]
    others = [item for item in query.split("&") if item and item not in own]
    schema = own[-1].removeprefix("schema=") if own else _SCHEMA
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", schema):
        raise StateError(
            "the state's schema must be a name of a-z, 0-9 and _", help="as in postgresql:///db?schema=writ"
        )
    _refuse_words_for_ports(rest)
    conninfo = f"{scheme}://{main}{mark and '?'}{'&'.join(others)}"
    return Dsn(conninfo, schema, _shown(rest, schema))


def has_keywords(text: str) -> bool:
    """``host=db password=…`` is libpq's, too, and would be taken for a file's name, made and shown."""
    return _KEYWORDS.match(text) is not None


def _refuse_words_for_ports(rest: str) -> None:
    # postgresql://user:password without a host: what follows the colon is no port, and would be shown as one.
    hosts = re.split(r"[/?]", rest.rpartition("@")[2], maxsplit=1)[0].split(",")
    if any(not re.fullmatch(r"[0-9]*", host.rpartition("]")[2].partition(":")[2]) for host in hosts):
        raise StateError("in the state's URL, what follows the host's colon is no port (it isn't shown)", help=_URL)


def _shown(rest: str, schema: str) -> str:
    # A password may hold any character, unescaped by mistake: nothing before the last @ is shown.
    place = rest.rpartition("@")[2].partition("?")[0]
    return f"postgresql://{place}{'' if schema == _SCHEMA else f'?schema={schema}'}"
