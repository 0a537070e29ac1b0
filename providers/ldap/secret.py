"""The password to bind with, from its one source."""

from __future__ import annotations

from collections.abc import Mapping

from providers.ldap.connection import LdapConnection
from reconciler.provider import Denied, text_from
from specs.redaction import keep


def password(connection: LdapConnection, environ: Mapping[str, str]) -> str:
    """Raises Denied with the source's name, never with what it holds."""
    if not connection.sources:
        raise Denied(
            "no password to bind with",
            help="password_env, password_file or password_command in the connection; or method: external",
        )
    way, value = connection.sources[0]
    return _clean(*text_from(way, value, environ, help=f"check password_{way}"))


def _clean(text: str, where: str) -> str:
    """Without the line's end. An empty one would be an anonymous login that succeeds (RFC 4513, 5.1.2)."""
    found = text.removesuffix("\n").removesuffix("\r")
    keep(found)
    if not found:
        raise Denied(f"{where} is empty", help="it must hold the password to bind with")
    return found
