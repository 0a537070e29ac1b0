"""What an intent asks of a server, and what a guardrail forbids there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Self

from pydantic import Field, model_validator

from providers.mysql.fields import (
    ColumnName,
    DatabaseName,
    DottedPattern,
    NamePattern,
    ObjectName,
    Privilege,
    RoutineName,
    check_leaves_nothing,
    check_privileges,
)
from providers.mysql.keys import GrantKey, normal
from providers.mysql.names import split_name
from providers.mysql.privileges import ALL, EVERY, KNOWN, Kind
from specs.base import SpecModel, spec_error
from specs.fields import Bool

OBJECTS = ("databases", "tables", "procedures", "functions")
_KINDS: Mapping[str, Kind] = {
    "databases": Kind.DATABASE,
    "tables": Kind.TABLE,
    "procedures": Kind.PROCEDURE,
    "functions": Kind.FUNCTION,
}


class Grant(SpecModel):
    """Privileges on objects of one kind. Nothing is granted on the whole server, and never WITH GRANT OPTION."""

    privileges: tuple[Privilege, ...] = Field(min_length=1)
    """As in GRANT: SELECT, INSERT, …; each by its name."""
    databases: tuple[DatabaseName, ...] = ()
    """Whole databases, with all that is and will be in them. ``_`` in a name is a letter like any other."""
    tables: tuple[ObjectName, ...] = ()
    """``database.name`` of tables and views."""
    columns: tuple[ColumnName, ...] = ()
    """With ``tables``: these columns of each of them only."""
    procedures: tuple[RoutineName, ...] = ()
    functions: tuple[RoutineName, ...] = ()

    @property
    def where(self) -> str:
        """The field that names the objects."""
        return next(name for name in OBJECTS if getattr(self, name))

    @property
    def kind(self) -> Kind:
        """What the privileges are on."""
        return Kind.COLUMN if self.columns else _KINDS[self.where]

    def keys(self, role: str) -> Iterator[tuple[int, int, GrantKey]]:
        """Each object's key, with its position among those that the grant names, and its column's."""
        for position, text in enumerate(getattr(self, self.where)):
            parts = split_name(text) or ()
            for at, column in enumerate(self.columns or ("",)):
                name = (split_name(column) or ("",))[0] if column else ""
                yield position, at, normal(role, self.kind, *parts, **({"column": name} if name else {}))

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        named = [name for name in OBJECTS if getattr(self, name)]
        if len(named) != 1:
            got = f"both {' and '.join(named)}" if named else "none"
            raise spec_error("W464", f"a grant is on one kind of object, got {got}", f"one of {', '.join(OBJECTS)}")
        if self.columns and not self.tables:
            raise spec_error("W464", "columns without tables", "name the tables that have these columns")
        check_privileges(self.privileges, KNOWN[self.kind], f"a {self.kind}")
        check_leaves_nothing(self.privileges)
        return self


class MysqlAccess(SpecModel):
    """The least privilege of one intent on one server."""

    grants: tuple[Grant, ...] = Field(min_length=1)


class MysqlNever(SpecModel):
    """Grants that no agent may ever hold. What a view or a routine reaches as its definer isn't looked at."""

    privileges: tuple[Privilege, ...] = Field(default=(ALL,), min_length=1)
    """ALL stands for any."""
    databases: tuple[NamePattern, ...] = ()
    """Anything in databases whose names match, at any level."""
    tables: tuple[DottedPattern, ...] = ()
    """Patterns of ``database.name``; ``*`` stands for anything, letters' case counts for nothing."""
    columns: tuple[NamePattern, ...] = ()
    """With ``tables``: only requests for these columns. Privileges on a whole table reach every column."""
    procedures: tuple[DottedPattern, ...] = ()
    functions: tuple[DottedPattern, ...] = ()
    server: Bool = False
    """Privileges on the whole server (``ON *.*``)."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.server or any(getattr(self, name) for name in OBJECTS)):
            raise spec_error("W464", "names no objects", f"at least one of {', '.join((*OBJECTS, 'server'))}")
        if self.columns and not self.tables:
            raise spec_error("W464", "columns without tables", 'write tables: ["*"] for every table')
        check_privileges(self.privileges, (*EVERY, ALL), "anything")
        return self
