"""Whether an access reaches what a guardrail forbids, with the request that both describe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from providers.postgres.access import Grant, PostgresAccess, PostgresNever
from providers.postgres.glob import function_name
from providers.postgres.names import split_name
from providers.postgres.privileges import ALL, KNOWN, Kind
from providers.postgres.signature import BadSignature, is_certain, normal_type, split_arguments, split_signature
from specs.glob import matches


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
            if is_forbidden(grant.kind, name, never):
                yield from _in_columns(privilege, grant, name, never)


def _common(grant: Grant, never: PostgresNever) -> list[str]:
    known = KNOWN[Kind.TABLE if grant.kind is Kind.COLUMN else grant.kind]
    allowed = set(KNOWN[grant.kind]) if ALL in grant.privileges else set(grant.privileges)
    forbidden = set(known) if ALL in never.privileges else set(never.privileges)
    return [privilege for privilege in known if privilege in allowed & forbidden]


def is_forbidden(kind: Kind, name: str, never: PostgresNever) -> bool:
    """Whether an object of this name, as specs write it, is one that a guardrail names."""
    if kind is Kind.FUNCTION:
        return any(_function_matches(pattern, name) for pattern in never.functions)
    return any_matches(never.patterns(kind), name)


def _function_matches(pattern: str, function: str) -> bool:
    """By name, and by types where the pattern surely says some: a type that may be another's name stands for any."""
    name, arguments = split_signature(function)
    forbidden, written = function_name(pattern), pattern[len(function_name(pattern)) :]
    if not any_matches((forbidden,), name):
        return False
    try:
        types = [normal_type(part) for part in split_arguments(split_signature(pattern)[1])] if written else ["*"]
    except BadSignature:
        return True
    return matches(",".join(one if is_certain(one) else "*" for one in types).lower(), arguments.lower())


def _in_columns(privilege: str, grant: Grant, name: str, never: PostgresNever) -> Iterator[str]:
    where = f"{privilege} on {Kind.TABLE if grant.kind is Kind.COLUMN else grant.kind} {name}"
    if grant.kind is not Kind.COLUMN:
        yield where
        return
    reached = [column for column in grant.columns if not never.columns or any_matches(never.columns, column)]
    yield from (f"{where}, column {column}" for column in reached)


def any_matches(patterns: Iterable[str], name: str) -> bool:
    """Whether a name fits a pattern, however either is quoted."""
    spellings = _spellings(name)
    return any(
        matches(written.lower(), spelling)
        for pattern in patterns
        for written in {pattern, pattern.replace('"', "")}
        for spelling in spellings
    )


def _spellings(name: str) -> set[str]:
    """The ways in which a guardrail may have written a name: quoted or not."""
    parts = split_name(name) or (name,)
    found = {name, ".".join(parts), name.replace('"', "")}
    return {spelling.lower() for spelling in found} | {spelling.replace('"', "").lower() for spelling in found}
