"""Paths that the server lets nobody use without ``sudo`` (the roots of sys, auth/token and pki).

OpenBao 2.6 (logical_system.go, token_store.go) and HashiCorp's list ("sudo-protected paths"): the union. A path that
another server protects besides is found all the same, since sudo is compared on every path.
"""

from __future__ import annotations

_EXACT = frozenset(
    {
        "auth/token/accessors",
        "auth/token/create-orphan",
        "sys/audit",
        "sys/config/cors",
        "sys/leases",
        "sys/raw",
        "sys/remount",
        "sys/replication/primary/secondary-token",
        "sys/rotate",
        "sys/rotate/keyring",
        "sys/rotate/root",
        "sys/seal",
        "sys/step-down",
    }
)
_PREFIXES = (
    "auth/token/accessors",
    "auth/token/revoke-orphan/",
    "sys/audit/",
    "sys/auth/",
    "sys/config/auditing/",
    "sys/config/ui/headers/",
    "sys/internal/inspect/",
    "sys/leases/lookup/",
    "sys/leases/revoke-force/",
    "sys/leases/revoke-prefix/",
    "sys/plugins/catalog/",
    "sys/raw/",
    "sys/revoke-force/",
    "sys/revoke-prefix/",
)


def needs_sudo(path: str) -> bool:
    """Whether a request there needs ``sudo`` besides its capability."""
    return path in _EXACT or path.startswith(_PREFIXES)
