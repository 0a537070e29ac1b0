"""PostgreSQL: what is there, and what it says that roles may."""

from __future__ import annotations

from collections.abc import Iterator

from tests.e2e.hands import Hands
from tests.faults.oracle.facts import text
from tests.faults.oracle.probes import Door, Passed

_SQL = {
    "role": "SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolbypassrls,"
    " rolconnlimit, rolpassword IS NULL, shobj_description(oid, 'pg_authid') FROM pg_authid",
    "membership": "SELECT roleid::regrole || ' of ' || member::regrole, admin_option, inherit_option, set_option"
    " FROM pg_auth_members",
    "table": "SELECT c.oid::regclass || ' ' || e.grantee::regrole || ' ' || e.privilege_type, e.is_grantable"
    " FROM pg_class c, aclexplode(relacl) e WHERE relnamespace = 'public'::regnamespace",
    "column": "SELECT attrelid::regclass || '.' || attname || ' ' || e.grantee::regrole || ' ' || e.privilege_type,"
    " e.is_grantable FROM pg_attribute, aclexplode(attacl) e",
    "schema": "SELECT nspname || ' ' || e.grantee::regrole || ' ' || e.privilege_type, e.is_grantable"
    " FROM pg_namespace, aclexplode(nspacl) e WHERE e.grantee <> 0",
    "database": "SELECT datname || ' ' || e.grantee::regrole || ' ' || e.privilege_type, e.is_grantable"
    " FROM pg_database, aclexplode(datacl) e WHERE e.grantee <> 0",
}
_ASKED = (
    "SELECT rolname, t, p FROM pg_roles, unnest(%s::text[]) t,"
    " unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) p"
    " WHERE rolname ^@ ANY(%s) AND to_regclass(t) IS NOT NULL AND has_table_privilege(rolname, t, p)"
)


def facts(hands: Hands) -> Iterator[tuple[str, str]]:
    """Roles, their members and what they were granted."""
    for database in hands.ground.databases:
        for kind, statement in _SQL.items():
            for name, *rest in hands.sql(statement, database=database):
                yield f"sql {database} {kind} {name}", text(rest)


class AtPostgres(Door):
    """``tables``: which each managed role is asked about."""

    def __init__(self, tables: tuple[str, ...]) -> None:
        super().__init__()
        self._tables = tables

    def passed(self, hands: Hands) -> Passed:
        """By the server's own answers."""
        for database in hands.ground.databases:
            with hands.session(database) as session:
                values = [list(self._tables), list(hands.ground.prefixes)]
                for role, table, privilege in session.execute(_ASKED, values).fetchall():
                    yield role, f"{privilege} on {table} of {database}"

    def count(self, hands: Hands) -> int:
        """How many are asked about."""
        names = [name for (name,) in hands.sql("SELECT rolname FROM pg_roles")]
        return sum(name.startswith(hands.ground.prefixes) for name in names) * len(self._tables) * 4
