"""Queries of the catalogue. The server's own views (information_schema.*_PRIVILEGES) mix what a role has itself with
what it has by other roles, so the tables are read (MariaDB documentation, mysql.global_priv and others).

Of global_priv only single fields leave the server: never a password's hash.
"""

from __future__ import annotations

from typing import LiteralString

ROLES: LiteralString = """
SELECT User, JSON_VALUE(Priv, '$.access') FROM mysql.global_priv
WHERE Host = '' AND JSON_VALUE(Priv, '$.is_role') IN ('1', 'true')
  AND (LEFT(User, CHAR_LENGTH(%s)) = %s OR User IN %s)
"""
ROLE_EDGES: LiteralString = "SELECT User, Host, Role, Admin_option = 'Y' FROM mysql.roles_mapping WHERE Host = ''"
MEMBERS: LiteralString = """
SELECT User, Host, Role, Admin_option = 'Y' FROM mysql.roles_mapping WHERE Host <> '' AND Role IN %s
"""
LOGINS: LiteralString = """
SELECT g.User, g.Host, JSON_VALUE(g.Priv, '$.access'), JSON_VALUE(g.Priv, '$.max_statement_time'),
  UNIX_TIMESTAMP() - JSON_VALUE(g.Priv, '$.password_last_changed'), JSON_VALUE(g.Priv, '$.default_role'),
  (SELECT COUNT(*) FROM mysql.roles_mapping r WHERE r.User = g.User AND r.Host = g.Host),
  EXISTS (SELECT 1 FROM mysql.db d WHERE d.User = g.User AND d.Host = g.Host)
  OR EXISTS (SELECT 1 FROM mysql.tables_priv t WHERE t.User = g.User AND t.Host = g.Host)
  OR EXISTS (SELECT 1 FROM mysql.columns_priv c WHERE c.User = g.User AND c.Host = g.Host)
  OR EXISTS (SELECT 1 FROM mysql.procs_priv p WHERE p.User = g.User AND p.Host = g.Host)
  OR EXISTS (SELECT 1 FROM mysql.proxies_priv x
    WHERE (x.User = g.User AND x.Host = g.Host) OR (x.Proxied_user = g.User AND x.Proxied_host = g.Host)),
  JSON_VALUE(g.Priv, '$.plugin') IN ('mysql_native_password', 'ed25519', 'parsec')
  AND JSON_VALUE(g.Priv, '$.authentication_string') <> '' AND NOT JSON_EXISTS(g.Priv, '$.auth_or')
FROM mysql.global_priv g
WHERE g.Host <> '' AND EXISTS
  (SELECT 1 FROM mysql.roles_mapping m WHERE m.User = g.User AND m.Host = g.Host AND m.Role IN %s)
"""
"""Users that have one of the roles: what shows whether each was minted."""

DATABASES: LiteralString = "SELECT * FROM mysql.db WHERE (REPLACE(Host, '%%', '') = '' AND User IN %s) OR User = ''"
"""With what everybody has: a row of the anonymous user counts for every user (MariaDB documentation, CREATE USER).

And with what a user at % has that is called as a role: a role is looked up with an empty host, which % takes (tried on
10.11).
"""
TABLES: LiteralString = "SELECT User, Db, Table_name, Table_priv FROM mysql.tables_priv WHERE Host = '' AND User IN %s"
COLUMNS: LiteralString = """
SELECT User, Db, Table_name, Column_name, Column_priv FROM mysql.columns_priv WHERE Host = '' AND User IN %s
"""
ROUTINES: LiteralString = """
SELECT User, Host, Db, Routine_name, Routine_type, Proc_priv FROM mysql.procs_priv
WHERE REPLACE(Host, '%%', '') = '' AND User IN %s
"""
"""With a namesake's, as for databases."""
BARE: LiteralString = """
SELECT 1 FROM mysql.global_priv g WHERE g.Host = '' AND g.User = %s AND JSON_VALUE(g.Priv, '$.access') = 0
  AND NOT EXISTS (SELECT 1 FROM mysql.db d WHERE d.Host = '' AND d.User = g.User)
  AND NOT EXISTS (SELECT 1 FROM mysql.tables_priv t WHERE t.Host = '' AND t.User = g.User)
  AND NOT EXISTS (SELECT 1 FROM mysql.procs_priv p WHERE p.Host = '' AND p.User = g.User)
  AND NOT EXISTS (SELECT 1 FROM mysql.roles_mapping m WHERE m.Host = '' AND m.User = g.User)
  AND NOT EXISTS (SELECT 1 FROM mysql.roles_mapping o WHERE o.Role = g.User AND (o.User, o.Host) <> (%s, %s))
"""
"""Whether a role may nothing, has no role, and nobody but one account has it."""
ACCOUNT: LiteralString = "SELECT JSON_VALUE(Priv, '$.access') FROM mysql.global_priv WHERE User = %s AND Host = %s"
ROOTS: LiteralString = """
SELECT User, Host, JSON_VALUE(Priv, '$.access') FROM mysql.global_priv WHERE User = 'root' AND Host <> ''
"""
UPDATES_MYSQL: LiteralString = """
SELECT 1 FROM mysql.db WHERE User = %s AND Host = %s AND Update_priv = 'Y' AND 'mysql' LIKE Db
"""
ANONYMOUS: LiteralString = "SELECT Host FROM mysql.global_priv WHERE User = '' ORDER BY Host"

THERE: LiteralString = """
SELECT 'database', SCHEMA_NAME, '', '' FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN %s
UNION ALL
SELECT 'table', TABLE_SCHEMA, TABLE_NAME, '' FROM information_schema.TABLES
WHERE TABLE_SCHEMA IN %s AND TABLE_NAME IN %s
UNION ALL
SELECT 'column', TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA IN %s AND TABLE_NAME IN %s
UNION ALL
SELECT LOWER(ROUTINE_TYPE), ROUTINE_SCHEMA, ROUTINE_NAME, '' FROM information_schema.ROUTINES
WHERE ROUTINE_SCHEMA IN %s AND ROUTINE_NAME IN %s
"""
NEIGHBOURS: LiteralString = """
SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES
WHERE TABLE_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys') LIMIT 5000
"""
COLUMN_NAMES: LiteralString = "SHOW COLUMNS FROM mysql.db"
