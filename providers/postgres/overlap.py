"""Whether an access reaches what a guardrail forbids, with the request that both describe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from providers.postgres.access import Grant, PostgresAccess, PostgresNever
from providers.postgres.names import split_name
from providers.postgres.privileges import ALL, KNOWN, Kind
from providers.postgres.signature import BadSignature, normal_arguments, split_signature


def overlap(access: PostgresAccess, never: PostgresNever) -> str | None:
    """A request such as ``DELETE on table public.orders``; None only if there is none."""
    requests = (*_implied(access), *access.grants)
    return next((found for grant in requests for found in _reached(grant, never)), None)


def _implied(access: PostgresAccess) -> Iterator[Grant]:
    """What comes along with every grant."""
    yield Grant(privileges=("CONNECT",), database=True)
    schemas = sorted({schema for grant in access.grants for schema in schemas_of(grant)})
    if schemas:
        yield Grant(privileges=("USAGE",), schemas=tuple(schemas))


def schemas_of(grant: Grant) -> tuple[str, ...]:
    """Schemas that a grant's objects are in, as written."""
    if grant.kind in (Kind.SCHEMA, Kind.DATABASE):
        return ()
    return tuple(dict.fromkeys(_first_token(name) for name in grant.objects))


def _first_token(name: str) -> str:
    found = re.match(r'"(?:[^"]|"")+"|[^.]+', name)
    return found[0] if found else name


def _reached(grant: Grant, never: PostgresNever) -> Iterator[str]:
    for privilege in _common(grant, never):
        if grant.kind is Kind.DATABASE:
            if never.database:
                yield f"{privilege} on the database"
            continue
        for name in grant.objects:
            if _any_matches(_patterns(grant, never), name):
                yield from _in_columns(privilege, grant, name, never)


def _common(grant: Grant, never: PostgresNever) -> list[str]:
    known = KNOWN[Kind.TABLE if grant.kind is Kind.COLUMN else grant.kind]
    allowed = set(KNOWN[grant.kind]) if ALL in grant.privileges else set(grant.privileges)
    forbidden = set(known) if ALL in never.privileges else set(never.privileges)
    return [privilege for privilege in known if privilege in allowed & forbidden]


def _patterns(grant: Grant, never: PostgresNever) -> tuple[str, ...]:
    match grant.kind:
        case Kind.TABLE | Kind.COLUMN:
            return never.tables
        case Kind.SEQUENCE:
            return never.sequences
        case Kind.FUNCTION:
            return tuple(_function_pattern(pattern) for pattern in never.functions)
        case _:
            return never.schemas


def _function_pattern(pattern: str) -> str:
    """Types as the server writes them; without any, it stands for every function of that name."""
    try:
        name, arguments = split_signature(pattern)
        return f"{name}({normal_arguments(arguments)})"
    except BadSignature:
        return pattern.partition("(")[0]


def _in_columns(privilege: str, grant: Grant, name: str, never: PostgresNever) -> Iterator[str]:
    where = f"{privilege} on {Kind.TABLE if grant.kind is Kind.COLUMN else grant.kind} {name}"
    if grant.kind is not Kind.COLUMN:
        yield where
        return
    reached = [column for column in grant.columns if not never.columns or _any_matches(never.columns, column)]
    yield from (f"{where}, column {column}" for column in reached)


def _any_matches(patterns: Iterable[str], name: str) -> bool:
    spellings = _spellings(name)
    return any(
        re.fullmatch(".*".join(map(re.escape, written.lower().split("*"))), spelling, re.DOTALL)
        for pattern in patterns
        for written in {pattern, pattern.replace('"', "")}
        for spelling in spellings
    )


def _spellings(name: str) -> set[str]:
    """The ways in which a guardrail may have written a name: quoted or not, a function with or without its types."""
    found = {name, name.partition("(")[0]}
    found |= {".".join(parts) for text in tuple(found) if (parts := split_name(text)) is not None}
    return {spelling.lower() for spelling in found} | {spelling.replace('"', "").lower() for spelling in found}
