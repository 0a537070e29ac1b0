"""Forms of PostgreSQL access that a guardrail can forbid altogether."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from providers.postgres.access import OBJECTS, Grant, PostgresAccess
from providers.postgres.privileges import ALL, KNOWN, Kind
from reconciler.provider import Wide

WIDTHS: Mapping[str, str] = {
    "all-privileges": "ALL, or every privilege one by one",
    "whole-table-write": "writing to whole tables, where columns could be named",
    "truncate": "the privilege TRUNCATE",
}
_BY_COLUMN = frozenset({"INSERT", "UPDATE", ALL})


def _is_all(grant: Grant) -> bool:
    """Whether it names all that such objects have. Where they have but one privilege, that is no width."""
    known = KNOWN[grant.kind]
    return len(known) > 1 and set(grant.privileges) >= set(known)


def wide(access: PostgresAccess) -> Iterator[Wide]:
    """Each privilege that has one of the forms."""
    for index, grant in enumerate(access.grants):
        where = next(name for name in OBJECTS if getattr(grant, name))
        named = ", ".join(grant.objects) or "the database"
        for at, privilege in enumerate(grant.privileges):
            path = ("grants", index, "privileges", at)
            text = f"{privilege} on {where} {named}" if grant.objects else f"{privilege} on {named}"
            if privilege == ALL or (at == 0 and _is_all(grant)):
                yield Wide("all-privileges", path, text if privilege == ALL else f"all of {where} {named}, one by one")
            if grant.kind is Kind.TABLE and privilege in _BY_COLUMN:
                yield Wide("whole-table-write", path, text)
            if grant.kind is Kind.TABLE and privilege in {"TRUNCATE", ALL}:
                yield Wide("truncate", path, text)
