"""The catalogue: what of a role gives more than it says."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from reconciler.model import Rule

_DOCS = "PostgreSQL's documentation"
_ALL = (
    Rule("P0", "SUPERUSER, by itself or by SET ROLE", "administrator of the cluster", f"{_DOCS}: Role Attributes"),
    Rule("P1", "ADMIN OPTION on a role", "that role: it grants it to itself", f"{_DOCS}: GRANT"),
    Rule(
        "P2",
        "membership in pg_execute_server_program, pg_write_server_files or pg_read_server_files",
        "administrator of the cluster, by the server's own account",
        f"{_DOCS}: Predefined Roles",
    ),
    Rule(
        "P3",
        "CREATEROLE, before PostgreSQL 16",
        "administrator of the cluster: it grants itself a predefined role",
        f"{_DOCS}: CREATE ROLE; observed",
    ),
)
RULES: Mapping[str, Rule] = MappingProxyType({rule.id: rule for rule in _ALL})
