"""Kinds of objects, and the privileges that each knows (MariaDB documentation, GRANT)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Kind(StrEnum):
    """What a grant is on. Intents name databases, tables, columns and routines; the others are found and revoked."""

    GLOBAL = "global"
    DATABASE = "database"
    DATABASES = "databases"
    """A pattern of databases' names: ``_`` is any character, ``%`` any text."""
    TABLE = "table"
    COLUMN = "column"
    PROCEDURE = "procedure"
    FUNCTION = "function"
    PACKAGE = "package"
    PACKAGE_BODY = "package_body"


ALL = "ALL"
"""In guardrails: any. Intents name each privilege: what ALL is differs with the version."""

_TABLE = (
    "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REFERENCES", "INDEX", "ALTER", "CREATE VIEW",
    "SHOW VIEW", "TRIGGER", "DELETE HISTORY",
)  # fmt: skip
_DATABASE = (
    *_TABLE, "CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE", "CREATE ROUTINE", "ALTER ROUTINE", "EVENT",
    "SHOW CREATE ROUTINE",
)  # fmt: skip
_ROUTINE = ("EXECUTE", "ALTER ROUTINE", "SHOW CREATE ROUTINE")
_BITS = (
    "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "RELOAD", "SHUTDOWN", "PROCESS", "FILE", "GRANT",
    "REFERENCES", "INDEX", "ALTER", "SHOW DATABASES", "SUPER", "CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE",
    "REPLICATION SLAVE", "BINLOG MONITOR", "CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE",
    "CREATE USER", "EVENT", "TRIGGER", "CREATE TABLESPACE", "DELETE HISTORY", "SET USER", "FEDERATED ADMIN",
    "CONNECTION ADMIN", "READ_ONLY ADMIN", "REPLICATION SLAVE ADMIN", "REPLICATION MASTER ADMIN", "BINLOG ADMIN",
    "BINLOG REPLAY", "SLAVE MONITOR", "SHOW CREATE ROUTINE",
)  # fmt: skip
"""mysql.global_priv's ``access``, from its lowest bit on (server source, sql/privilege.h)."""
GRANT_OPTION = "GRANT"
"""As the catalogue calls the right to pass privileges on, which is one for all of a level's."""

KNOWN: Mapping[Kind, tuple[str, ...]] = {
    Kind.GLOBAL: tuple(name for name in _BITS if name != GRANT_OPTION),
    Kind.DATABASE: _DATABASE,
    Kind.DATABASES: _DATABASE,
    Kind.TABLE: _TABLE,
    Kind.COLUMN: ("SELECT", "INSERT", "UPDATE", "REFERENCES"),
    Kind.PROCEDURE: _ROUTINE,
    Kind.FUNCTION: _ROUTINE,
    Kind.PACKAGE: _ROUTINE,
    Kind.PACKAGE_BODY: _ROUTINE,
}
ROUTINES = frozenset({Kind.PROCEDURE, Kind.FUNCTION, Kind.PACKAGE, Kind.PACKAGE_BODY})
EVERY = tuple(dict.fromkeys(name for known in KNOWN.values() for name in known))

LEAVES_BEHIND = frozenset({"CREATE VIEW", "CREATE ROUTINE", "ALTER ROUTINE", "TRIGGER", "EVENT"})
"""What is made by these runs as whoever made it (DEFINER): a login that dies leaves it broken, or to its namesake."""

_SPELLED = {
    "CREATE TMP TABLE": "CREATE TEMPORARY TABLES",
    "DELETE VERSIONING ROWS": "DELETE HISTORY",
    "DELETE HISTORY ROWS": "DELETE HISTORY",
}


def of_column(name: str) -> str:
    """``Create_tmp_table_priv`` of mysql.db → ``CREATE TEMPORARY TABLES``."""
    words = name.removesuffix("_priv").replace("_", " ").upper()
    return _SPELLED.get(words, words)


def of_set(text: str) -> frozenset[str]:
    """``Select,Show view`` of tables_priv, columns_priv and procs_priv → names."""
    return frozenset(_SPELLED.get(one.upper(), one.upper()) for one in text.split(",") if one)


def of_bits(access: int) -> frozenset[str]:
    """Global privileges. A bit that isn't known has a name that no statement takes."""
    return frozenset(
        _BITS[bit] if bit < len(_BITS) else f"BIT {bit}" for bit in range(access.bit_length()) if access >> bit & 1
    )


def split(privileges: Iterable[str]) -> tuple[list[str], bool]:
    """Privileges, sorted, and whether they may be passed on."""
    found = set(privileges)
    return sorted(found - {GRANT_OPTION}), GRANT_OPTION in found
