"""Forms of MariaDB access that a guardrail can forbid altogether."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from providers.mysql.access import MysqlAccess
from providers.mysql.privileges import Kind
from reconciler.provider import Wide

WIDTHS: Mapping[str, str] = {
    "whole-database": "privileges on a whole database, with all that will ever be in it",
    "whole-table-write": "writing to whole tables, where columns could be named",
    "structure": "CREATE, DROP, ALTER or INDEX: what changes tables and not rows",
}
_BY_COLUMN = frozenset({"INSERT", "UPDATE"})
_STRUCTURE = frozenset({"CREATE", "DROP", "ALTER", "INDEX"})


def wide(access: MysqlAccess) -> Iterator[Wide]:
    """Each privilege that has one of the forms."""
    for index, grant in enumerate(access.grants):
        named = ", ".join(getattr(grant, grant.where))
        for at, privilege in enumerate(grant.privileges):
            path, text = ("grants", index, "privileges", at), f"{privilege} on {grant.where} {named}"
            if grant.kind is Kind.DATABASE:
                yield Wide("whole-database", path, text)
            if grant.kind is Kind.TABLE and privilege in _BY_COLUMN:
                yield Wide("whole-table-write", path, text)
            if privilege in _STRUCTURE:
                yield Wide("structure", path, text)
