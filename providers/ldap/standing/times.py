"""Generalized Time (RFC 4517, 3.3.13), as servers write it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_FORM = re.compile(
    r"(?P<day>[0-9]{8})(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})?(?P<second>[0-9]{2})?(?:[.,][0-9]+)?"
    r"(?P<zone>Z|[+-][0-9]{2}(?:[0-9]{2})?)"
)


def moment(text: str) -> datetime | None:
    """In UTC; None for a text that is no such time, and for one before the year 1."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    try:
        made = datetime.strptime(f"{found['day']}{found['hour']}{found['minute'] or '00'}", "%Y%m%d%H%M")  # noqa: DTZ007
        made = made.replace(second=min(int(found["second"] or 0), 59), tzinfo=UTC)
        return made - _offset(found["zone"])
    except (ValueError, OverflowError):
        return None


def _offset(zone: str) -> timedelta:
    if zone == "Z":
        return timedelta()
    made = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:] or 0))
    return -made if zone[0] == "-" else made
