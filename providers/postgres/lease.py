"""Logins that another system mints: the statements that make and end one, and how one is recognised.

They run as the minting login, which needs CREATEROLE, pg_signal_backend and ADMIN on the group, and no more. OpenBao
and Vault run them in one transaction; they split a statement at semicolons unless it holds the word END.
"""

from __future__ import annotations

from typing import Any

from providers.postgres.names import ROLE
from reconciler.provider import LoginRequest, LoginTarget, Pair, Scope, marker_text

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
# First what closes the door, then what may fail without opening it again. A role that owns something stays, without
# login and marked, and is a row of the next plan.
_REVOKE = """\
DO $writ$ BEGIN \
IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{{name}}') THEN \
ALTER ROLE "{{name}}" NOLOGIN PASSWORD NULL; \
BEGIN PERFORM pg_catalog.pg_terminate_backend(pid, 5000) FROM pg_catalog.pg_stat_activity WHERE usename = '{{name}}'; \
EXCEPTION WHEN insufficient_privilege THEN RAISE WARNING 'sessions of {{name}} live on: grant pg_signal_backend'; \
END ; \
BEGIN DROP ROLE "{{name}}"; \
EXCEPTION WHEN dependent_objects_still_exist THEN RAISE WARNING '{{name}} can not log in, and still owns something'; \
END ; \
END IF; END $writ$"""


LEASE = "; lease="


def lease_comment(scope: Scope[Any], group: str) -> str:
    """The comment that every minted login carries; with an empty group, what all of them begin with."""
    return f"{marker_text(scope)}{LEASE}{group}"


def login_request(scope: Scope[Any], pair: Pair, group: str, target: LoginTarget) -> LoginRequest:
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
    )
