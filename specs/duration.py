"""Durations as people write them: ``90s``, ``15m``, ``1h30m``, ``7d``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from specs.base import spec_error
from specs.text import cut, shown, text_of

MAXIMUM = 768 * 3600
"""Seconds: the longest TTL that Vault issues by default (32 days)."""
LONGEST_SPAN = 36500 * 86400
"""Seconds: a hundred years."""
PATTERN = r"^(?=[0-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$"
_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_WHOLE = re.compile(PATTERN)
_CLOCK = re.compile(r"[0-9]+(?::[0-9]+)+")
_HELP = "units: s m h d, such as 90s, 15m or 1h30m"


def parse_duration(value: Any) -> int:
    """Seconds, above 0 and at most MAXIMUM. Raises the spec errors of W110."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAXIMUM:
        return value  # another model's seconds; YAML only ever gives text
    return _seconds(text_of(value, "a duration such as 15m"))


def parse_span(text: str) -> int:
    """Seconds of a time that is no TTL, such as ``90d``: up to LONGEST_SPAN. Raises ValueError."""
    found = _WHOLE.fullmatch(text)
    parts = [part for part in found.groups() if part] if found else []
    if not parts or any(len(part) > 12 for part in parts):
        raise ValueError(text)
    total = sum(int(part[:-1]) * _UNITS[part[-1]] for part in parts)
    if total > LONGEST_SPAN:
        raise ValueError(text)
    return total


@lru_cache(maxsize=1024)
def _seconds(text: str) -> int:
    """Few different ones, written again and again."""
    found = _WHOLE.fullmatch(text)
    if found is None:
        raise spec_error("W110", *_complaint(text))
    parts = [part for part in found.groups() if part]
    if any(len(part) > 12 for part in parts):
        raise _over(text)
    seconds = sum(int(part[:-1]) * _UNITS[part[-1]] for part in parts)
    if seconds <= 0:
        raise spec_error("W110", "must be above 0", _HELP)
    if seconds > MAXIMUM:
        raise _over(text)
    return seconds


def format_duration(seconds: int) -> str:
    """The shortest text in h, m and s that parses to the same seconds: ``1h30m``."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    return "".join(f"{count}{unit}" for count, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if count) or "0s"


def _over(text: str) -> Exception:
    return spec_error(
        "W110", f"{shown(text)} is over the maximum of {format_duration(MAXIMUM)}", "write 768h (32d) or less"
    )


def _complaint(text: str) -> tuple[str, str]:
    if text.startswith("-") or text.lstrip("+").lower() in {".inf", "inf", ".nan", "nan"}:
        return "must be above 0, and finite", _HELP
    if _CLOCK.fullmatch(text):
        return f"{shown(text)} is ambiguous: {_clock(text)}", _HELP
    if text.isascii() and text.isdigit():
        return (f"needs a unit: {cut(text)}s", _HELP) if int(text[:30]) else ("must be above 0", _HELP)
    if _WHOLE.fullmatch(text.strip()):
        return f"{shown(text)} has a space or a line break around it", f"write {cut(text.strip())}"
    if _WHOLE.fullmatch(text.lower()):
        return f"{shown(text)}: units are lower case", f"write {text.lower()}"
    return (
        f"{shown(text)} is not a duration; units: s m h d",
        "such as 90s, 15m or 1h30m; whole numbers, largest unit first",
    )


def _clock(text: str) -> str:
    parts = text.split(":")
    if len(parts) != 2 or max(map(len, parts)) > 6:
        return "write it with units"
    total = int(parts[0]) * 60 + int(parts[1])
    return f"write {total}s or {total}m"
