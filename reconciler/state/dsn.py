"""``postgresql://…`` as libpq takes it, with one parameter of ours: ``schema``, where the tables are."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.state.errors import StateError
from specs.redaction import keep_login

SCHEMES = ("postgresql://", "postgres://")
_SCHEMA = "writ"


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
    conninfo = f"{scheme}://{main}{mark and '?'}{'&'.join(others)}"
    return Dsn(conninfo, schema, _shown(rest, schema))


def _shown(rest: str, schema: str) -> str:
    # A password may hold any character, unescaped by mistake: nothing before the last @ is shown.
    place = rest.rpartition("@")[2].partition("?")[0]
    return f"postgresql://{place}{'' if schema == _SCHEMA else f'?schema={schema}'}"
