"""What an HTTP status of Vault means (https://developer.hashicorp.com/vault/api-docs#http-status-codes)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from providers.vault.redact import redact
from providers.vault.transport import Reply
from reconciler.provider import Conflict, Denied, ProviderError, Rejected, Throttled, UnknownOutcome, Unreachable
from specs.redaction import keep

_CAPABILITY = {"GET": "read", "LIST": "list", "DELETE": "delete"}
_PROTECTED = ("sys/leases/revoke-prefix/", "sys/auth/")
"""Paths of ours that need sudo too (https://developer.hashicorp.com/vault/docs/concepts/policies#root-protected-api-endpoints)."""
_SERVED = {
    "auth": ("client_token", "accessor"),
    "wrap_info": ("token", "accessor", "wrapped_accessor"),
    "data": ("secret_id", "password", "token"),
}
"""Where a reply holds what logs in, or what finds and revokes that."""
_UNCOMMITTED = "transaction commit failed"
"""OpenBao's storage, where another request wrote the same meanwhile: whatever the status, a part may have been done."""
_TOKEN_DATA = "creation_ttl"  # noqa: S105 - a field of a token's own data, whose id is the token
_NO_NODE = {
    412: "is not yet up to date with the cluster",
    472: "is a disaster-recovery standby",
    473: "is a performance standby",
    501: "is not initialised",
    503: "is sealed or starting",
}


def document(reply: Reply) -> dict[str, Any] | None:
    """The JSON object of a reply; None where there is none. What it serves to log in with is hidden from now on."""
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    for part, names in _SERVED.items():
        given = found.get(part)
        if isinstance(given, dict):
            every = ("id", "accessor", *names) if _TOKEN_DATA in given else names
            keep(*(value for name in every if isinstance(value := given.get(name), str)))
    return found


def failure(reply: Reply, origin: str, method: str, path: str, *, reads: bool) -> ProviderError:
    """The error for a reply with a status of 400 or more, 404 of a read apart."""
    errors = _errors(reply)
    text = "; ".join(errors)
    said = f": {text}" if text else ""
    status = reply.status
    if status == 403:
        return _denied(method, path, text)
    if status == 429:
        return Throttled(f"{origin} asks to slow down at {path}", retry_after=_seconds(reply))
    if status in _NO_NODE:
        return Unreachable(f"{origin} {_NO_NODE[status]}", help="check `vault status`")
    if status >= 500 or _UNCOMMITTED in text:
        return _failed(f"{origin} failed with {status} at {path}{said}", reads=reads)
    if status == 400 and "check-and-set" in text:
        return Conflict(f"{path} was changed by somebody else{said}", help="plan again")
    nowhere = "nothing answers there: check the mount and VAULT_NAMESPACE" if status == 404 else ""
    return Rejected(f"{origin} refuses {method} {path} with {status}{said}", help=nowhere)


def nothing_there(reply: Reply, found: Mapping[str, Any] | None) -> bool:
    """Whether a reading found nothing. A 404 that says why (no such mount, no such path) is no answer to that."""
    return reply.status == 404 and found is not None and found.get("errors") == []


def _failed(message: str, *, reads: bool) -> ProviderError:
    """A write may have been done before the server failed, for instance at its audit log."""
    if reads:
        return Unreachable(message)
    return UnknownOutcome(message, help="the next plan reads back what was done")


def _denied(method: str, path: str, text: str) -> Denied:
    needed = _CAPABILITY.get(method, "create, update")
    if path.startswith(_PROTECTED):
        needed = f"{needed} and sudo"
    said = f" ({text})" if text and "permission denied" not in text else ""
    return Denied(f"permission denied: {needed} on {path}{said}", help=f'grant {needed} on "{path}" to our login')


def _errors(reply: Reply) -> list[str]:
    found = document(reply)
    errors = found.get("errors") if found else None
    if isinstance(errors, list):
        return [redact(str(error)) for error in errors]
    return []


def _seconds(reply: Reply) -> float:
    try:
        return max(0.0, float(reply.headers.get("Retry-After", "0")))
    except ValueError:
        return 0.0
