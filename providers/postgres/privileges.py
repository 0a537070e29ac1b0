"""Kinds of objects, and the privileges that each knows (PostgreSQL documentation, table 5.2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum


class Kind(StrEnum):
    """What a grant is on. Intents name the first six; the others are found, shown and revoked; `never` names all."""

    TABLE = "table"
    COLUMN = "column"
    SEQUENCE = "sequence"
    FUNCTION = "function"
    SCHEMA = "schema"
    DATABASE = "database"
    TYPE = "type"
    LANGUAGE = "language"
    FOREIGN_DATA_WRAPPER = "foreign_data_wrapper"
    FOREIGN_SERVER = "foreign_server"
    LARGE_OBJECT = "large_object"
    TABLESPACE = "tablespace"
    PARAMETER = "parameter"


ALL = "ALL"

_TABLE = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
KNOWN: Mapping[Kind, tuple[str, ...]] = {
    Kind.TABLE: (*_TABLE, "MAINTAIN"),
    Kind.COLUMN: ("SELECT", "INSERT", "UPDATE", "REFERENCES"),
    Kind.SEQUENCE: ("USAGE", "SELECT", "UPDATE"),
    Kind.FUNCTION: ("EXECUTE",),
    Kind.SCHEMA: ("USAGE", "CREATE"),
    Kind.DATABASE: ("CONNECT", "TEMPORARY", "CREATE"),
    Kind.TYPE: ("USAGE",),
    Kind.LANGUAGE: ("USAGE",),
    Kind.FOREIGN_DATA_WRAPPER: ("USAGE",),
    Kind.FOREIGN_SERVER: ("USAGE",),
    Kind.LARGE_OBJECT: ("SELECT", "UPDATE"),
    Kind.TABLESPACE: ("CREATE",),
    Kind.PARAMETER: ("SET", "ALTER SYSTEM"),
}
"""By kind. MAINTAIN came with version 17."""

SPELLINGS: Mapping[str, str] = {"TEMP": "TEMPORARY", "ALL PRIVILEGES": ALL}

_OF_EVERY_VERSION = frozenset(_TABLE)


def desired_form(kind: Kind, privileges: Collection[str]) -> list[str]:
    """Privileges as wanted: ALL of a table's stays ALL, since only the server knows what that is."""
    wanted = set(privileges)
    if kind is Kind.TABLE:
        return [ALL] if ALL in wanted or wanted >= set(KNOWN[kind]) else sorted(wanted)
    return sorted(KNOWN[kind]) if ALL in wanted else sorted(wanted)


def live_form(kind: Kind, privileges: Collection[str], tables_all: Collection[str]) -> list[str]:
    """Privileges as found, in the same form: a table's are ALL if they are all that this server knows."""
    if kind is Kind.TABLE and set(privileges) >= set(tables_all):
        return [ALL]
    return sorted(privileges)


def expanded(kind: Kind, privileges: Collection[str], tables_all: Collection[str]) -> frozenset[str]:
    """Single privileges, ALL by the server's own list."""
    if ALL not in privileges:
        return frozenset(privileges)
    return frozenset(tables_all if kind is Kind.TABLE else KNOWN[kind])


def is_ambiguous(privileges: Collection[str]) -> bool:
    """Whether a table's privileges are all on servers before 17, and all but MAINTAIN after: neither form fits both."""
    return ALL not in privileges and set(privileges) == _OF_EVERY_VERSION
