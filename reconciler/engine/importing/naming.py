"""Names that people would have given, out of whatever names systems have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from urllib.parse import urlsplit

_LONGEST = 40
"""Characters: what is derived of two names must fit where names are short."""
_RESERVED = frozenset({"root", "default", "public", "none"})
_SEPARATORS = re.compile(r"[:/|]+")


def slug(text: str, otherwise: str) -> str:
    """A name of the language (specs.fields.Name) that resembles a text."""
    plain = unicodedata.normalize("NFKD", text.lower())
    ascii_only = "".join(c for c in plain if not unicodedata.combining(c))
    found = re.sub(r"-{2,}", "-", re.sub(r"[^a-z0-9.-]+", "-", ascii_only)).strip("-.")[:_LONGEST].strip("-.")
    return f"{found}-{otherwise}" if found in _RESERVED else found or otherwise


def unique(name: str, taken: Collection[str]) -> str:
    """The name, or with a number where somebody has it."""
    if name not in taken:
        return name
    number = 2
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"


def agent_name(subject: str) -> str:
    """``support-bot`` of ``system:serviceaccount:support:support-bot``; ``deploy`` of ``repo:acme/deploy:ref:…``."""
    parts = [part for part in _SEPARATORS.split(subject) if part]
    if parts[:1] == ["repo"] and len(parts) > 2:
        return slug(parts[2], "agent")
    return slug(parts[-1] if parts else "", "agent")


def issuer_name(url: str) -> str:
    """``cluster`` of ``https://oidc.example.com/cluster``; else the host's first name that says something."""
    parts = urlsplit(url)
    last = next((part for part in reversed(parts.path.split("/")) if part), "")
    if last and len(last) <= _LONGEST:
        return slug(last, "issuer")
    labels = [label for label in (parts.hostname or "").split(".") if label not in {"oidc", "www", "auth", "login"}]
    return slug(labels[0] if labels else "", "issuer")


def one_line(text: str, longest: int = 256) -> str:
    """A text as the language's one-line fields take it; empty where nothing of it can be seen."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(shown.split())[:longest]
