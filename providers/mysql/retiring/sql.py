"""Queries about users that are to go."""

from __future__ import annotations

from typing import LiteralString

_SUPER = 1 << 15
_PROCESS = 1 << 8
"""Bits of global_priv's access (MariaDB sources, privilege.h: SUPER_ACL, PROCESS_ACL)."""

USER: LiteralString = f"""
SELECT coalesce(JSON_VALUE(g.Priv, '$.account_locked'), '0') IN ('1', 'true'),
  coalesce(JSON_VALUE(g.Priv, '$.access'), 0) & {_SUPER} <> 0,
  EXISTS (SELECT 1 FROM mysql.global_priv o WHERE o.Host <> '' AND (o.User, o.Host) <> (g.User, g.Host)
    AND coalesce(JSON_VALUE(o.Priv, '$.access'), 0) & {_SUPER} <> 0
    AND coalesce(JSON_VALUE(o.Priv, '$.account_locked'), '0') NOT IN ('1', 'true')),
  EXISTS (SELECT 1 FROM mysql.roles_mapping m WHERE m.User = g.User AND m.Host = g.Host
    AND LEFT(m.Role, CHAR_LENGTH(%s)) = %s AND m.Admin_option = 'N')
FROM mysql.global_priv g WHERE g.User = %s AND g.Host = %s
"""  # noqa: S608 - constants
"""Whether it is locked and an administrator, whether there is another one, and whether it has a role of ours."""
SEES_SESSIONS: LiteralString = f"""
SELECT coalesce(JSON_VALUE(Priv, '$.access'), 0) & {_PROCESS} <> 0 FROM mysql.global_priv WHERE User = %s AND Host = %s
"""  # noqa: S608 - constants
SESSIONS: LiteralString = """
SELECT ID, coalesce(HOST, ''), UNIX_TIMESTAMP() - TIME FROM information_schema.PROCESSLIST
WHERE USER = %s AND ID <> CONNECTION_ID() AND COMMAND <> 'Killed' ORDER BY ID
"""
"""Of every account of this name: which of them a session has isn't told."""
ACCOUNTS: LiteralString = "SELECT COUNT(*) FROM mysql.global_priv WHERE User = %s AND Host <> ''"
DEFINED: LiteralString = """
SELECT 'view', TABLE_SCHEMA, TABLE_NAME FROM information_schema.VIEWS WHERE DEFINER = %s
UNION ALL SELECT LOWER(ROUTINE_TYPE), ROUTINE_SCHEMA, ROUTINE_NAME FROM information_schema.ROUTINES WHERE DEFINER = %s
UNION ALL SELECT 'trigger', TRIGGER_SCHEMA, TRIGGER_NAME FROM information_schema.TRIGGERS WHERE DEFINER = %s
UNION ALL SELECT 'event', EVENT_SCHEMA, EVENT_NAME FROM information_schema.EVENTS WHERE DEFINER = %s
ORDER BY 1, 2, 3
"""
"""What runs with its rights, and runs no more once it is gone."""
HAS_ROLE: LiteralString = "SELECT 1 FROM information_schema.APPLICABLE_ROLES WHERE ROLE_NAME = %s"
