"""What goes wrong at Vault only."""

from __future__ import annotations

from reconciler.provider import Denied


class InvalidToken(Denied):
    """The server doesn't know our token: it ended, was revoked, or was never one of this server's."""

    def __init__(self, origin: str) -> None:
        super().__init__(
            f"our token is not valid at {origin}, or has expired", help="log in again, and check VAULT_NAMESPACE"
        )
