"""How long a login's token works (Vault's documentation: "Tokens", "Token time-to-live")."""

from __future__ import annotations

from collections.abc import Mapping

from providers.vault.names import JWT_ROLE
from reconciler.model import Address, Limit, Resource


def limit_of(objects: Mapping[Address, Resource]) -> Limit | None:
    """The pair's JWT role decides; None where it has none."""
    found = [one.attributes["token_explicit_max_ttl"] for one in objects.values() if one.address.type == JWT_ROLE]
    if not found or not isinstance(found[0], int):
        return None
    return Limit(found[0], "the token's explicit max TTL: renewing doesn't lengthen it, and its leases end with it")
