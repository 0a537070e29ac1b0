"""Where a web identity token comes from: a command's output, or a file. Never shown, never stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from providers.aws.connection import WebIdentity
from reconciler.provider import Denied, text_from
from specs.redaction import keep


def token_loader(identity: WebIdentity, environ: Mapping[str, str]) -> Callable[[], str]:
    """Reads a fresh token at each call. Raises Denied."""
    return lambda: _token(identity, environ)


def _token(identity: WebIdentity, environ: Mapping[str, str]) -> str:
    way, value = ("command", identity.token_command) if identity.token_command else ("file", identity.token_file)
    found, where = text_from(way, value, environ, help=f"check web_identity's token_{way} in the connections file")
    text = found.strip()
    keep(text)
    if not text:
        raise Denied(f"{where} is empty", help="it must be a web identity token")
    if not text.isascii():
        raise Denied(f"{where} is no token", help="it must be a web identity token and nothing else")
    return text
