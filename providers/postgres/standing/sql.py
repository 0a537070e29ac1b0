"""Queries of an inventory: every login of the cluster by pages, its memberships, and who is connected."""

from __future__ import annotations

from typing import LiteralString

_LOGINS: LiteralString = """
SELECT r.oid, r.rolname, r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls,
  CASE WHEN r.rolvaliduntil IS NULL OR r.rolvaliduntil = 'infinity' THEN ''
       WHEN NOT isfinite(r.rolvaliduntil) THEN r.rolvaliduntil::text
       ELSE to_char(r.rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') END,
  coalesce(d.description, ''),
  ARRAY(SELECT g.rolname FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid WHERE a.member = r.oid
    GROUP BY 1 ORDER BY 1), """
_FROM: LiteralString = """
FROM pg_roles r
LEFT JOIN pg_shdescription d ON d.objoid = r.oid AND d.classoid = 'pg_authid'::regclass
WHERE r.rolcanlogin AND r.oid > %(after)s::oid
ORDER BY r.oid LIMIT %(page)s
"""
LOGINS: LiteralString = f"{_LOGINS} NULL::boolean {_FROM}"
LOGINS_AND_PASSWORDS: LiteralString = (
    f"{_LOGINS} (SELECT a.rolpassword IS NOT NULL FROM pg_authid a WHERE a.oid = r.oid) {_FROM}"  # noqa: S608
)
"""For a login that may read pg_authid: only whether there is a password leaves the server."""

SESSIONS: LiteralString = """
SELECT usesysid, count(*), max(greatest(backend_start, state_change)),
  array_agg(DISTINCT coalesce(host(client_addr), 'this host')) FILTER (WHERE state IS NOT NULL),
  array_agg(DISTINCT application_name) FILTER (WHERE application_name <> '')
FROM pg_stat_activity WHERE usesysid = ANY(%(roles)s) AND pid <> pg_backend_pid()
  AND (backend_type IN ('client backend', 'walsender') OR backend_type IS NULL AND datid IS NOT NULL)
GROUP BY 1
"""
"""Of each login: how many, the last sign of life, from where, and by which programs. Without pg_read_all_stats the
server tells only how many. Its own workers, some of which run as its first superuser, are no sessions."""

SEES_SESSIONS: LiteralString = "SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')"
"""Superusers are members of every role."""
