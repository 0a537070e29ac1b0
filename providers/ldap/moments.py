"""When access ends: a moment in UTC, or a day, to its end."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from datetime import date as Date  # noqa: N812 - a type

_FORM = "-%m-%dT%H:%M:%SZ"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class NoMoment(ValueError):  # noqa: N818
    """A text that says no moment: why."""


def moment(text: str) -> datetime:
    """A day (RFC 3339's full-date) ends at midnight, UTC, after it; a moment names its offset. Raises NoMoment."""
    try:
        if _DAY.fullmatch(text):
            return datetime.combine(Date.fromisoformat(text), time(), UTC) + timedelta(days=1)
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text.upper()).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError) as wrong:
        raise NoMoment(str(wrong)) from None
    raise NoMoment("neither a day nor a moment with its offset")


def written(when: datetime) -> str:
    """As it is kept: ``2027-04-01T00:00:00Z``. Texts of this form sort as time."""
    return f"{when.year:04d}{when.strftime(_FORM)}"


def is_over(kept: str, now: datetime) -> bool:
    """Whether a kept moment has come; an empty text is never over."""
    return bool(kept) and kept <= written(now)
