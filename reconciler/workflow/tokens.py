"""Workload tokens and passwords in files of the operator's: read once, kept from every output, told apart by claims."""

from __future__ import annotations

import base64
import json
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from specs.diagnostic import Diagnostic, error
from specs.redaction import keep

_MOST_BYTES = 64 * 1024
"""Of a file with a token: a hundred times what one takes."""


@dataclass(frozen=True, slots=True)
class Token:
    """A workload token as it stands in a file. ``text`` is a secret; the claims only say which token is whose."""

    file: str
    text: str
    issuer: str
    subject: str
    audiences: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Token({self.file!r})"


def read_passwords(files: Mapping[str, Path]) -> tuple[dict[str, str], tuple[Diagnostic, ...]]:
    """One password to a file that only its owner may read, by agent. No finding says what a file holds."""
    found: dict[str, str] = {}
    problems: list[Diagnostic] = []
    for agent, file in files.items():
        text, why, way_out = _text(file)
        password = text.removesuffix("\n").removesuffix("\r")
        if why or not password:
            help_ = way_out or "write the password into it, and nothing else"
            # Not the file's name, which is the password where somebody took the one for the other.
            message = f"the file with {agent}'s password: {why or 'it is empty'}"
            problems.append(error("W657", message, subject=agent, help=help_))
            continue
        keep(password)
        found[agent] = password
    return found, tuple(problems)


def read_tokens(files: Iterable[Path]) -> tuple[tuple[Token, ...], tuple[Diagnostic, ...]]:
    """One token to a file that only its owner may read. What a finding says of a file is never what it holds."""
    tokens: list[Token] = []
    problems: list[Diagnostic] = []
    for file in files:
        held, why, way_out = _text(file)
        text = held.strip()
        keep(text)
        claims = _claims(text)
        if why or claims is None:
            message = f"{file}: {why or 'it is no workload token (a signed JWT)'}"
            help_ = way_out or "write the token into it, and nothing else"
            problems.append(error("W657", message, subject=str(file), help=help_))
            continue
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        named = tuple(one for one in audiences if isinstance(one, str))
        tokens.append(Token(str(file), text, str(claims.get("iss", "")), str(claims.get("sub", "")), named))
    return tuple(tokens), tuple(problems)


def _text(file: Path) -> tuple[str, str, str]:
    """What a file holds; or why it isn't read, and the way out."""
    try:
        # Not blocking: opening a pipe would wait for its writer.
        handle = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as failed:
        return "", getattr(failed, "strerror", None) or "its name can't be a file's", "name a file that is there"
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        return "", "it isn't a regular file", "write the secret to a file"
    with os.fdopen(handle, "rb") as opened:
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            return "", "others may read it", f"chmod 600 {file}, and take another secret: this one may be known"
        return opened.read(_MOST_BYTES).decode("utf-8", "replace"), "", ""


def _claims(text: str) -> Mapping[str, Any] | None:
    """What a JWT says (RFC 7519); nobody has verified it yet. None for what isn't one."""
    parts = text.split(".")
    if len(parts) != 3:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
