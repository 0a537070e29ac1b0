"""How long a minted login works (PostgreSQL documentation, CREATE ROLE: VALID UNTIL is about passwords alone)."""

from __future__ import annotations

from providers.postgres.settings import PostgresSettings
from reconciler.model import Limit
from reconciler.provider import Pair, Scope


def limit_of(scope: Scope[PostgresSettings], pair: Pair) -> Limit | None:
    """The lease of the system that mints logins; None where nothing does, so that nobody has one."""
    if scope.settings.credentials is None:
        return None
    minter = scope.settings.credentials["system"]
    return Limit(
        pair.ttl,
        f"VALID UNTIL stops new logins by password; open sessions end when {minter} revokes the lease",
        hinges=f"{minter} reaches the database to revoke the lease: until it does, open sessions live on",
    )
