"""The expiry of a membership, as a value of its group's ``description``: where every run, and everybody, can read it.

``expires=2027-04-01T00:00:00Z; member=uid=support-bot,ou=agents,dc=example,dc=com``. Whoever adds a member by hand may
write one too, with a day in place of the moment, and a bare ``uid`` for a POSIX group.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from providers.ldap.moments import NoMoment, moment, written

_NOTE = re.compile(
    r"\s*expires\s*=\s*(?P<until>[^\s;]+)\s*;\s*member\s*=\s*(?P<member>.+?)\s*", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Note:
    """One membership's end."""

    until: str
    """As providers.ldap.moments.written."""
    member: str
    """As somebody wrote it: a DN, or a uid."""
    raw: str
    """The whole value, as the server holds it."""


def note(raw: str) -> Note | None:
    """The note that a value of ``description`` is, if it is one that can be read."""
    found = _NOTE.fullmatch(raw)
    if found is None:
        return None
    try:
        return Note(written(moment(found["until"])), found["member"], raw)
    except NoMoment:
        return None


def note_text(until: str, member: str) -> str:
    """A note of ours."""
    return f"expires={until}; member={member}"
