"""Keys of memberships, readable and reversible: ``member->group``, both DNs in normal form, in which no ``>`` stands
unescaped.

A member that is no DN is ``memberUid:NAME``, where no account has that uid, or ``value:TEXT``, where the text can't be
read as a DN.
"""

from __future__ import annotations

from typing import NamedTuple

from providers.ldap.dn import BadDn, escaped, normal

_ARROW = "->"
UID, _RAW = "memberUid:", "value:"


class MembershipKey(NamedTuple):
    """Who is in which group."""

    member: str
    group: str

    def __str__(self) -> str:
        return f"{self.member}{_ARROW}{self.group}"

    @classmethod
    def parse(cls, text: str) -> MembershipKey | None:
        """None for a text that is no key."""
        member, arrow, group = text.partition(_ARROW)
        return cls(member, group) if arrow and member and group else None


def by_uid(uid: str) -> str:
    """The member that a uid without an account is."""
    return f"{UID}{escaped(uid)}"


def by_value(raw: str) -> str:
    """The member that a value is: its DN's normal form."""
    try:
        return normal(raw)
    except BadDn:
        return f"{_RAW}{escaped(raw)}"


def is_dn(member: str) -> bool:
    """Whether a member is one by its DN."""
    return not member.startswith((UID, _RAW))
