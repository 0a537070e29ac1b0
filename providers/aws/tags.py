"""IAM tags and descriptions: what fits in them (IAM API Reference: Tag, CreateRole)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

OWNER = "writ:owner"
LONGEST_VALUE = 256
_LONGEST_DESCRIPTION = 1000
_ALLOWED = frozenset("_.:/=+-@")
_PLAIN = re.compile(r"[A-Za-z0-9_.:/=+@ -]*")
_UNFIT = re.compile(r"[^ -~\xa1-\xff]")


def tag_value(text: str) -> str:
    """The text with what a tag can't hold replaced by ``_``."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(c if c.isalnum() or c in _ALLOWED or unicodedata.category(c)[0] == "Z" else "_" for c in text)


def description(text: str) -> str:
    """The text with what a description can't hold (beyond Latin-1, controls) replaced by ``?``, cut to its limit."""
    fitting = _UNFIT.sub("?", text)
    return fitting if len(fitting) <= _LONGEST_DESCRIPTION else f"{fitting[: _LONGEST_DESCRIPTION - 3]}..."


def to_tags(fields: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as the API takes them."""
    return [{"Key": key, "Value": value} for key, value in sorted(fields.items())]


def from_tags(found: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Tags as fields, without AWS's own (``aws:``), which nobody can change."""
    return {tag["Key"]: tag["Value"] for tag in found if not tag["Key"].startswith("aws:")}


def tag_changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What to set and what to remove. IAM doesn't tell keys apart by case, so a respelled key is removed first."""
    changed = {key: value for key, value in after.items() if before.get(key) != value}
    return changed, sorted(before.keys() - after.keys())
