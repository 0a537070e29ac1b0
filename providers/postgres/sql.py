"""The catalogue's queries. Parameters only; ``search_path`` is empty, so every type is written in full."""

from __future__ import annotations

from collections.abc import Mapping
from typing import LiteralString

from providers.postgres.privileges import Kind

_ROLES: LiteralString = """
SELECT r.oid, r.rolname, r.rolcanlogin, r.rolsuper, r.rolcreatedb, r.rolcreaterole, r.rolinherit, r.rolreplication,
  r.rolbypassrls, r.rolconnlimit,
  CASE WHEN r.rolvaliduntil IS NULL OR r.rolvaliduntil = 'infinity' THEN ''
       WHEN NOT isfinite(r.rolvaliduntil) THEN r.rolvaliduntil::text
       ELSE to_char(r.rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') END,
  ARRAY(SELECT CASE WHEN s.setdatabase = 0 THEN '' ELSE coalesce(b.datname, s.setdatabase::text) || ': ' END || c
    FROM pg_db_role_setting s LEFT JOIN pg_database b ON b.oid = s.setdatabase, unnest(s.setconfig) c
    WHERE s.setrole = r.oid ORDER BY 1),
  coalesce(d.description, ''), """
_ROLES_FROM: LiteralString = """
FROM pg_roles r
LEFT JOIN pg_shdescription d ON d.objoid = r.oid AND d.classoid = 'pg_authid'::regclass
WHERE starts_with(r.rolname, %(prefix)s::text) OR r.rolname = ANY(%(names)s)
  OR starts_with(d.description, %(mark)s::text)
ORDER BY r.rolname
"""
ROLES: LiteralString = f"{_ROLES} NULL::boolean {_ROLES_FROM}"
ROLES_AND_PASSWORDS: LiteralString = (
    f"{_ROLES} (SELECT a.rolpassword IS NOT NULL FROM pg_authid a WHERE a.oid = r.oid) {_ROLES_FROM}"  # noqa: S608
)
"""For a login that may read pg_authid: only whether there is a password leaves the server."""

# 16 gave every membership its grantor and its options; before, a role could be a member of another only once.
_MEMBERS: LiteralString = """
SELECT m.rolname, g.rolname, a.member, a.roleid, a.grantor, coalesce(b.rolname, ''), a.admin_option
"""
_MEMBERS_OF: LiteralString = """
FROM pg_auth_members a
JOIN pg_roles m ON m.oid = a.member
JOIN pg_roles g ON g.oid = a.roleid
LEFT JOIN pg_roles b ON b.oid = a.grantor
WHERE a.member = ANY(%(roles)s) OR a.roleid = ANY(%(roles)s)
ORDER BY 1, 2, 5
"""
MEMBERS_16: LiteralString = f"{_MEMBERS}, a.inherit_option, a.set_option {_MEMBERS_OF}"
MEMBERS_14: LiteralString = f"{_MEMBERS}, NULL::boolean, NULL::boolean {_MEMBERS_OF}"

ARGUMENTS: LiteralString = """coalesce((SELECT string_agg(format_type(t, NULL), ',' ORDER BY i)
  FROM unnest(p.proargtypes) WITH ORDINALITY AS a(t, i)), '')"""

_RELATION: LiteralString = """
SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind, n.nspname AS nsp, c.relname AS name,
  ''::name AS col, '' AS args, c.relowner AS owner, c.relacl AS acl
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relacl IS NOT NULL"""
_COLUMN: LiteralString = """
SELECT 'column' AS kind, n.nspname AS nsp, c.relname AS name, t.attname AS col, '' AS args, c.relowner AS owner,
  t.attacl AS acl
FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE t.attacl IS NOT NULL AND NOT t.attisdropped"""
_FUNCTION: LiteralString = f"""
SELECT 'function' AS kind, n.nspname AS nsp, p.proname AS name, ''::name AS col, {ARGUMENTS} AS args,
  p.proowner AS owner, p.proacl AS acl
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.proacl IS NOT NULL"""  # noqa: S608 - constants
_TYPE: LiteralString = """
SELECT 'type' AS kind, n.nspname AS nsp, t.typname AS name, ''::name AS col, '' AS args, t.typowner AS owner,
  t.typacl AS acl
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typacl IS NOT NULL"""


def _plain(
    kind: LiteralString, name: LiteralString, owner: LiteralString, acl: LiteralString, table: LiteralString
) -> LiteralString:
    return f"""
SELECT '{kind}' AS kind, ''::name AS nsp, {name}::name AS name, ''::name AS col, '' AS args, {owner} AS owner,
  {acl} AS acl
FROM {table} WHERE {acl} IS NOT NULL"""  # noqa: S608 - constants


_LARGE_OBJECT = _plain("large_object", "oid::text", "lomowner", "lomacl", "pg_largeobject_metadata")
_PARTS: Mapping[str, LiteralString] = {
    Kind.TABLE: _RELATION,
    Kind.COLUMN: _COLUMN,
    Kind.FUNCTION: _FUNCTION,
    Kind.TYPE: _TYPE,
    Kind.SCHEMA: _plain("schema", "nspname", "nspowner", "nspacl", "pg_namespace"),
    Kind.DATABASE: _plain("database", "datname", "datdba", "datacl", "pg_database"),
    Kind.LANGUAGE: _plain("language", "lanname", "lanowner", "lanacl", "pg_language"),
    Kind.FOREIGN_DATA_WRAPPER: _plain(
        "foreign_data_wrapper", "fdwname", "fdwowner", "fdwacl", "pg_foreign_data_wrapper"
    ),
    Kind.FOREIGN_SERVER: _plain("foreign_server", "srvname", "srvowner", "srvacl", "pg_foreign_server"),
    Kind.LARGE_OBJECT: _LARGE_OBJECT,
    Kind.TABLESPACE: _plain("tablespace", "spcname", "spcowner", "spcacl", "pg_tablespace"),
}
_PARAMETER: LiteralString = _plain("parameter", "parname", "10::oid", "paracl", "pg_parameter_acl")

# Who holds what from whom. `ours`: a managed role or a leased login passed it on, which it may not, as no owner.
_HOLDERS: LiteralString = """
SELECT o.kind, o.nsp, o.name, o.col, o.args, e.grantee, coalesce(h.rolname, 'PUBLIC'), e.grantor,
  coalesce(g.rolname, ''), e.grantor = o.owner,
  e.grantor <> o.owner AND (starts_with(g.rolname, %(prefix)s)
    OR coalesce(d.description ^@ ANY(%(leases)s::text[]), false) AND NOT g.rolname = ANY(%(never)s)),
  array_agg(e.privilege_type ORDER BY e.privilege_type),
  coalesce(array_agg(e.privilege_type ORDER BY e.privilege_type) FILTER (WHERE e.is_grantable), '{}')
FROM ("""
_HOLDERS_OF: LiteralString = """) o
CROSS JOIN LATERAL aclexplode(o.acl) e
LEFT JOIN pg_roles h ON h.oid = e.grantee
LEFT JOIN pg_roles g ON g.oid = e.grantor
LEFT JOIN pg_shdescription d ON d.objoid = e.grantor AND d.classoid = 'pg_authid'::regclass
WHERE (e.grantee = ANY(%(roles)s) OR e.grantor = ANY(%(roles)s) AND e.grantor <> o.owner)
"""
_HOLDERS_ONE: LiteralString = " AND o.nsp = %(nsp)s AND o.name = %(name)s"
_HOLDERS_GROUP: LiteralString = """
GROUP BY o.kind, o.nsp, o.name, o.col, o.args, o.owner, e.grantee, h.rolname, e.grantor, g.rolname, d.description
ORDER BY 1, 2, 3, 4, 5, 6, 8
"""


def holders(version: int, kind: str = "") -> LiteralString:
    """Grants to and by roles on everything; or on objects of one kind, schema and name (tables with their columns)."""
    parts = dict(_PARTS)
    if version >= 150000:
        parts[Kind.PARAMETER] = _PARAMETER
    if not kind:
        return _HOLDERS + " UNION ALL ".join(parts.values()) + _HOLDERS_OF + _HOLDERS_GROUP
    relation = kind in (Kind.TABLE, Kind.SEQUENCE, Kind.COLUMN)
    part = f"{_RELATION} UNION ALL {_COLUMN}" if relation else parts.get(kind, _RELATION)
    return _HOLDERS + part + _HOLDERS_OF + _HOLDERS_ONE + _HOLDERS_GROUP


DEFAULTS: LiteralString = """
SELECT h.rolname, w.rolname, coalesce(n.nspname, ''), d.defaclobjtype,
  array_agg(e.privilege_type ORDER BY e.privilege_type), bool_or(e.is_grantable)
FROM pg_default_acl d
CROSS JOIN LATERAL aclexplode(d.defaclacl) e
JOIN pg_roles h ON h.oid = e.grantee
JOIN pg_roles w ON w.oid = d.defaclrole
LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
WHERE e.grantee = ANY(%(roles)s) AND e.grantee <> d.defaclrole
GROUP BY 1, 2, 3, 4
UNION ALL
SELECT '', w.rolname, coalesce(n.nspname, ''), d.defaclobjtype,
  ARRAY(SELECT e.privilege_type FROM aclexplode(d.defaclacl) e WHERE e.grantee = 0 ORDER BY 1), false
FROM pg_default_acl d
JOIN pg_roles w ON w.oid = d.defaclrole
LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
ORDER BY 1, 2, 3, 4
"""
"""Of roles, and (an empty name) of everybody: each entry, as one in no schema also takes from what is built in."""

# What is left: ownership, policies, other databases, and privileges of kinds that the queries above don't know.
DEPENDENCIES: LiteralString = """
SELECT r.rolname, CASE WHEN w.elsewhere THEN 'o' ELSE s.deptype END, w.elsewhere, coalesce(b.datname, ''),
  CASE WHEN w.elsewhere THEN '' ELSE pg_describe_object(s.classid, s.objid, s.objsubid) END, count(*),
  CASE WHEN w.elsewhere THEN '' ELSE s.classid::regclass::text END, max(s.objid),
  bool_and(NOT w.elsewhere AND s.deptype = 'o' AND CASE s.classid WHEN 'pg_largeobject'::regclass
    THEN NOT EXISTS (SELECT FROM pg_largeobject_metadata l, aclexplode(l.lomacl) a
      WHERE l.oid = s.objid AND a.grantee <> s.refobjid)
    ELSE (SELECT coalesce(i.schema ~ '^pg_temp', false)
      FROM pg_identify_object(s.classid, s.objid, s.objsubid) i) END)
FROM pg_shdepend s
JOIN pg_roles r ON r.oid = s.refobjid
JOIN pg_database c ON c.datname = current_database()
LEFT JOIN pg_database b ON b.oid = s.dbid
CROSS JOIN LATERAL (SELECT s.dbid <> 0 AND s.dbid <> c.oid) AS w(elsewhere)
WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = ANY(%(roles)s)
  AND (s.deptype IN ('o', 'r') OR s.deptype = 'a' AND (s.dbid NOT IN (0, c.oid) OR NOT s.classid = ANY(ARRAY[
    'pg_class', 'pg_namespace', 'pg_proc', 'pg_type', 'pg_database', 'pg_language', 'pg_foreign_data_wrapper',
    'pg_foreign_server', 'pg_largeobject', 'pg_largeobject_metadata', 'pg_tablespace', 'pg_default_acl',
    %(parameters)s]::regclass[])))
GROUP BY 1, 2, 3, 4, 5, 7
ORDER BY 1, 2, 3, 4, 5
"""

OBJECTS: LiteralString = f"""
WITH asked AS (SELECT DISTINCT * FROM unnest(%(nsps)s::name[], %(names)s::name[]) AS a(nsp, name))
SELECT 'schema', nspname, ''::name, '', '' FROM pg_namespace WHERE nspname = ANY(%(nsps)s::name[])
UNION ALL
SELECT c.relkind::text, n.nspname, c.relname, '', '' FROM asked a JOIN pg_namespace n ON n.nspname = a.nsp
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = a.name
UNION ALL
SELECT 'column', n.nspname, c.relname, t.attname, '' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute t ON t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped
  JOIN (SELECT DISTINCT * FROM unnest(%(column_nsps)s::name[], %(column_names)s::name[]) AS b(nsp, name)) b
    ON b.nsp = n.nspname AND b.name = c.relname
UNION ALL
SELECT 'function', n.nspname, p.proname, '', {ARGUMENTS} FROM asked a JOIN pg_namespace n ON n.nspname = a.nsp
  JOIN pg_proc p ON p.pronamespace = n.oid AND p.proname = a.name
UNION ALL
SELECT 'role', '', rolname, '', '' FROM pg_roles WHERE rolname = ANY(%(roles)s::name[])
"""  # noqa: S608 - constants

NEIGHBOURS: LiteralString = """
SELECT n.nspname, c.relname, false FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
UNION ALL
SELECT n.nspname, p.proname, true FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
LIMIT 20000
"""

MINTING: LiteralString = """
SELECT coalesce(r.rolsuper, false), coalesce(r.rolcreaterole, false),
  coalesce(pg_has_role(r.oid, 'pg_signal_backend', 'USAGE'), false), r.oid IS NOT NULL,
  ARRAY(SELECT DISTINCT n.nspname FROM pg_namespace n, aclexplode(n.nspacl) e
    WHERE e.grantee = 0 AND e.privilege_type = 'CREATE' ORDER BY 1),
  r.rolcreatedb, r.rolreplication, r.rolbypassrls,
  ARRAY(SELECT g.rolname::text FROM pg_roles g
    LEFT JOIN pg_shdescription d ON d.objoid = g.oid AND d.classoid = 'pg_authid'::regclass
    CROSS JOIN LATERAL (SELECT current_setting('server_version_num')::int >= 160000) AS v(apart)
    CROSS JOIN LATERAL (SELECT pg_has_role(r.oid, g.oid, 'USAGE')
      OR pg_has_role(r.oid, g.oid, CASE WHEN v.apart THEN 'SET' ELSE 'USAGE' END)) AS h(used)
    WHERE NOT r.rolsuper AND g.oid <> r.oid AND NOT starts_with(g.rolname, %(prefix)s) AND CASE
      WHEN starts_with(d.description, 'managed by writ;')
      THEN v.apart AND h.used
      ELSE h.used OR EXISTS (SELECT FROM pg_auth_members a WHERE a.roleid = g.oid AND a.member = r.oid
        AND NOT (a.grantor = 10 AND g.rolcanlogin AND g.rolvaliduntil IS NOT NULL)) END
    ORDER BY 1),
  ARRAY(SELECT DISTINCT pg_describe_object(s.classid, s.objid, 0) FROM pg_shdepend s
    WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid AND s.deptype IN ('o', 'a')
      AND s.classid <> 'pg_auth_members'::regclass
      AND s.dbid IN (0, (SELECT b.oid FROM pg_database b WHERE b.datname = current_database())) ORDER BY 1)
FROM (SELECT 1) one LEFT JOIN pg_roles r ON r.rolname = %(minter)s
"""
"""Its last two: roles that the minter uses, may become or may give to others, without what it needs on Writ's groups
and what a server gives whoever makes a login; and what it owns, or may use by itself, in this database."""

WHERE_WE_ARE: LiteralString = """
SELECT current_user, current_database(), current_setting('server_version_num'), current_setting('server_version'),
    (SELECT array_agg(privilege_type ORDER BY privilege_type) FROM aclexplode(acldefault('r', 10::oid))), session_user,
    has_table_privilege('pg_catalog.pg_authid'::regclass, 'SELECT')
"""
"""Whom we act as, the database, the server's version as a number and as text, every privilege on tables, our login,
and whether we may see who has a password."""

FUNCTION: LiteralString = f"""
SELECT CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END,
  CASE p.prokind WHEN 'p' THEN format('%%I.%%I(%%s)', n.nspname, p.proname, coalesce((
      SELECT string_agg('IN ' || format_type(t, NULL), ', ' ORDER BY i)
      FROM unnest(p.proargtypes) WITH ORDINALITY AS a(t, i)), ''))
    ELSE p.oid::regprocedure::text END,
  {ARGUMENTS}
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = %(nsp)s AND p.proname = %(name)s
"""  # noqa: S608 - constants
"""As statements name it. A procedure may also be named with its OUT arguments: IN says that these are not."""

SHUT: LiteralString = """
SELECT n.nspname FROM pg_namespace n
WHERE (n.nspname = %(nsp)s OR %(function)s AND n.oid IN (
    SELECT t.typnamespace FROM pg_proc p JOIN pg_namespace f ON f.oid = p.pronamespace
      CROSS JOIN LATERAL unnest(p.proargtypes) AS a(type) JOIN pg_type t ON t.oid = a.type
    WHERE f.nspname = %(nsp)s AND p.proname = %(name)s))
  AND NOT has_schema_privilege(%(role)s::name, n.oid, 'USAGE')
ORDER BY 1
"""

CLUSTER: LiteralString = "SELECT system_identifier FROM pg_control_system()"

DEFAULT: LiteralString = """
SELECT w.rolname, coalesce(n.nspname, ''), d.defaclobjtype,
  ARRAY(SELECT DISTINCT coalesce(h.rolname, '') FROM aclexplode(d.defaclacl) e
    LEFT JOIN pg_roles h ON h.oid = e.grantee ORDER BY 1)
FROM pg_default_acl d
JOIN pg_roles w ON w.oid = d.defaclrole
LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
WHERE d.oid = %(oid)s
"""
"""One entry: whose, in which schema (empty for all), on what, for whom (empty for PUBLIC)."""

SET_IN: LiteralString = """
SELECT b.datname FROM pg_db_role_setting s JOIN pg_database b ON b.oid = s.setdatabase
JOIN pg_roles r ON r.oid = s.setrole WHERE r.rolname = %(role)s ORDER BY 1
"""
"""Databases with settings of a role."""

POLICY: LiteralString = """
SELECT p.polname, n.nspname, c.relname, p.polpermissive,
  (SELECT coalesce(string_agg(quote_ident(r.rolname), ', ' ORDER BY r.rolname), '')
    FROM pg_roles r WHERE r.oid = ANY(p.polroles) AND r.oid <> %(role)s)
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE p.oid = %(oid)s
"""
"""A policy: name, schema, table, whether it permits, and whom else it names."""

MAPPED: LiteralString = "SELECT srvname FROM pg_user_mappings WHERE umid = %(oid)s"
