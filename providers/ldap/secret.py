"""The password to bind with, from its one source."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from providers.ldap.connection import LdapConnection
from reconciler.provider import Denied
from specs.redaction import keep

_COMMAND_SECONDS = 30


def password(connection: LdapConnection, environ: Mapping[str, str]) -> str:
    """Raises Denied with the source's name, never with what it holds."""
    if not connection.sources:
        raise Denied(
            "no password to bind with",
            help="password_env, password_file or password_command in the connection; or method: external",
        )
    way, value = connection.sources[0]
    if way == "env":
        return _clean(environ.get(value, ""), f"variable {value}")
    if way == "file":
        return _clean(_file(value), value)
    return _clean(_output(value, environ), f"the output of {value[0]}")


def _clean(text: str, where: str) -> str:
    """Without the line's end. An empty one would be an anonymous login that succeeds (RFC 4513, 5.1.2)."""
    found = text.removesuffix("\n").removesuffix("\r")
    keep(found)
    if not found:
        raise Denied(f"{where} is empty", help="it must hold the password to bind with")
    return found


def _file(path: str) -> str:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except OSError as failed:
        raise Denied(f"cannot read {path}: {failed.strerror}", help="check password_file") from None
    except UnicodeDecodeError:
        raise Denied(f"{path} is not text", help="check password_file") from None


def _output(argv: Sequence[str], environ: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            list(argv),
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_COMMAND_SECONDS,
            check=False,
            encoding="utf-8",
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        raise Denied(f"{argv[0]} took more than {_COMMAND_SECONDS} s to print a password") from None
    except OSError as failed:
        raise Denied(f"cannot run {argv[0]}: {failed.strerror}", help="check password_command") from None
    if done.returncode != 0:
        raise Denied(f"{argv[0]} exited with {done.returncode}", help="run it by hand to see why")
    return done.stdout
