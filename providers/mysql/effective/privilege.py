"""One thing that a role may do, and what covers it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from providers.mysql.globs import meet, of_like
from providers.mysql.keys import GrantKey
from providers.mysql.names import Account, literal_database
from providers.mysql.privileges import KNOWN, ROUTINES, Kind

ROLE = "role"
"""Of the right to give a role away: no kind of object."""
_PLAIN = frozenset({Kind.TABLE, Kind.COLUMN})


@dataclass(frozen=True, slots=True, order=True)
class Privilege:
    """One privilege on one object."""

    kind: str
    database: str
    name: str
    column: str
    privilege: str
    grantable: bool = False
    """The right to pass it on, which is had apart from the privilege."""

    @classmethod
    def of(cls, key: GrantKey, privilege: str, *, grantable: bool = False) -> Privilege:
        """Of a grant."""
        return cls(key.kind, key.database, key.name, key.column, privilege, grantable)

    def __str__(self) -> str:
        what = f"{self.privilege} WITH GRANT OPTION" if self.grantable else self.privilege
        if self.kind == ROLE:
            return f"{what} role {Account(self.name)}"
        if self.kind == Kind.GLOBAL:
            return f"{what} on the whole server"
        where = GrantKey("", self.kind, self.database, self.name).object
        column = f" ({self.column})" if self.column else ""
        return f"{what}{column} on {where}" if self.kind in _PLAIN else f"{what} on {self.kind} {where}"


def _wider(one: Privilege) -> Iterator[Privilege]:
    """The same on what the object is in."""
    if one.kind == ROLE:
        return
    if one.kind == Kind.COLUMN:
        yield replace(one, kind=Kind.TABLE, column="")
    if one.kind in _PLAIN or one.kind in ROUTINES:
        yield Privilege(Kind.DATABASE, one.database, "", "", one.privilege, one.grantable)
    yield Privilege(Kind.GLOBAL, "", "", "", one.privilege, one.grantable)


def covered(one: Privilege, held: Collection[Privilege], patterns: Collection[Privilege]) -> bool:
    """Whether it, or the same on something wider, is held. ``patterns``: those that are held of Kind.DATABASES."""
    if one in held or any(wide in held for wide in _wider(one)):
        return True
    if one.kind in {ROLE, Kind.GLOBAL, Kind.DATABASES}:
        return False
    return any(
        (wide.privilege, wide.grantable) == (one.privilege, one.grantable)
        and meet(of_like(wide.database), of_like(literal_database(one.database)))
        for wide in patterns
    )


def where(one: Privilege) -> str:
    """The object as a pattern of ``database.name``: all that it reaches."""
    match one.kind:
        case Kind.GLOBAL:
            return "*.*"
        case Kind.DATABASES:
            return f"{of_like(one.database)}.*"
        case Kind.DATABASE:
            return f"{one.database}.*"
        case _:
            return f"{one.database}.{one.name}"


def is_on(one: Privilege, kind: Kind) -> bool:
    """Whether it may be used on objects of a kind: also where it is held on all that they are in."""
    if one.kind in {Kind.GLOBAL, Kind.DATABASE, Kind.DATABASES}:
        return one.privilege in KNOWN[kind]
    return one.kind == kind or (kind is Kind.TABLE and one.kind == Kind.COLUMN)
