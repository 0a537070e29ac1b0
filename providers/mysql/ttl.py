"""How long a minted login works: MariaDB ends none by itself."""

from __future__ import annotations

from providers.mysql.settings import MysqlSettings
from reconciler.model import Limit
from reconciler.provider import Pair, Scope


def limit_of(scope: Scope[MysqlSettings], pair: Pair) -> Limit | None:
    """The lease of the system that mints logins; None where nothing does, so that nobody has one."""
    if scope.settings.credentials is None:
        return None
    minter = scope.settings.credentials["system"]
    return Limit(
        pair.ttl,
        f"{minter} locks the login, ends its sessions and drops it; the server itself only stops statements at the TTL",
        hinges=f"{minter} reaches the server to revoke the lease, as a login with CONNECTION ADMIN: until it does, the "
        "login works, and without that right its open sessions live on",
    )
