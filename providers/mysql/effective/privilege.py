"""One thing that a role may do, and what covers it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from providers.mysql.globs import is_like, of_like
from providers.mysql.keys import GrantKey
from providers.mysql.names import Account
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


def wider(one: Privilege) -> Iterator[Privilege]:
    """The same on what the object is in."""
    if one.kind == ROLE:
        return
    if one.kind == Kind.COLUMN:
        yield replace(one, kind=Kind.TABLE, column="")
    if one.kind in _PLAIN or one.kind in ROUTINES:
        yield Privilege(Kind.DATABASE, one.database, "", "", one.privilege, one.grantable)
    yield Privilege(Kind.GLOBAL, "", "", "", one.privilege, one.grantable)


@dataclass(frozen=True, slots=True)
class Patterns:
    """What is held on patterns of databases, and the databases that have a row of their own."""

    rows: Mapping[str, frozenset[tuple[str, bool]]] = field(default_factory=dict)
    """Pattern → privileges, each with whether it is the right to pass it on."""
    hidden: frozenset[str] = frozenset()
    """A database's own row counts alone, beside every pattern."""

    @classmethod
    def of(cls, held: Collection[Privilege]) -> Patterns:
        """Of all that is held together."""
        rows: dict[str, set[tuple[str, bool]]] = {}
        for one in held:
            if one.kind == Kind.DATABASES:
                rows.setdefault(one.database, set()).add((one.privilege, one.grantable))
        own = (one.database for one in held if one.kind == Kind.DATABASE) if rows else ()
        return cls({pattern: frozenset(found) for pattern, found in rows.items()}, frozenset(own))

    def give(self, one: Privilege) -> bool:
        """Whether every pattern that means its database does, so that it doesn't matter which one counts."""
        if not self.rows or one.database in self.hidden:
            return False
        found = [held for pattern, held in self.rows.items() if is_like(pattern, one.database)]
        return bool(found) and all((one.privilege, one.grantable) in held for held in found)


def covered(one: Privilege, held: Collection[Privilege], patterns: Patterns) -> bool:
    """Whether it, or the same on something wider, is held."""
    if one in held or any(wide in held for wide in wider(one)):
        return True
    return one.kind not in {ROLE, Kind.GLOBAL, Kind.DATABASES} and patterns.give(one)


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
