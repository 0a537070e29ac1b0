"""Forms of PostgreSQL access that a guardrail can forbid altogether."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from providers.postgres.access import OBJECTS, PostgresAccess
from providers.postgres.privileges import ALL, KNOWN, Kind
from reconciler.provider import Wide

WIDTHS: Mapping[str, str] = {
    "all-privileges": "ALL, or every privilege one by one",
    "whole-table-write": "writing to whole tables, where columns could be named",
    "truncate": "the privilege TRUNCATE",
}
_BY_COLUMN = frozenset({"INSERT", "UPDATE", ALL})


def _fulls(access: PostgresAccess) -> Iterator[tuple[int, str]]:
    """Grants by which, with those before, an object has every privilege: their places, and the object's name.

    Where an object has but one privilege, that is no width.
    """
    had: dict[tuple[str, str, str], set[str]] = {}
    for index, grant in enumerate(access.grants):
        known = set(KNOWN[grant.kind])
        given = known if ALL in grant.privileges else set(grant.privileges)
        for name, column in product(grant.objects or ("",), grant.columns or ("",)):
            before = had.setdefault((grant.kind, name, column), set())
            if len(known) > 1 and not known <= before and known <= before | given:
                yield index, name
            before |= given


def wide(access: PostgresAccess) -> Iterator[Wide]:
    """Each privilege that has one of the forms."""
    full: dict[int, list[str]] = {}
    for index, name in _fulls(access):
        full.setdefault(index, []).append(name)
    for index, grant in enumerate(access.grants):
        where = next(name for name in OBJECTS if getattr(grant, name))
        named = ", ".join(grant.objects) or "the database"
        for at, privilege in enumerate(grant.privileges):
            path = ("grants", index, "privileges", at)
            text = f"{privilege} on {where} {named}" if grant.objects else f"{privilege} on {named}"
            if privilege == ALL:
                yield Wide("all-privileges", path, text)
            elif at == 0 and index in full:
                whole = ", ".join(dict.fromkeys(filter(None, full[index]))) or "the database"
                yield Wide("all-privileges", path, f"all of {where} {whole}, one by one")
            if grant.kind is Kind.TABLE and privilege in _BY_COLUMN:
                yield Wide("whole-table-write", path, text)
            if grant.kind is Kind.TABLE and privilege in {"TRUNCATE", ALL}:
                yield Wide("truncate", path, text)
