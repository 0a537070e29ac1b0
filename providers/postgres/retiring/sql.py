"""Queries about login roles that are to go. Parameters only."""

from __future__ import annotations

from typing import LiteralString

_OURS: LiteralString = """s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid"""
_HERE: LiteralString = """(0, (SELECT b.oid FROM pg_database b WHERE b.datname = current_database()))"""

_PRINCIPALS: LiteralString = f"""
SELECT r.oid, r.rolname, r.rolcanlogin, coalesce(d.description, ''), r.rolsuper,
  EXISTS (SELECT FROM pg_roles o WHERE o.rolsuper AND o.rolcanlogin AND o.oid <> r.oid),
  ARRAY(SELECT pg_describe_object(s.classid, s.objid, s.objsubid) FROM pg_shdepend s
    WHERE {_OURS} AND s.deptype = 'o' AND s.dbid IN {_HERE}
      AND s.classid NOT IN ('pg_default_acl'::regclass, 'pg_user_mapping'::regclass) ORDER BY 1),
  ARRAY(SELECT DISTINCT b.datname::text FROM pg_shdepend s JOIN pg_database b ON b.oid = s.dbid
    WHERE {_OURS} AND b.datname <> current_database() ORDER BY 1),
"""  # noqa: S608 - constants
_OF: LiteralString = """
FROM pg_roles r
LEFT JOIN pg_shdescription d ON d.objoid = r.oid AND d.classoid = 'pg_authid'::regclass
WHERE r.rolname = ANY(%(names)s)
ORDER BY r.rolname
"""
_MEMBERS: LiteralString = """
  ARRAY(SELECT DISTINCT m.rolname::text FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member
    WHERE a.roleid = r.oid AND NOT m.rolname = ANY(%(ours)s)"""
PRINCIPALS_16: LiteralString = f"{_PRINCIPALS} {_MEMBERS} AND (a.inherit_option OR a.set_option) ORDER BY 1) {_OF}"
PRINCIPALS_14: LiteralString = f"{_PRINCIPALS} {_MEMBERS} ORDER BY 1) {_OF}"
"""Oid, name, whether it may log in, its comment, whether it is a superuser and whether there is another, what it owns
here, databases where it owns or may use something, and who acts as it. ADMIN alone lets nobody act."""

SESSIONS: LiteralString = """
SELECT usesysid, pid, coalesce(nullif(application_name, ''), nullif(backend_type, 'client backend'), ''),
  CASE WHEN state IS NULL THEN '' ELSE coalesce(host(client_addr), 'this host') END, backend_start
FROM pg_stat_activity WHERE usesysid = ANY(%(oids)s) AND pid <> pg_backend_pid()
  AND coalesce(backend_type, '') NOT IN ('parallel worker', 'logical replication launcher')
ORDER BY backend_start, pid
"""
"""Workers that somebody's extension or subscription runs as the role are ended, and not let in again, like all others.
Of whom nobody may tell the kind, the kind is null."""
SUBSCRIPTIONS: LiteralString = """
SELECT s.subowner, s.subname::text, b.datname::text FROM pg_subscription s JOIN pg_database b ON b.oid = s.subdbid
WHERE s.subenabled AND s.subowner = ANY(%(oids)s) ORDER BY 2, 3
"""
"""Their workers log in as the owner, and stop where that may not."""
PREPARED: LiteralString = """
SELECT r.oid, x.gid, x.database::text, x.prepared FROM pg_prepared_xacts x JOIN pg_roles r ON r.rolname = x.owner
WHERE r.oid = ANY(%(oids)s) ORDER BY x.prepared
"""
HEIRS: LiteralString = "SELECT rolname::text, rolsuper FROM pg_roles WHERE rolname = ANY(%(names)s)"
RUNS: LiteralString = """
SELECT p.proowner, 'function ' || p.oid::regprocedure::text FROM pg_proc p
WHERE p.prosecdef AND p.proowner = ANY(%(oids)s)
UNION ALL
SELECT c.relowner, CASE c.relkind WHEN 'v' THEN 'view ' ELSE 'materialized view ' END || c.oid::regclass::text
FROM pg_class c WHERE c.relkind IN ('v', 'm') AND c.relowner = ANY(%(oids)s) AND NOT EXISTS (
  SELECT FROM pg_options_to_table(c.reloptions) WHERE option_name = 'security_invoker' AND option_value::bool)
ORDER BY 1, 2
"""
"""What runs with its owner's rights, whoever uses it."""
END: LiteralString = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usesysid = %(oid)s"
USES: LiteralString = "SELECT pg_has_role(current_user, %(role)s::name, 'USAGE')"
IN_GROUP: LiteralString = "SELECT session_user::text, pg_has_role(session_user, %(group)s::name, 'USAGE')"
