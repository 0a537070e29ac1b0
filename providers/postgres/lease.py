"""Logins that another system mints: the statements that make and end one, and how one is recognised.

They run as the minting login, which needs CREATEROLE, pg_signal_backend and ADMIN on the group, and no more. OpenBao
and Vault run them in one transaction; they split a statement at semicolons unless it holds the word END.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

from providers.postgres.names import ROLE
from providers.postgres.settings import PostgresSettings
from reconciler.model import Address, Ownership
from reconciler.provider import LoginRequest, LoginTarget, Pair, Scope, marker_text, owner_by_text

_CREATE = (
    "CREATE ROLE \"{{{{name}}}}\" LOGIN INHERIT PASSWORD '{{{{password}}}}' VALID UNTIL '{{{{expiration}}}}' "
    'IN ROLE "{group}"'
)
# Without SET (from 16 on) nothing can be made in the group's name.
_MARK = (
    "DO $writ$ BEGIN COMMENT ON ROLE \"{{{{name}}}}\" IS '{comment}'; "
    "IF current_setting('server_version_num')::int >= 160000 THEN "
    'EXECUTE \'REVOKE SET OPTION FOR "{group}" FROM "{{{{name}}}}"\'; END IF; END $writ$'
)
_RENEW = "ALTER ROLE \"{{name}}\" VALID UNTIL '{{expiration}}'"
# First what closes the door, then what may fail without opening it again. What anybody may make without a privilege,
# and what nobody else can miss, goes with the login: default privileges, user mappings, and large objects that it gave
# to nobody. DROP OWNED knows no kinds: it runs only where the login owns nothing else here, tables above all. A role
# that owns more stays, without login and marked, and is a row of the next plan.
_REVOKE = """\
DO $writ$ DECLARE joins boolean; BEGIN \
IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{{name}}') THEN \
ALTER ROLE "{{name}}" NOLOGIN PASSWORD NULL; \
BEGIN PERFORM pg_catalog.pg_terminate_backend(pid, 5000) FROM pg_catalog.pg_stat_activity WHERE usename = '{{name}}'; \
EXCEPTION WHEN insufficient_privilege THEN RAISE WARNING 'sessions of {{name}} live on: grant pg_signal_backend'; \
END ; \
BEGIN \
IF (SELECT pg_catalog.count(*) > 0 AND pg_catalog.bool_and(\
s.classid IN ('pg_catalog.pg_default_acl'::regclass, 'pg_catalog.pg_user_mapping'::regclass) \
OR s.classid = 'pg_catalog.pg_largeobject'::regclass AND NOT EXISTS (SELECT \
FROM pg_catalog.pg_largeobject_metadata l, pg_catalog.aclexplode(l.lomacl) e \
WHERE l.oid = s.objid AND e.grantee <> r.oid)) \
FROM pg_catalog.pg_shdepend s \
JOIN pg_catalog.pg_roles r ON r.oid = s.refobjid AND r.rolname = '{{name}}' \
JOIN pg_catalog.pg_database b ON b.datname = pg_catalog.current_database() AND s.dbid IN (0, b.oid) \
WHERE s.refclassid = 'pg_catalog.pg_authid'::regclass AND s.deptype = 'o') THEN \
joins := NOT pg_catalog.pg_has_role(current_user, '{{name}}', 'USAGE'); \
IF joins THEN EXECUTE 'GRANT "{{name}}" TO CURRENT_USER' || \
CASE WHEN current_setting('server_version_num')::int >= 160000 THEN ' WITH INHERIT TRUE, SET FALSE' ELSE '' END; \
END IF; \
DROP OWNED BY "{{name}}"; \
IF joins THEN REVOKE "{{name}}" FROM CURRENT_USER; END IF; \
END IF; \
EXCEPTION WHEN OTHERS THEN RAISE WARNING 'what {{name}} left stays: %', SQLERRM; \
END ; \
BEGIN DROP ROLE "{{name}}"; \
EXCEPTION WHEN dependent_objects_still_exist THEN RAISE WARNING '{{name}} can not log in, and still owns something'; \
END ; \
END IF; END $writ$"""


LEASE = "; lease="
_DATABASE = re.compile(r"; database=([^;\s]+)")


@lru_cache(maxsize=64)
def _database(name: str) -> str:
    """Roles are the cluster's, so the marker also names the database. No quote, brace or semicolon is left in it."""
    return f"; database={quote(name, safe='')}"


def owner(comment: str, scope: Scope[PostgresSettings]) -> tuple[Ownership, str]:
    """Whose a role is, and a note for people. An earlier version's marker names no database: it counts as ours."""
    found, note = owner_by_text(comment, scope)
    named = _DATABASE.search(comment)
    if found is Ownership.OURS and named and unquote(named[1]) != scope.settings.database:
        return Ownership.OTHER, f"it belongs to database {unquote(named[1])} of this cluster"
    return found, note


def lease_comment(scope: Scope[PostgresSettings], group: str) -> str:
    """The comment that every minted login carries; with an empty group, what all of them begin with."""
    return f"{marker_text(scope)}{_database(scope.settings.database)}{LEASE}{group}"


def lease_beginnings(scope: Scope[PostgresSettings]) -> tuple[str, str]:
    """What the comments of this scope's logins begin with, before the group: now, and by an earlier version."""
    return lease_comment(scope, ""), f"{marker_text(scope)}{LEASE}"


def mark(scope: Scope[Any]) -> str:
    """What the comment of every role of this environment and system begins with, in whatever database."""
    return f"{marker_text(scope)};"


def leased_group(scope: Scope[PostgresSettings], comment: str) -> str:
    """The group that a login's comment names; empty for a comment of another kind."""
    return next((comment.removeprefix(s) for s in lease_beginnings(scope) if comment.startswith(s)), "")


_TTL = re.compile(r"; ttl=([0-9]{1,9})$")


def group_comment(scope: Scope[PostgresSettings], pair: Pair) -> str:
    """The comment of a group role. Its TTL says how far ahead the end of a login in it may lie.

    It stands there and not at the login: whoever changes a group's comment makes a row.
    """
    return f"{marker_text(scope, pair)}{_database(scope.settings.database)}; ttl={pair.ttl}"


def group_ttl(comment: str) -> int | None:
    """Seconds, as a group's comment says; None where it says nothing."""
    found = _TTL.search(comment)
    return int(found[1]) if found else None


def login_request(
    scope: Scope[PostgresSettings], pair: Pair, group: str, target: LoginTarget, needs: tuple[Address, ...]
) -> LoginRequest:
    """'Mint a login in this group'. ``group`` and the marker hold no quotes (settings, specs.fields.Name)."""
    return LoginRequest(
        pair,
        scope.system,
        target,
        scope.address(ROLE, group),
        create=(
            _CREATE.format(group=group),
            _MARK.format(group=group, comment=lease_comment(scope, group)),
        ),
        revoke=(_REVOKE,),
        renew=(_RENEW,),
        needs=needs,
    )
