"""Whether a privilege, asked for or held, is one that a guardrail forbids."""

from __future__ import annotations

from providers.mysql.access import MysqlAccess, MysqlNever
from providers.mysql.effective.privilege import ROLE, Privilege, is_on, where
from providers.mysql.globs import meet
from providers.mysql.privileges import ALL, Kind

_BY_NAME = (("tables", Kind.TABLE), ("procedures", Kind.PROCEDURE), ("functions", Kind.FUNCTION))


def overlap(access: MysqlAccess, never: MysqlNever) -> str | None:
    """A request such as ``DELETE on shop.orders``; None only if there is none."""
    for grant in access.grants:
        for _, _, key in grant.keys(""):
            for name in grant.privileges:
                found = Privilege.of(key, name)
                if forbids(never, found):
                    return str(found)
    return None


def forbids(never: MysqlNever, one: Privilege) -> bool:
    """Sound: what may reach something that is named does."""
    if one.kind == ROLE or not (ALL in never.privileges or one.privilege in never.privileges):
        return False
    if never.server and one.kind == Kind.GLOBAL:
        return True
    reached = where(one)
    if any(meet(f"{pattern}.*", reached) for pattern in never.databases):
        return True
    return any(
        is_on(one, kind) and any(meet(name, reached) for name in _named(pattern)) and _in_columns(never, one, kind)
        for field, kind in _BY_NAME
        for pattern in getattr(never, field)
    )


def _named(pattern: str) -> tuple[str, ...]:
    """Without a dot it may mean databases, or end in an object's name, for ``*`` is any text: both."""
    return (pattern,) if "." in pattern else (pattern, f"{pattern}.*")


def _in_columns(never: MysqlNever, one: Privilege, kind: Kind) -> bool:
    if kind is not Kind.TABLE or not never.columns or one.kind != Kind.COLUMN:
        return True
    return any(meet(pattern, one.column) for pattern in never.columns)
