"""Queries of an inventory: every login by pages, what it holds, and who is connected. Never a password's hash."""

from __future__ import annotations

from typing import LiteralString

LOGINS: LiteralString = """
SELECT g.Host, g.User, JSON_VALUE(g.Priv, '$.access'), JSON_VALUE(g.Priv, '$.plugin'),
  CASE WHEN COALESCE(JSON_VALUE(g.Priv, '$.authentication_string'), '') = '' THEN 'none'
       WHEN JSON_VALUE(g.Priv, '$.authentication_string') REGEXP '^([*][0-9A-Fa-f]{40}|[0-9A-Fa-f]{16})$' THEN 'hash'
       ELSE 'other' END,
  JSON_EXTRACT(g.Priv, '$.auth_or[*].plugin'),
  COALESCE(JSON_LENGTH(JSON_EXTRACT(g.Priv, '$.auth_or[*].authentication_string')), 0),
  COALESCE(JSON_VALUE(g.Priv, '$.account_locked') IN ('1', 'true'), 0),
  JSON_VALUE(g.Priv, '$.password_last_changed'), JSON_VALUE(g.Priv, '$.password_lifetime'),
  JSON_VALUE(g.Priv, '$.default_role'), JSON_VALUE(g.Priv, '$.max_statement_time'),
  UNIX_TIMESTAMP() - JSON_VALUE(g.Priv, '$.password_last_changed')
FROM mysql.global_priv g
WHERE NOT COALESCE(JSON_VALUE(g.Priv, '$.is_role') IN ('1', 'true'), 0) AND (g.Host, g.User) > (%s, %s)
ORDER BY g.Host, g.User LIMIT %s
"""
"""Of a password only what it looks like: none, a hash, or something that no password matches."""
NAMES: LiteralString = """
SELECT User, Host FROM mysql.global_priv WHERE NOT COALESCE(JSON_VALUE(Priv, '$.is_role') IN ('1', 'true'), 0)
"""
ROLES: LiteralString = """
SELECT User, JSON_VALUE(Priv, '$.access') FROM mysql.global_priv
WHERE Host = '' AND JSON_VALUE(Priv, '$.is_role') IN ('1', 'true')
"""
MEMBERSHIPS: LiteralString = """
SELECT User, Host, Role, Admin_option = 'Y' FROM mysql.roles_mapping WHERE Host <> '' AND User IN %s
"""
PROXIES: LiteralString = """
SELECT User, Host, Proxied_user, Proxied_host FROM mysql.proxies_priv
WHERE Host <> '' AND (User IN %s OR Proxied_user IN %s)
"""

DATABASES: LiteralString = "SELECT * FROM mysql.db WHERE Host <> '' AND User IN %s"
TABLES: LiteralString = """
SELECT User, Host, Db, Table_name, Table_priv FROM mysql.tables_priv WHERE Host <> '' AND User IN %s
"""
COLUMNS: LiteralString = """
SELECT User, Host, Db, Table_name, Column_name, Column_priv FROM mysql.columns_priv WHERE Host <> '' AND User IN %s
"""
ROUTINES: LiteralString = """
SELECT User, Host, Db, Routine_name, Routine_type, Proc_priv FROM mysql.procs_priv WHERE Host <> '' AND User IN %s
"""

SESSIONS: LiteralString = """
SELECT ID, USER, HOST, UNIX_TIMESTAMP() - GREATEST(TIME, 0) FROM information_schema.PROCESSLIST
WHERE ID <> CONNECTION_ID() AND COMMAND NOT IN ('Daemon', 'Connect')
  AND USER NOT IN ('system user', 'event_scheduler', 'unauthenticated user')
"""
"""Without the text of what they run. Of others only for who has PROCESS."""
PROGRAMS: LiteralString = """
SELECT PROCESSLIST_ID, ATTR_VALUE FROM performance_schema.session_connect_attrs WHERE ATTR_NAME = 'program_name'
"""
SERVER: LiteralString = "SELECT @@performance_schema, @@default_password_lifetime, CURRENT_ROLE()"
"""Whether programs are noted at all; days that a password lives; the role that we have set, NULL for none."""
