"""Logins that another system mints: the statements that make and end one, and how one is recognised.

They run as the minter, one after the other; none can be rolled back. OpenBao and Vault split a statement at semicolons
unless it is a list in JSON (tried on OpenBao 2.7): so is the one with Writ's marker, by which they are known as ours.
MariaDB has no comment on a user: what shows that one was minted is how it looks. MAX_STATEMENT_TIME is the TTL in
seconds, and the server notes when a password was set, so its age is known.
"""

from __future__ import annotations

import json

from providers.mysql.catalog import Login, Member
from providers.mysql.names import ROLE, ident
from providers.mysql.settings import MysqlSettings
from reconciler.model import Address
from reconciler.provider import LoginRequest, LoginTarget, Pair, Scope, marker_text

_CREATE = "CREATE USER '{{{{name}}}}'@'%' IDENTIFIED BY '{{{{password}}}}' WITH MAX_STATEMENT_TIME {ttl} /* {marker} */"
_GRANT = "GRANT {role} TO '{{{{name}}}}'@'%'"
_DEFAULT = "SET DEFAULT ROLE {role} FOR '{{{{name}}}}'@'%'"
# Locked first: nobody comes in between. A session outlives its user, with the role, so it is ended by itself.
_REVOKE = (
    "ALTER USER IF EXISTS '{{name}}'@'%' ACCOUNT LOCK",
    "KILL USER '{{name}}'@'%'",
    "DROP USER IF EXISTS '{{name}}'@'%'",
)
_LONGEST = 768 * 3600
"""Seconds: the longest TTL."""
_LATE = 75 * 60
"""Seconds after its end for which a login counts as one whose revocation is under way."""


def login_request(
    scope: Scope[MysqlSettings], pair: Pair, role: str, target: LoginTarget, needs: tuple[Address, ...]
) -> LoginRequest:
    """'Mint a login with this role'."""
    made = _CREATE.format(ttl=pair.ttl, marker=marker_text(scope, pair))
    statements = [json.dumps([made]), _GRANT.format(role=ident(role))]
    if scope.settings.default_role:
        statements.append(_DEFAULT.format(role=ident(role)))
    group = scope.address(ROLE, role)
    return LoginRequest(pair, scope.system, target, group, create=tuple(statements), revoke=_REVOKE, needs=needs)


def is_minted(login: Login | None, member: Member) -> bool:
    """Whether a user looks as the statements leave it: this one role, nothing of its own, no older than its TTL."""
    if login is None or login.age is None or member.admin:
        return False
    plain = login.access == 0 and login.roles == 1 and not login.holds and login.account.host == "%"
    plain = plain and login.by_password
    aged = 0 < login.statement_seconds <= _LONGEST and 0 <= login.age <= login.statement_seconds + _LATE
    return plain and aged and login.default_role in {"", member.role}
