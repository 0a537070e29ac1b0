"""How long a login's token works (Vault's documentation: "Tokens", "Token time-to-live")."""

from __future__ import annotations

from collections.abc import Mapping

from providers.vault.names import JWT_ROLE
from reconciler.model import Address, Limit, Resource


def limit_of(objects: Mapping[Address, Resource]) -> Limit | None:
    """The pair's JWT role decides; None where it has none."""
    found = [one.attributes for one in objects.values() if one.address.type == JWT_ROLE]
    if not found:
        return None
    explicit, longest = found[0]["token_explicit_max_ttl"], found[0]["token_max_ttl"]
    if explicit and isinstance(explicit, int):
        return Limit(explicit, "the token's explicit max TTL: renewing doesn't lengthen it, and its leases end with it")
    if not isinstance(longest, int):
        return None
    return Limit(longest, "the role's max TTL: renewing doesn't lengthen it, unless somebody makes that longer")
