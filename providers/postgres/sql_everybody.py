"""What everybody (PUBLIC) may, and where that isn't what the server gives by itself: one query."""

from __future__ import annotations

from typing import LiteralString

from providers.postgres.sql import ARGUMENTS

_SHOWN: LiteralString = "n.nspname !~ '^pg_(toast|temp_|toast_temp_)'"
_OURS: LiteralString = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"


def _plain(
    kind: LiteralString, name: LiteralString, acl: LiteralString, initial: LiteralString, table: LiteralString
) -> LiteralString:
    """Objects in no schema that have an access list."""
    return f"""
UNION ALL
SELECT '{kind}', '', {name}, '', '', {acl}, {initial} FROM {table} WHERE {acl} IS NOT NULL"""  # noqa: S608 - constants


# Nobody is given any of these unless somebody, or an extension, does.
_WRAPPERS: LiteralString = """pg_foreign_data_wrapper o
  LEFT JOIN pg_init_privs i ON (i.classoid, i.objoid) = ('pg_foreign_data_wrapper'::regclass, o.oid)"""
_SERVERS: LiteralString = """pg_foreign_server o
  LEFT JOIN pg_init_privs i ON (i.classoid, i.objoid) = ('pg_foreign_server'::regclass, o.oid)"""

_OBJECTS: LiteralString = f"""
SELECT 'schema' AS kind, ''::name AS nsp, n.nspname::text AS name, ''::name AS col, '' AS args, n.nspacl AS acl,
  coalesce(i.initprivs, CASE WHEN n.nspname = 'information_schema' THEN
    ARRAY[makeaclitem(0, n.nspowner, 'USAGE', false)] ELSE acldefault('n', n.nspowner) END) AS initial
FROM pg_namespace n LEFT JOIN pg_init_privs i ON (i.classoid, i.objoid) = ('pg_namespace'::regclass, n.oid)
WHERE n.nspacl IS NOT NULL AND {_SHOWN}
UNION ALL
SELECT 'database', '', datname, '', '', coalesce(datacl, acldefault('d', datdba)), acldefault('d', datdba)
FROM pg_database WHERE datname = current_database()
UNION ALL
SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, n.nspname, c.relname, '', '', c.relacl,
  coalesce(i.initprivs, CASE WHEN n.nspname = 'information_schema' THEN
    ARRAY[makeaclitem(0, c.relowner, 'SELECT', false)]
    ELSE acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner) END)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_init_privs i ON (i.classoid, i.objoid, i.objsubid) = ('pg_class'::regclass, c.oid, 0)
WHERE c.relacl IS NOT NULL AND {_SHOWN}
UNION ALL
SELECT 'column', n.nspname, c.relname, a.attname, '', a.attacl, i.initprivs
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_init_privs i ON (i.classoid, i.objoid, i.objsubid) = ('pg_class'::regclass, c.oid, a.attnum)
WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND {_SHOWN}
UNION ALL
SELECT 'function', n.nspname, p.proname, '', {ARGUMENTS}, coalesce(p.proacl, acldefault('f', p.proowner)),
  CASE WHEN {_OURS} THEN NULL ELSE coalesce(i.initprivs, acldefault('f', p.proowner)) END
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
LEFT JOIN pg_init_privs i ON (i.classoid, i.objoid) = ('pg_proc'::regclass, p.oid)
WHERE (p.proacl IS NOT NULL OR {_OURS}) AND {_SHOWN}
UNION ALL
SELECT 'type', n.nspname, t.typname, '', '', t.typacl, coalesce(i.initprivs, acldefault('T', t.typowner))
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_init_privs i ON (i.classoid, i.objoid) = ('pg_type'::regclass, t.oid)
WHERE t.typacl IS NOT NULL AND {_SHOWN}
UNION ALL
SELECT 'language', '', l.lanname, '', '', coalesce(l.lanacl, acldefault('l', l.lanowner)),
  CASE WHEN l.oid < 16384 AND l.lanname NOT IN ('c', 'internal')
    THEN coalesce(i.initprivs, acldefault('l', l.lanowner)) END
FROM pg_language l LEFT JOIN pg_init_privs i ON (i.classoid, i.objoid) = ('pg_language'::regclass, l.oid)
WHERE l.lanpltrusted
{_plain("foreign_data_wrapper", "o.fdwname", "o.fdwacl", "i.initprivs", _WRAPPERS)}
{_plain("foreign_server", "o.srvname", "o.srvacl", "i.initprivs", _SERVERS)}
{_plain("large_object", "oid::text", "lomacl", "NULL", "pg_largeobject_metadata")}
{_plain("tablespace", "spcname", "spcacl", "NULL", "pg_tablespace")}
"""  # noqa: S608 - constants
_PARAMETERS: LiteralString = _plain("parameter", "parname", "paracl", "NULL", "pg_parameter_acl")

_HEAD: LiteralString = """
SELECT o.kind, o.nsp, o.name, o.col, o.args, d.now, d.granted, d.revoked
FROM ("""
_TAIL: LiteralString = """
) o
CROSS JOIN LATERAL (
  SELECT array_agg(p.name ORDER BY p.name) FILTER (WHERE p.now) AS now,
    array_agg(p.name ORDER BY p.name) FILTER (WHERE p.now AND NOT p.was) AS granted,
    array_agg(p.name ORDER BY p.name) FILTER (WHERE p.was AND NOT p.now) AS revoked
  FROM (SELECT s.name, bool_or(s.now) AS now, bool_or(NOT s.now) AS was FROM (
    SELECT privilege_type AS name, true AS now FROM aclexplode(o.acl) WHERE grantee = 0
    UNION ALL SELECT privilege_type, false FROM aclexplode(o.initial) WHERE grantee = 0
  ) s GROUP BY s.name) p
) d
WHERE d.now IS NOT NULL OR d.revoked IS NOT NULL
"""


def everybody(version: int) -> LiteralString:
    """What everybody may, in all of the database and of what its cluster shares; and where that differs.

    The server's defaults are those of acldefault, and what initdb and extensions granted (PostgreSQL documentation,
    pg_init_privs). Of the information schema, which everybody may read, initdb notes nothing. A function outside the
    server's own schemas, and a trusted language, is somebody's: that everybody may use a new one is told. Not so a
    new type, as every table brings one. A language that isn't trusted is the superuser's, whatever its list says.
    """
    return _HEAD + _OBJECTS + (_PARAMETERS if version >= 150000 else "") + _TAIL
