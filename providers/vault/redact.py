"""Texts of servers and of the operating system, made fit to show: no token, no URL with credentials, not endless."""

from __future__ import annotations

import re

_USERINFO = re.compile(r"(?<=://)[^/\s@\"']*@")
_TOKEN = re.compile(r"\b(?:hv[sbr]\.|[sbr]\.)[A-Za-z0-9_-]{20,}|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_LIMIT = 500


def redact(text: str, *secrets: str) -> str:
    """``text`` on one line without the secrets, without tokens and URL userinfo, at most 500 characters."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "(hidden)")
    text = _TOKEN.sub("(hidden)", _USERINFO.sub("", " ".join(text.split())))
    return text if len(text) <= _LIMIT else f"{text[:_LIMIT]}…"
