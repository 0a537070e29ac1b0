"""The catalogue in four queries. Objects in pg_toast and in sessions' temporary schemas are nobody's to grant."""

from __future__ import annotations

from typing import LiteralString

ROLES: LiteralString = """
SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles
"""

_MEMBERS: LiteralString = """
FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member JOIN pg_roles g ON g.oid = a.roleid
GROUP BY 1, 2
"""
MEMBERS_16: LiteralString = f"""
SELECT m.rolname, g.rolname, bool_or(a.inherit_option), bool_or(a.set_option), bool_or(a.admin_option) {_MEMBERS}
"""
MEMBERS_14: LiteralString = f"""
SELECT m.rolname, g.rolname, bool_or(m.rolinherit), true, bool_or(a.admin_option) {_MEMBERS}
"""

_SCHEMAS: LiteralString = "n.nspname !~ '^pg_(toast|temp_|toast_temp_)'"
_ROW_SECURITY: LiteralString = """
CASE WHEN c.relrowsecurity THEN concat_ws('; ', CASE WHEN c.relforcerowsecurity THEN 'forced' ELSE 'on' END,
  (SELECT string_agg(concat_ws(' ', p.polname, p.polcmd::text, p.polpermissive, p.polroles::regrole[],
    'USING', pg_get_expr(p.polqual, p.polrelid), 'CHECK', pg_get_expr(p.polwithcheck, p.polrelid)), '; '
    ORDER BY p.polname) FROM pg_policy p WHERE p.polrelid = c.oid)) ELSE '' END
"""

# kind, schema, name, column, owner, acl, system, row security
_OBJECTS: LiteralString = f"""
SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind, n.nspname::text AS nsp,
  c.relname::text AS name, ''::text AS col, c.relowner AS owner,
  coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner)) AS acl,
  c.oid < 12000 AND c.relkind <> 'v' AS system, {_ROW_SECURITY} AS rls
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND {_SCHEMAS}
UNION ALL
SELECT 'column', n.nspname, c.relname, t.attname, c.relowner, t.attacl, false, ''
FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE t.attacl IS NOT NULL AND NOT t.attisdropped AND {_SCHEMAS}
UNION ALL
SELECT 'function', n.nspname, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', '', p.proowner,
  coalesce(p.proacl, acldefault('f', p.proowner)), false, ''
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {_SCHEMAS}
UNION ALL
SELECT 'type', n.nspname, t.typname, '', t.typowner, coalesce(t.typacl, acldefault('T', t.typowner)), false, ''
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE {_SCHEMAS} AND t.typcategory <> 'A' AND t.typtype <> 'm' AND t.typrelid = 0
UNION ALL
SELECT 'schema', '', n.nspname, '', n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner)), false, ''
FROM pg_namespace n WHERE {_SCHEMAS}
UNION ALL
SELECT 'database', '', datname, '', datdba, coalesce(datacl, acldefault('d', datdba)), false, '' FROM pg_database
UNION ALL
SELECT 'language', '', lanname, '', lanowner, coalesce(lanacl, acldefault('l', lanowner)), false, '' FROM pg_language
UNION ALL
SELECT 'foreign_data_wrapper', '', fdwname, '', fdwowner, coalesce(fdwacl, acldefault('F', fdwowner)), false, ''
FROM pg_foreign_data_wrapper
UNION ALL
SELECT 'foreign_server', '', srvname, '', srvowner, coalesce(srvacl, acldefault('S', srvowner)), false, ''
FROM pg_foreign_server
UNION ALL
SELECT 'large_object', '', oid::text, '', lomowner, coalesce(lomacl, acldefault('L', lomowner)), false, ''
FROM pg_largeobject_metadata
UNION ALL
SELECT 'tablespace', '', spcname, '', spcowner, coalesce(spcacl, acldefault('t', spcowner)), false, ''
FROM pg_tablespace
"""  # noqa: S608 - constants
_PARAMETERS: LiteralString = """
UNION ALL
SELECT 'parameter', '', parname, '', 10::oid, paracl, false, '' FROM pg_parameter_acl
"""
_EXPLODED_HEAD: LiteralString = """
SELECT o.kind, o.nsp, o.name, o.col, w.rolname, o.system, o.rls, coalesce(g.rolname, ''), e.privilege_type,
  e.is_grantable, e.grantee
FROM ("""
_EXPLODED_TAIL: LiteralString = """) o
JOIN pg_roles w ON w.oid = o.owner
LEFT JOIN LATERAL aclexplode(o.acl) e ON true
LEFT JOIN pg_roles g ON g.oid = e.grantee
"""
OBJECTS_15: LiteralString = _EXPLODED_HEAD + _OBJECTS + _PARAMETERS + _EXPLODED_TAIL
OBJECTS_14: LiteralString = _EXPLODED_HEAD + _OBJECTS + _EXPLODED_TAIL
"""A row to each privilege of each grantee; one without privilege where there is none. Grantee 0 is PUBLIC."""

DEFAULTS: LiteralString = """
SELECT w.rolname, coalesce(n.nspname, ''), d.defaclobjtype::text, coalesce(g.rolname, ''), e.privilege_type,
  e.is_grantable
FROM pg_default_acl d
JOIN pg_roles w ON w.oid = d.defaclrole
LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
LEFT JOIN LATERAL aclexplode(d.defaclacl) e ON true
LEFT JOIN pg_roles g ON g.oid = e.grantee
"""

WHERE: LiteralString = """
SELECT current_setting('server_version_num')::int, d.datname, r.rolname
FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE d.datname = current_database()
"""
