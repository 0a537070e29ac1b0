"""What relations show and functions do beyond their access lists: row security, rules, owners, texts: one query."""

from __future__ import annotations

from typing import LiteralString

from providers.postgres.sql import ARGUMENTS


def _fingerprint(text: LiteralString) -> LiteralString:
    """SHA-256, cut to 128 bits. In the database's own encoding nothing is converted, so that nothing can fail to be."""
    return f"left(encode(sha256(convert_to({text}, getdatabaseencoding())), 'hex'), 32)"


_BODY: LiteralString = (
    "concat_ws(' ', p.prosrc, p.probin, pg_get_function_sqlbody(p.oid), p.prolang, p.prorettype, p.proconfig::text)"
)
_RULE: LiteralString = _fingerprint("pg_get_ruledef(w.oid) || w.ev_enabled::text")
_TRIGGER: LiteralString = _fingerprint(
    f"concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled::text, p.proowner::text, {_BODY})"
)
_REMOTE: LiteralString = _fingerprint(
    "concat_ws(' ', s.srvname, s.srvoptions::text, f.ftoptions::text, EXISTS (SELECT FROM pg_user_mappings m "
    "WHERE m.srvid = s.oid AND m.umuser = 0)::text)"
)
_POLICY: LiteralString = """concat_ws(' ', CASE WHEN y.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, 'FOR',
    CASE y.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
      ELSE 'ALL' END,
    'TO', (SELECT string_agg(CASE u.one WHEN 0 THEN 'PUBLIC' ELSE u.one::regrole::text END, ', ' ORDER BY u.one)
      FROM unnest(y.polroles) AS u(one)),
    'USING (' || pg_get_expr(y.polqual, y.polrelid) || ')',
    'WITH CHECK (' || pg_get_expr(y.polwithcheck, y.polrelid) || ')')"""

# A view reads as its owner: what is beneath it, however deep, is a part of what it shows.
DEFINITIONS: LiteralString = f"""
WITH RECURSIVE asked AS (
  SELECT DISTINCT a.kind, n.oid AS nsp, n.nspname, a.name
  FROM unnest(%(kinds)s::text[], %(nsps)s::name[], %(names)s::name[]) AS a(kind, nsp, name)
  JOIN pg_namespace n ON n.nspname = a.nsp),
reached (nspname, name, top, oid) AS (
  SELECT a.nspname, a.name, c.oid, c.oid FROM asked a JOIN pg_class c ON c.relnamespace = a.nsp AND c.relname = a.name
  WHERE a.kind = 'table' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  UNION
  SELECT r.nspname, r.name, r.top, d.refobjid FROM reached r JOIN pg_rewrite w ON w.ev_class = r.oid
    JOIN pg_depend d ON (d.classid, d.objid, d.refclassid) = ('pg_rewrite'::regclass, w.oid, 'pg_class'::regclass)
      AND d.refobjid <> w.ev_class)
SELECT 'table' AS kind, r.nspname, r.name, '' AS args,
  CASE WHEN r.oid <> r.top THEN quote_ident(n.nspname) || '.' || quote_ident(c.relname) ELSE '' END AS beneath,
  jsonb_strip_nulls(jsonb_build_object(
    'owner', CASE WHEN c.relkind = 'v' OR r.oid <> r.top THEN c.relowner::regrole::text END,
    'row_security', CASE WHEN NOT c.relrowsecurity THEN 'off' WHEN c.relforcerowsecurity THEN 'forced' ELSE 'on' END,
    'policies', (SELECT jsonb_object_agg(y.polname::text, {_POLICY}) FROM pg_policy y WHERE y.polrelid = c.oid),
    'rules', (SELECT jsonb_object_agg(w.rulename::text, {_RULE}) FROM pg_rewrite w WHERE w.ev_class = c.oid),
    'triggers', (SELECT jsonb_object_agg(t.tgname::text, {_TRIGGER}) FROM pg_trigger t
      JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND p.prosecdef),
    'remote', (SELECT {_REMOTE} FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver
      WHERE f.ftrelid = c.oid),
    'options', CASE WHEN c.relkind = 'v' THEN to_jsonb(c.reloptions) END,
    'children', (SELECT jsonb_agg(i.inhrelid::regclass::text ORDER BY i.inhrelid::regclass::text) FROM pg_inherits i
      JOIN pg_class k ON k.oid = i.inhrelid WHERE i.inhparent = c.oid AND NOT k.relispartition)))
FROM reached r JOIN pg_class c ON c.oid = r.oid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.oid = r.top OR n.nspname NOT IN ('pg_catalog', 'information_schema')
UNION ALL
SELECT 'function', a.nspname, a.name, {ARGUMENTS}, '',
  jsonb_strip_nulls(jsonb_build_object(
    'security', CASE WHEN p.prosecdef THEN 'definer' ELSE 'invoker' END,
    'owner', CASE WHEN p.prosecdef THEN p.proowner::regrole::text END,
    'definition', CASE WHEN p.prosecdef THEN {_fingerprint(_BODY)} END))
FROM asked a JOIN pg_proc p ON p.pronamespace = a.nsp AND p.proname = a.name
WHERE a.kind = 'function'
"""  # noqa: S608 - constants
"""A row to each relation and function that is asked for, and to each relation beneath a view. A function that runs as
whoever calls it gives nobody anything: only that it is one is looked at."""
