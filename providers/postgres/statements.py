"""GRANT and REVOKE for each kind of object."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from providers.postgres import catalog
from providers.postgres.keys import GrantKey
from providers.postgres.names import Column, Ident, Words
from providers.postgres.privileges import Kind
from reconciler.provider import Rejected

if TYPE_CHECKING:
    from providers.postgres.client import PostgresClient

_ON: Mapping[str, str] = {
    Kind.TABLE: "TABLE",
    Kind.COLUMN: "TABLE",
    Kind.SEQUENCE: "SEQUENCE",
    Kind.SCHEMA: "SCHEMA",
    Kind.DATABASE: "DATABASE",
    Kind.TYPE: "TYPE",
    Kind.LANGUAGE: "LANGUAGE",
    Kind.FOREIGN_DATA_WRAPPER: "FOREIGN DATA WRAPPER",
    Kind.FOREIGN_SERVER: "FOREIGN SERVER",
    Kind.LARGE_OBJECT: "LARGE OBJECT",
    Kind.TABLESPACE: "TABLESPACE",
    Kind.PARAMETER: "PARAMETER",
}


def grant(client: PostgresClient, key: GrantKey, privileges: Sequence[str], *, with_option: bool = False) -> None:
    """Give privileges; with grant option only for as long as a transaction takes."""
    kind, name = _object(client, key)
    for words in _privileges(key, privileges):
        client.run(
            "GRANT {privileges}{column} ON {kind} {object} TO {role}{option}",
            privileges=words,
            column=_column(key),
            kind=kind,
            object=name,
            role=Ident.of(key.role),
            option=Words(" WITH GRANT OPTION" if with_option else ""),
        )


def revoke(client: PostgresClient, key: GrantKey, privileges: Sequence[str], *, option_only: bool = False) -> None:
    """Take privileges, or only the right to pass them on; what was passed on goes with it."""
    kind, name = _object(client, key)
    for words in _privileges(key, privileges):
        client.run(
            "REVOKE {option}{privileges}{column} ON {kind} {object} FROM {role} CASCADE",
            option=Words("GRANT OPTION FOR " if option_only else ""),
            privileges=words,
            column=_column(key),
            kind=kind,
            object=name,
            role=Ident.of(key.role),
        )


_KEYWORDS = re.compile(r"[A-Z]+( [A-Z]+)?")


def _privileges(key: GrantKey, privileges: Sequence[str]) -> Iterator[Words]:
    """All in one statement; a column has to be named for each. They are keywords: nothing else gets through."""
    wrong = [name for name in privileges if not _KEYWORDS.fullmatch(name)]
    if wrong:
        raise Rejected(f"{wrong[0]!r:.60} is no privilege", help="plan again")
    if key.kind == Kind.COLUMN:
        yield from map(Words, privileges)
    else:
        yield Words(", ".join(privileges))


def _column(key: GrantKey) -> Words | Column:
    return Column(key.column) if key.kind == Kind.COLUMN else Words("")


def _object(client: PostgresClient, key: GrantKey) -> tuple[Words, Ident | Words]:
    """Its kind and its name. ROUTINE would also mean a procedure whose OUT arguments fit: what it is names one only."""
    if key.kind == Kind.FUNCTION:
        found = catalog.routine(client, key)
        if found is None:
            raise Rejected(f"function {key.object} does not exist", help="was it dropped since the plan?")
        return Words(found[0]), Words(found[1])
    return Words(_ON[key.kind]), _name(key)


def _name(key: GrantKey) -> Ident | Words:
    match key.kind:
        case Kind.LARGE_OBJECT:
            return Words(str(int(key.name)))
        case Kind.PARAMETER:
            return Ident(tuple(key.name.split(".")))
        case _:
            return Ident.of(key.schema, key.name)
