"""The catalogue: what of a role gives more than it says. Each was gone by hand on MariaDB 10.11."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from reconciler.model import Rule

_DOCS = "MariaDB's documentation"
_ALL = (
    Rule("M1", "ADMIN OPTION on a role", "that role, also for logins that outlive its own", f"{_DOCS}: GRANT, Roles"),
    Rule(
        "M2",
        "CREATE USER on the whole server",
        "administrator of the server: it gives an administrator's account another password",
        f"{_DOCS}: ALTER USER; observed",
    ),
    Rule(
        "M3",
        "UPDATE on the database mysql",
        "administrator of the server: it sets an administrator's password",
        f"{_DOCS}: SET PASSWORD; observed",
    ),
    Rule(
        "M4",
        "INSERT or UPDATE on a table of privileges in mysql",
        "administrator of the server, once it reads its privileges again: at once with RELOAD",
        f"{_DOCS}: FLUSH PRIVILEGES; observed",
    ),
    Rule(
        "M5",
        "SET USER, or before 11.0 SUPER, + CREATE ROUTINE or TRIGGER or EVENT",
        "administrator of the server: what it makes runs as an administrator's account",
        f"{_DOCS}: CREATE PROCEDURE, DEFINER; observed",
    ),
    Rule(
        "M6",
        "FILE or SUPER on the whole server",
        "administrator of the server, by the files of the server's own account",
        f"{_DOCS}: GRANT, FILE and SUPER",
    ),
)
RULES: Mapping[str, Rule] = MappingProxyType({rule.id: rule for rule in _ALL})
