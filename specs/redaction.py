"""The one redactor: no text leaves a run with a secret that it knows, in whatever form, or with what looks like one.

Known is what a run logs in with, and what servers give it. All the rest is told by its look (specs.scan).
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

from specs import scan

HIDDEN = "(hidden)"
"""What stands in the place of a known secret."""
SHORTEST = 8
"""Characters of a secret. What is shorter can't be told from other text."""
_SURELY = 16
_PLAIN = re.compile(r"[a-z_.-]*\Z")
_CORE = 10
"""Characters of base64 that are searched for, at the least."""


class _Known:
    """All forms of all known secrets. Replaced as a whole, so that readers need no lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.secrets: frozenset[str] = frozenset()
        self.forms: tuple[str, ...] = ()
        self.bytes: tuple[bytes, ...] = ()

    def add(self, secrets: set[str]) -> None:
        with self._lock:
            new = secrets - self.secrets
            if not new:
                return
            self.secrets |= new
            found = {form for secret in new for form in _forms(secret) if len(form) >= SHORTEST}
            # The longest first: one may be a part of another.
            self.forms = tuple(sorted({*self.forms, *found}, key=lambda form: (-len(form), form)))
            self.bytes = tuple(form.encode("utf-8", "surrogatepass") for form in self.forms)


_known = _Known()


def keep(*secrets: str) -> None:
    """Hide these from now on: what somebody logs in with, as it is; of several lines, each line.

    Left out is what has fewer than 8 characters, and what has fewer than 16 and only small letters, ``-``, ``_`` and
    ``.``: a password like ``postgres`` would take a word out of every text.
    """
    lines = {line.strip() for secret in secrets for line in secret.splitlines()}
    found = {line for line in lines if len(line) >= SHORTEST and not line.startswith("-----")}
    new = {line for line in found if len(line) >= _SURELY or not _PLAIN.match(line)}
    if not new <= _known.secrets:
        _known.add(new)


def keep_login(url: str) -> None:
    """Hide the password of a URL, as it stands there and as it is meant."""
    rest = url.partition("://")[2]
    login, at, _ = rest.rpartition("@")
    # A password may hold any character, unescaped by mistake.
    given = [login.partition(":")[2]] if at else []
    with suppress(ValueError):
        given.append(urlsplit(url).password or "")
    given += re.findall(r"[?&](?:ssl)?password=([^&#]+)", rest)
    keep(*given, *(unquote(one) for one in given))


def known(text: str) -> bool:
    """Whether a text holds a known secret in any form."""
    return any(form in text for form in _known.forms)


def hidden(text: str) -> str:
    """The text without known secrets; the same object where there are none."""
    for form in _known.forms:
        if form in text:
            text = text.replace(form, HIDDEN)
    return text


def hidden_bytes(data: bytes) -> bytes:
    """The same of a text's UTF-8."""
    for form in _known.bytes:
        if form in data:
            data = data.replace(form, HIDDEN.encode())
    return data


def redacted(text: str) -> str:
    """The text without known secrets and without what looks like one; the same object where there are none."""
    return scan.redacted(hidden(text))


def redacted_data(data: Any) -> Any:
    """The same of every text of JSON data but the names of fields."""
    if isinstance(data, str):
        return redacted(data)
    if isinstance(data, Mapping):
        return {name: redacted_data(value) for name, value in data.items()}
    if isinstance(data, Sequence):
        return [redacted_data(value) for value in data]
    return data


def suspicious(text: str) -> bool:
    """Whether ``redacted`` would change it."""
    return known(text) or scan.confidential(text)


def _forms(secret: str) -> Iterator[str]:
    """As it is, and as URLs, JSON, HTML, Python, hex and base64 write it."""
    data = secret.encode("utf-8", "surrogatepass")
    quoted = {quote(data, safe=safe) for safe in ("", "/", "/:", "!*'()")} | {quote_plus(data)}
    yield secret
    yield from quoted
    yield from (re.sub(r"%..", lambda found: found[0].lower(), one) for one in quoted)
    yield from (quote(one, safe="") for one in quoted)
    for escaped in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]):
        yield escaped
        yield escaped.replace("/", "\\/")
        yield json.dumps(escaped)[1:-1]
    yield html.escape(secret)
    yield repr(data)[2:-1]
    yield data.hex()
    yield data.hex().upper()
    yield from _base64(data)


def _base64(data: bytes) -> Iterator[str]:
    """What of its base64 doesn't hang on what stands before and after it, at each of the three ways to begin."""
    for before in range(3):
        text = base64.b64encode(bytes(before) + data).decode().rstrip("=")
        rest = (before + len(data)) % 3
        core = text[before + bool(before) : -1 if rest else None]
        if len(core) >= _CORE:
            yield core
            yield core.translate(str.maketrans("+/", "-_"))
            yield quote(core, safe="")
