"""Where a web identity token comes from: a command's output, or a file. Never shown, never stored."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from providers.aws.connection import WebIdentity
from reconciler.provider import Denied
from specs.redaction import keep

_SECONDS = 30


def token_loader(identity: WebIdentity, environ: Mapping[str, str]) -> Callable[[], str]:
    """Reads a fresh token at each call. Raises Denied."""
    return lambda: _token(identity, environ)


def _token(identity: WebIdentity, environ: Mapping[str, str]) -> str:
    text = _run(identity.token_command, environ) if identity.token_command else _read(identity.token_file)
    if not text.strip():
        raise Denied("the web identity token is empty", help="check web_identity in the connections file")
    keep(text)
    return text.strip()


def _run(command: tuple[str, ...], environ: Mapping[str, str]) -> str:
    hint = "run it by hand: it must print a token and end with 0"
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False, env=dict(environ))
    except (OSError, ValueError) as failed:
        # What was read of a token stays in these exceptions, so none is chained.
        raise Denied(f"token_command {command[0]} can't be run: {type(failed).__name__}", help=hint) from None
    except subprocess.TimeoutExpired:
        raise Denied(f"token_command {command[0]} took longer than {_SECONDS} s", help=hint) from None
    if done.returncode:
        # Its output may hold the token, so it isn't shown.
        raise Denied(f"token_command {command[0]} ended with {done.returncode}", help=hint)
    return done.stdout


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii")
    except (OSError, ValueError) as failed:
        hint = "name a file that holds one token and that this user may read"
        raise Denied(f"token_file {path} can't be read: {type(failed).__name__}", help=hint) from None
