"""Random roles, memberships, objects and grants in a database of their own, and the questions to ask of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from providers.postgres.client import PostgresClient

SCHEMAS = ("alpha", "beta")
TABLES = ("alpha.orders", "alpha.bills", "beta.people", "beta.view")
COLUMNS = ("id", "email")
PREDEFINED = ("pg_read_all_data", "pg_write_all_data", "pg_maintain", "pg_monitor")
TABLE_PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")
OBJECTS = {
    "TABLE": (TABLES[:3], TABLE_PRIVILEGES),
    "SEQUENCE": (("alpha.counter",), ("USAGE", "SELECT", "UPDATE")),
    "FUNCTION": (("alpha.one(integer)", "beta.two()"), ("EXECUTE",)),
    "TYPE": (("alpha.mood",), ("USAGE",)),
    "SCHEMA": (SCHEMAS, ("USAGE", "CREATE")),
    "DATABASE": (("effective",), ("CONNECT", "TEMPORARY", "CREATE")),
    "LANGUAGE": (("plpgsql",), ("USAGE",)),
}
SETUP = """
CREATE SCHEMA alpha; CREATE SCHEMA beta;
CREATE TABLE alpha.orders (id int, email text);
CREATE TABLE alpha.bills (id int, email text) PARTITION BY RANGE (id);
CREATE TABLE beta.people (id int, email text);
CREATE VIEW beta.view AS SELECT * FROM beta.people;
CREATE SEQUENCE alpha.counter;
CREATE FUNCTION alpha.one(n integer) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION beta.two() RETURNS int LANGUAGE sql AS 'SELECT 2';
CREATE TYPE alpha.mood AS ENUM ('good');
"""


@contextmanager
def transaction(client: PostgresClient) -> Iterator[None]:
    """Nothing of it stays."""
    client.script("BEGIN")
    try:
        yield
    finally:
        client.script("ROLLBACK")


def roles(rng: random.Random, version: int) -> list[str]:
    """Statements that make seven roles and what they are members of."""
    found = []
    for i in range(7):
        more = " SUPERUSER" if rng.random() < 0.08 else ""
        more += " NOINHERIT" if rng.random() < 0.3 else ""
        more += " CREATEROLE" if rng.random() < 0.2 else ""
        found.append(f"CREATE ROLE r{i}{more}")
    for _ in range(rng.randint(3, 9)):
        group, member = sorted(rng.sample(range(7), 2))
        found.append(f"GRANT r{group} TO r{member}{_options(rng, version)}")
    known = [one for one in PREDEFINED if one != "pg_maintain" or version >= 170000]
    more = range(rng.randint(0, 2))
    found.extend(f"GRANT {rng.choice(known)} TO r{rng.randrange(7)}{_options(rng, version)}" for _ in more)
    return found


def _options(rng: random.Random, version: int) -> str:
    if version < 160000:
        return rng.choice(["", "", " WITH ADMIN OPTION"])
    chosen = [f"{one} {rng.choice(['TRUE', 'FALSE'])}" for one in ("INHERIT", "SET", "ADMIN") if rng.random() < 0.6]
    return f" WITH {', '.join(chosen)}" if chosen else ""


def grants(rng: random.Random, version: int, number: int) -> list[str]:
    """Statements that grant, revoke and give away at random."""
    return [_grant(rng, version) for _ in range(number)]


def _grant(rng: random.Random, version: int) -> str:
    kind = rng.choice(["TABLE", "TABLE", "TABLE", *OBJECTS])
    names, known = OBJECTS[kind]
    name = rng.choice(names)
    role = f"r{rng.randrange(7)}"
    if rng.random() < 0.12 and kind not in {"LANGUAGE", "DATABASE"}:
        return f"ALTER {kind} {name} OWNER TO {role}"
    if rng.random() < 0.05:
        return f"ALTER DATABASE effective OWNER TO {role}"
    usable = [one for one in known if one != "MAINTAIN" or version >= 170000]
    words = rng.sample(usable, rng.randint(1, min(3, len(usable))))
    if kind == "TABLE" and rng.random() < 0.4:
        column = rng.choice(COLUMNS)
        words = [f"{one} ({column})" for one in words if one in {"SELECT", "INSERT", "UPDATE", "REFERENCES"}]
        words = words or [f"SELECT ({column})"]
    if rng.random() < 0.2:
        return f"REVOKE {', '.join(words)} ON {kind} {name} FROM {rng.choice([role, 'PUBLIC'])} CASCADE"
    if rng.random() < 0.15:
        return f"GRANT {', '.join(words)} ON {kind} {name} TO PUBLIC"
    return f"GRANT {', '.join(words)} ON {kind} {name} TO {role}{rng.choice(['', '', ' WITH GRANT OPTION'])}"


_ROLES = "(SELECT oid, rolname::text AS role FROM pg_roles WHERE rolname ~ '^r[0-6]$') r"
_OURS = "n.nspname IN ('alpha', 'beta')"


def _asked(kind: str, function: str, schema: str, name: str, oid: str, source: str) -> str:
    return f"""
SELECT r.role, '{kind}', {schema}::text, {name}::text, '', p, {function}(r.oid, {oid}, p),
  {function}(r.oid, {oid}, p || ' WITH GRANT OPTION')
FROM {_ROLES}, {source}, unnest(%({kind})s::text[]) p"""


QUESTIONS = " UNION ALL ".join(
    [
        _asked(
            "table",
            "has_table_privilege",
            "n.nspname",
            "c.relname",
            "c.oid",
            f"pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND c.relkind IN ('r', 'p', 'v')"
            f" AND ({_OURS} OR c.relname IN ('pg_authid', 'pg_class', 'pg_roles', 'sql_features'))",
        ),
        _asked(
            "sequence",
            "has_sequence_privilege",
            "n.nspname",
            "c.relname",
            "c.oid",
            f"pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND c.relkind = 'S' AND {_OURS}",
        ),
        _asked(
            "function",
            "has_function_privilege",
            "n.nspname",
            "f.proname || '(' || pg_get_function_identity_arguments(f.oid) || ')'",
            "f.oid",
            f"pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace"
            f" AND ({_OURS} OR f.proname IN ('pg_read_file', 'pg_reload_conf', 'pg_ls_waldir', 'now'))",
        ),
        _asked(
            "type",
            "has_type_privilege",
            "n.nspname",
            "t.typname",
            "t.oid",
            f"pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace AND {_OURS} AND t.typtype = 'e'",
        ),
        _asked(
            "schema",
            "has_schema_privilege",
            "''",
            "n.nspname",
            "n.oid",
            f"pg_namespace n JOIN pg_roles x ON x.oid = 10 AND ({_OURS} OR n.nspname IN ('public', 'pg_catalog'))",
        ),
        _asked("database", "has_database_privilege", "''", "d.datname", "d.oid", "pg_database d"),
        _asked("language", "has_language_privilege", "''", "l.lanname", "l.oid", "pg_language l"),
        _asked("tablespace", "has_tablespace_privilege", "''", "s.spcname", "s.oid", "pg_tablespace s"),
        f"""
SELECT r.role, 'column', n.nspname::text, c.relname::text, a.attname::text, p,
  has_column_privilege(r.oid, c.oid, a.attnum, p),
  has_column_privilege(r.oid, c.oid, a.attnum, p || ' WITH GRANT OPTION')
FROM {_ROLES}, pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND {_OURS} AND c.relkind IN ('r', 'p', 'v')
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0, unnest(%(column)s::text[]) p""",
    ]
)
MEMBERS = f"""
SELECT r.role, g.rolname::text, pg_has_role(r.oid, g.oid, 'USAGE'), pg_has_role(r.oid, g.oid, %(mode)s)
FROM {_ROLES}, pg_roles g WHERE g.oid <> r.oid
"""
