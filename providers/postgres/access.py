"""What an intent asks of a database, and what a guardrail forbids there."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from providers.postgres.fields import (
    ColumnName,
    FreePattern,
    FunctionName,
    FunctionPattern,
    NamePattern,
    Privilege,
    RelationName,
    RelationPattern,
    SchemaName,
    check_privileges,
)
from providers.postgres.privileges import ALL, KNOWN, Kind, is_ambiguous
from specs.base import SpecModel, spec_error
from specs.fields import Bool

OBJECTS = ("tables", "sequences", "functions", "schemas", "database")
FORBIDDEN = (
    *OBJECTS,
    "types",
    "languages",
    "foreign_data_wrappers",
    "foreign_servers",
    "large_objects",
    "tablespaces",
    "parameters",
)
"""What a guardrail may name: also what no intent can ask for, and somebody may have given all the same."""
_KINDS = {
    "tables": Kind.TABLE,
    "sequences": Kind.SEQUENCE,
    "functions": Kind.FUNCTION,
    "schemas": Kind.SCHEMA,
    "database": Kind.DATABASE,
    "types": Kind.TYPE,
    "languages": Kind.LANGUAGE,
    "foreign_data_wrappers": Kind.FOREIGN_DATA_WRAPPER,
    "foreign_servers": Kind.FOREIGN_SERVER,
    "large_objects": Kind.LARGE_OBJECT,
    "tablespaces": Kind.TABLESPACE,
    "parameters": Kind.PARAMETER,
}

AMBIGUOUS = "these privileges are all that servers before PostgreSQL 17 know, and not all of later ones"
AMBIGUOUS_HELP = "write ALL, or leave out what isn't needed (TRUNCATE, REFERENCES, TRIGGER?)"


class Grant(SpecModel):
    """Privileges on objects of one kind. USAGE on their schemas and CONNECT on the database come by themselves."""

    privileges: tuple[Privilege, ...] = Field(min_length=1)
    """As in GRANT: SELECT, INSERT, …; or ALL, which is what the server's version knows. Never with GRANT OPTION."""
    tables: tuple[RelationName, ...] = ()
    """``schema.name`` of tables, views, materialised views, partitioned and foreign tables."""
    columns: tuple[ColumnName, ...] = ()
    """With ``tables``: these columns of each of them only."""
    sequences: tuple[RelationName, ...] = ()
    """``schema.name``."""
    functions: tuple[FunctionName, ...] = ()
    """``schema.name(argument types)`` of functions, procedures and aggregates."""
    schemas: tuple[SchemaName, ...] = ()
    """USAGE only."""
    database: Bool = False
    """CONNECT and TEMPORARY on the system's database."""

    @property
    def kind(self) -> Kind:
        """What the privileges are on."""
        return Kind.COLUMN if self.columns else next(_KINDS[name] for name in OBJECTS if getattr(self, name))

    @property
    def objects(self) -> tuple[str, ...]:
        """Names of the objects, in normal form; empty for the database."""
        return self.tables or self.sequences or self.functions or self.schemas

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        named = [name for name in OBJECTS if getattr(self, name)]
        if len(named) != 1:
            got = f"both {' and '.join(named)}" if named else "none"
            raise spec_error("W414", f"a grant is on one kind of object, got {got}", f"one of {', '.join(OBJECTS)}")
        if self.columns and not self.tables:
            raise spec_error("W414", "columns without tables", "name the tables that have these columns")
        return self

    @model_validator(mode="after")
    def _privileges_of_kind(self) -> Self:
        kind = self.kind
        check_privileges(self.privileges, (*KNOWN[kind], ALL), f"a {kind}")
        if kind in (Kind.SCHEMA, Kind.DATABASE) and {"CREATE", ALL} & set(self.privileges):
            which = "CREATE" if "CREATE" in self.privileges else "ALL, which includes CREATE,"
            raise spec_error(
                "W415",
                f"{which} on a {kind} is refused",
                "a login that owns an object can't be dropped when its time is over: objects belong to a migration",
            )
        if kind is Kind.TABLE and is_ambiguous(self.privileges):
            raise spec_error("W416", AMBIGUOUS, AMBIGUOUS_HELP)
        return self


class PostgresAccess(SpecModel):
    """The least privilege of one intent in one database."""

    grants: tuple[Grant, ...] = Field(min_length=1)


class PostgresNever(SpecModel):
    """Grants that no agent may ever hold.

    What a view, a rule, a trigger or a SECURITY DEFINER function reaches, it reaches as its owner: forbid the view or
    the function itself.
    """

    privileges: tuple[Privilege, ...] = Field(default=(ALL,), min_length=1)
    """ALL stands for any."""
    tables: tuple[RelationPattern, ...] = ()
    """Patterns of ``schema.name``; ``*`` stands for anything, letters' case counts for nothing."""
    columns: tuple[NamePattern, ...] = ()
    """With ``tables``: only requests for these columns. Privileges on a whole table reach every column."""
    sequences: tuple[RelationPattern, ...] = ()
    functions: tuple[FunctionPattern, ...] = ()
    """Patterns of ``schema.name`` or ``schema.name(types)``."""
    schemas: tuple[NamePattern, ...] = ()
    database: Bool = False
    types: tuple[RelationPattern, ...] = ()
    languages: tuple[NamePattern, ...] = ()
    foreign_data_wrappers: tuple[NamePattern, ...] = ()
    foreign_servers: tuple[NamePattern, ...] = ()
    large_objects: tuple[FreePattern, ...] = ()
    """Patterns of their numbers."""
    tablespaces: tuple[NamePattern, ...] = ()
    parameters: tuple[FreePattern, ...] = ()
    """Patterns of settings' names, for SET and ALTER SYSTEM: ``log_*``."""

    def patterns(self, kind: str) -> tuple[str, ...]:
        """What it names of a kind of objects; of a column its table; nothing for the database, which isn't named."""
        chosen = Kind.TABLE if kind == Kind.COLUMN else kind
        found = (getattr(self, name) for name, one in _KINDS.items() if one == chosen and chosen != Kind.DATABASE)
        return next(found, ())

    @model_validator(mode="after")
    def _something(self) -> Self:
        named = [name for name in FORBIDDEN if getattr(self, name)]
        if not named:
            raise spec_error("W414", "names no objects", f"at least one of {', '.join(FORBIDDEN)}")
        if self.columns and not self.tables:
            raise spec_error("W414", "columns without tables", 'write tables: ["*"] for every table')
        known = {privilege for name in named for privilege in KNOWN[_KINDS[name]]} | {ALL}
        check_privileges(self.privileges, sorted(known), " or ".join(_KINDS[name] for name in named))
        return self
