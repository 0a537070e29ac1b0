"""What may not stand in a spec: characters that hide or reorder text, and secrets.

Both the file's characters and the decoded scalars are scanned: an escaped U+202E passes a scan of the file alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

FORBIDDEN = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls; U+0085 is a line break to YAML 1.1
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, line separators, bidi
    "\u3164\ufeff\uffa0\ufff0-\uffff\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # tags, variation selectors
    "]"
)
BARE_CR = re.compile("\r(?!\n)")

_SECRETS: tuple[tuple[str, str], ...] = (
    ("a Vault token", r"(?<![A-Za-z0-9_.-])hv[bsr]\.(?=[a-z_-]*[A-Z0-9])[A-Za-z0-9_-]{8,}"),
    (
        "a Vault token",
        r"(?<![A-Za-z0-9_./-])[sbr]\.(?=[a-z]*[A-Z0-9])(?=[A-Z0-9]*[a-z])[A-Za-z0-9]{24,}(?![A-Za-z0-9])",
    ),
    ("an AWS access key", r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{12,}"),
    ("a private key", r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d"),
    ("a GitHub token", r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{20,})"),
    ("a GitLab token", r"(?<![A-Za-z0-9])gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat)-[A-Za-z0-9_-]{16,}"),
    ("a JSON Web Token", r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*"),
    ("a Slack token", r"(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("an API key", r"(?<![A-Za-z0-9])(?:sk-[A-Za-z0-9_-]{20,}|[sr]k_live_[A-Za-z0-9]{16,}|AIza[A-Za-z0-9_-]{35})"),
    ("a registry token", r"(?<![A-Za-z0-9])(?:npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{40,})"),
)
_SECRET = re.compile("|".join(f"({pattern})" for _, pattern in _SECRETS))
_URL_LOGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\s/?#@\"'<>]{0,512}@")
# A part of each pattern that begins with plain characters, which a search finds a hundred times as fast. Where no
# part is, no secret is.
_SECRET_PARTS = tuple(
    re.compile(part)
    for part in (
        r"hv[bsr]\.",
        r"\.[A-Za-z0-9]{24}",
        r"A(?:KIA|SIA)[A-Z0-9]{12}",
        r"PRIVATE KEY",
        r"PuTTY-User-Key-File-",
        r"gh[pousr]_[A-Za-z0-9]{16}",
        r"github_pat_",
        r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat)-[A-Za-z0-9_-]{16}",
        r"\.eyJ",
        r"xox[abeoprs]-[A-Za-z0-9-]{10}",
        r"sk-[A-Za-z0-9_-]{20}",
        r"k_live_[A-Za-z0-9]{16}",
        r"AIza",
        r"npm_",
        r"pypi-[A-Za-z0-9_-]{40}",
    )
)
_URL_LOGIN_PART = re.compile(r"://[^\s/?#@\"'<>]{0,512}@")
_LOGIN_KEY = re.compile(
    r"(?i)\b[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|api[-_]?key|private[-_]?key|access[-_]?key)[\w.-]*"
    r"[\"']?\s*:(?=\s)"
)


def describe(character: str) -> str:
    """``U+202E``."""
    return f"U+{ord(character):04X}"


def secrets(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and sort of whatever looks like a secret."""
    if not any(part.search(text) for part in _SECRET_PARTS):
        return
    for found in _SECRET.finditer(text):
        yield found.start(), found.end(), _SECRETS[(found.lastindex or 1) - 1][0]


def logins(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of URLs that carry a login."""
    if not _URL_LOGIN_PART.search(text):
        return
    for found in _URL_LOGIN.finditer(text):
        yield found.start(), found.end()


def secret_in(text: str) -> str:
    """What sort of secret the text looks like; empty if none."""
    return next((sort for _, _, sort in secrets(text)), "")


def confidential(text: str) -> bool:
    """Whether a message must not repeat the text."""
    return bool(_SECRET.search(text) or _URL_LOGIN.search(text))


def masked(line: str) -> str:
    """The line as it may be shown: values of fields that are named like a secret are left out."""
    found = _LOGIN_KEY.search(line)
    return line if found is None else line[: found.end()] + " …"


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a character."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
