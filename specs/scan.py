"""What may not stand in a spec: characters that hide or reorder text, and secrets.

Both the file's characters and the decoded scalars are scanned: an escaped U+202E passes a scan of the file alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

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

# Each pattern begins with plain characters, which a search finds at the speed of memory, and looks behind them only
# then. None looks at a run of characters more than once: the cost is linear in the text, whatever it holds.
_SECRETS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (sort, re.compile(pattern))
    for sort, pattern in (
        # A name under a domain (hvs.example1.com) is none.
        (
            "a Vault token",
            r"hv(?<![A-Za-z0-9_]hv)[bsr]\.(?=[a-z_-]*[A-Z0-9])(?![a-z0-9-]+\.[a-z])[A-Za-z0-9_-]{8,}",
        ),
        (
            "a Vault token",
            (
                r"\.(?<=[sbr]\.)(?<![A-Za-z0-9_/-][sbr]\.)"
                r"(?=[a-z]*[A-Z0-9])(?=[A-Z0-9]*[a-z])[A-Za-z0-9]{24,}(?![A-Za-z0-9])"
            ),
        ),
        ("an AWS access key", r"AKIA(?<![A-Za-z0-9]AKIA)[A-Z0-9]{12,}"),
        # Words in capitals may begin with ASIA.
        ("an AWS access key", r"ASIA(?<![A-Za-z0-9]ASIA)(?=[A-Z]{0,30}[0-9])[A-Z0-9]{16,}"),
        ("a private key", r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"),
        ("a private key", r"PuTTY-User-Key-File-\d"),
        ("a GitHub token", r"gh(?<![A-Za-z0-9]gh)[pousr]_[A-Za-z0-9]{16,}"),
        ("a GitHub token", r"github_pat_(?<![A-Za-z0-9]github_pat_)[A-Za-z0-9_]{20,}"),
        (
            "a GitLab token",
            r"gl(?<![A-Za-z0-9]gl)(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat)-[A-Za-z0-9_-]{16,}",
        ),
        ("a JSON Web Token", r"eyJ(?<![A-Za-z0-9_-]eyJ)[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*"),
        ("a Slack token", r"xox(?<![A-Za-z0-9]xox)[abeoprs]-[A-Za-z0-9-]{10,}"),
        # An sk- of words is a name; a key has digits, and capitals or a long run without dashes.
        (
            "an API key",
            (
                r"sk-(?<![A-Za-z0-9]sk-)(?=[A-Za-z_-]{0,48}+[0-9])"
                r"(?=[a-z0-9_-]{0,99}+[A-Z]|[A-Za-z0-9_-]{0,50}?[A-Za-z0-9]{16})[A-Za-z0-9_-]{20,}"
            ),
        ),
        ("an API key", r"k_live_(?<=[sr]k_live_)(?<![A-Za-z0-9][sr]k_live_)[A-Za-z0-9]{16,}"),
        ("an API key", r"AIza(?<![A-Za-z0-9]AIza)[A-Za-z0-9_-]{35}"),
        ("a registry token", r"npm_(?<![A-Za-z0-9]npm_)[A-Za-z0-9]{36}"),
        ("a registry token", r"pypi-(?<![A-Za-z0-9]pypi-)[A-Za-z0-9_-]{40,}"),
        # Not a placeholder, as in password=PASSWORD, password="$PASSWORD" and password=<password>.
        (
            "a password",
            (
                r"=(?i:(?<=password=)|(?<=passwd=)|(?<=passphrase=)|(?<=pwd=)(?<![a-z0-9]pwd=))"
                r"[\"']?(?![A-Z_]+\b)[A-Za-z0-9!#%+/@^_~-][^\s&;,\"'<>]{3,511}"
            ),
        ),
    )
)
# ssh takes a name without a password: that is how repositories are addressed.
_URL_LOGIN = re.compile(r"://(?<=[A-Za-z0-9+.-]://)(?:(?<!ssh://)|[^\s/?#@\"'<>:]{0,256}:)[^\s/?#@\"'<>]{0,512}@")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}\Z")
# name:password@host with a port or a path after it; user:alice@example.com is a principal, image:1@sha256:… a digest.
_HOST = re.compile(r"@[A-Za-z0-9.-]{1,253}(?::[0-9]{2,5}(?![A-Za-z0-9])|/)")
_HOST_LOGIN = re.compile(r"(?<![A-Za-z0-9._+:/-])[A-Za-z0-9._+-]{1,64}:[^\s:/@\"'<>]{1,128}\Z")
_MOST = 1000
"""Hits of one sort in one text that are looked at."""
_LOGIN_KEY = re.compile(
    r"(?i)(?:(?:passw(?:or)?d|passphrase|secret|token|api[-_]?key|private[-_]?key|access[-_]?key)[\w.-]{0,64}"
    r"|(?<![a-z0-9])(?:pwd|pass|auth|credentials?(?![\"']?\s{0,8}:\s{0,8}(?:\{|\Z))))"
    r"(?:[\"']\s{0,8}:|\s{0,8}:(?=\s|\Z)|[\"']?\s{0,8}=)"
)
_ANY_LOGIN = re.compile(r"(?<![A-Za-z0-9._+:/-])[A-Za-z0-9._+-]{1,64}:[^\s:/@\"'<>]{1,128}@")
_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\U(000[0-9a-fA-F]{5})|%([0-9a-fA-F]{2})|\\(/)")
LEFT_OUT = "…"
"""What stands in the place of a secret."""


def describe(character: str) -> str:
    """``U+202E``."""
    return f"U+{ord(character):04X}"


def secrets(text: str, most: int = _MOST) -> list[tuple[int, int, str]]:
    """Start, end and sort of what looks like a secret, in order; at most so many of each sort."""
    found = [
        (one.start() - one[0].startswith("."), one.end(), sort)
        for sort, pattern in _SECRETS
        for one in islice(pattern.finditer(text), most)
    ]
    return sorted([*found, *_host_logins(text, most)])


def _host_logins(text: str, most: int) -> Iterator[tuple[int, int, str]]:
    for host in islice(_HOST.finditer(text), most):
        login = _HOST_LOGIN.search(text, max(0, host.start() - 200), host.start())
        if login is not None:
            yield login.start(), host.end(), "a password"


def logins(text: str, most: int = _MOST) -> Iterator[tuple[int, int]]:
    """Start and end of URLs that carry a login."""
    for found in islice(_URL_LOGIN.finditer(text), most):
        scheme = _SCHEME.search(text, max(0, found.start() - 21), found.start())
        if scheme is not None:
            yield scheme.start(), found.end()


def secret_in(text: str) -> str:
    """What sort of secret the text looks like; empty if none."""
    found = next((sort for sort, pattern in _SECRETS if pattern.search(text)), "")
    return found or next((sort for _, _, sort in _host_logins(text, _MOST)), "")


def confidential(text: str) -> bool:
    """Whether a message must not repeat the text."""
    return bool(secret_in(text)) or next(logins(text), None) is not None


def redacted(text: str) -> str:
    """The text without what looks like a secret; the same object where nothing does."""
    if not confidential(text):
        return text
    hits = [*secrets(text), *((text.index("://", start) + 3, end - 1, "a login") for start, end in logins(text))]
    if len(hits) >= _MOST:
        return LEFT_OUT
    shown: list[str] = []
    here = 0
    for start, end, sort in sorted(hits):
        if start >= here:
            shown += [text[here:start], LEFT_OUT]
        here = max(here, len(text) if sort == "a private key" else end)
    return "".join(shown) + text[here:]


def excerpt(line: str) -> str | None:
    """The line as it may be shown: without values of fields that are named like a secret; None if it holds one."""
    plain = _ESCAPE.sub(_unescaped, line) if "\\" in line or "%" in line else line
    if confidential(plain) or confidential(line) or _ANY_LOGIN.search(plain):
        return None
    found = _LOGIN_KEY.search(line)
    return line if found is None else f"{line[: found.end()]} {LEFT_OUT}"


def _unescaped(found: re.Match[str]) -> str:
    *codes, slash = found.groups()
    code = next((code for code in codes if code), "")
    return slash or (chr(number) if (number := int(code, 16)) < 0x110000 else found[0])


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a character."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
