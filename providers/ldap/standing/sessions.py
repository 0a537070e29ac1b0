"""Who is connected, where the server's monitor tells (slapd-monitor(5))."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from providers.ldap.entry import Within
from providers.ldap.keys import by_value
from providers.ldap.standing.gaps import Gaps
from providers.ldap.standing.times import moment

if TYPE_CHECKING:
    from providers.ldap.client import LdapClient

_PLACE = "cn=connections,cn=monitor"
_WHO, _FROM = "monitorConnectionAuthzDN", "monitorConnectionPeerAddress"
_LAST = ("monitorConnectionActivityTime", "monitorConnectionStartTime")
_WHAT = "who is connected, and from where"


@dataclass(slots=True)
class Live:
    """The sessions of one account."""

    number: int = 0
    hosts: set[str] = field(default_factory=set)
    last: datetime | None = None

    @property
    def users(self) -> tuple[str, ...]:
        """By where they come from."""
        return tuple(f"sessions from {one}" for one in sorted(self.hosts))


def sessions(client: LdapClient, gaps: Gaps) -> dict[str, Live]:
    """By DN in normal form. Our own is among them."""
    found = gaps.read(_WHAT, lambda: client.search(_PLACE, f"({_WHO}=*)", (_WHO, _FROM, *_LAST), Within.CHILDREN), None)
    if not found:  # our own is one: to see none is to see nothing
        gaps.add(_WHAT, f"{_PLACE} isn't there, or this login may not see it")
        return {}
    live: dict[str, Live] = {}
    for one in found:
        if one.one(_WHO):
            told = live.setdefault(by_value(one.one(_WHO)), Live())
            told.number += 1
            told.hosts.add(_host(one.one(_FROM)))
            signs = [when for name in _LAST if (when := moment(one.one(name))) is not None]
            told.last = max((*signs, *((told.last,) if told.last else ())), default=None)
    return live


def _host(text: str) -> str:
    """``IP=10.0.0.1:33444`` without the port; a socket's path is this host."""
    kind, _, rest = text.partition("=")
    return rest.rpartition(":")[0] if kind == "IP" else "this host"
