"""Texts of servers and of the operating system, made fit to show: no token, no URL with credentials, not endless."""

from __future__ import annotations

import re

from specs.redaction import HIDDEN, hidden, redacted

_USERINFO = re.compile(r"(?<=://)[^/\s@\"']*@")
_TOKEN = re.compile(r"\b(?:hv[sbr]\.|[sbr]\.)[A-Za-z0-9_-]{20,}|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_LIMIT = 500


def redact(text: str) -> str:
    """``text`` on one line without secrets, tokens of any form and URL userinfo, at most 500 characters."""
    text = redacted(_TOKEN.sub(HIDDEN, _USERINFO.sub("", " ".join(hidden(text).split()))))
    return text if len(text) <= _LIMIT else f"{text[:_LIMIT]}…"
