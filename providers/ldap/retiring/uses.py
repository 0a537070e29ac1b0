"""Who works with an account: its connections, by the server's monitor, and its last login where that is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from providers.ldap.entry import Entry, Within
from providers.ldap.keys import by_value
from providers.ldap.standing.times import moment
from reconciler.model import Use
from reconciler.provider import Denied, Rejected

if TYPE_CHECKING:
    from providers.ldap.client import LdapClient

LOGINS = ("pwdLastSuccess", "authTimestamp")
"""When it last logged in: olcLastBind (slapd-config(5)), slapo-lastbind(5)."""
_PLACE = "cn=connections,cn=monitor"
_WHO, _NUMBER = "monitorConnectionAuthzDN", "monitorConnectionNumber"
_FROM, _SINCE = "monitorConnectionPeerAddress", "monitorConnectionStartTime"


def connections(client: LdapClient) -> dict[str, list[Use]] | None:
    """By DN in normal form (slapd-monitor(5)); None where this run's login can't see them: its own is one."""
    try:
        every = client.search(_PLACE, f"({_WHO}=*)", (_WHO, _NUMBER, _FROM, _SINCE), Within.CHILDREN)
    except (Denied, Rejected):
        return None
    found: dict[str, list[Use]] = {}
    for one in every or ():
        who = by_value(one.one(_WHO))
        use = Use(f"connection {one.one(_NUMBER)}", _host(one.one(_FROM)), moment(one.one(_SINCE)))
        found.setdefault(who, []).append(use)
    return found if by_value(client.identity.removeprefix("dn:")) in found else None


def last_login(entry: Entry) -> Iterator[Use]:
    """At most one."""
    when = max((at for name in LOGINS if (at := moment(entry.one(name))) is not None), default=None)
    if when is not None:
        yield Use("a login", since=when, now=False)


def _host(text: str) -> str:
    """``IP=10.0.0.1:33444`` without the port; a socket's path is this host."""
    kind, _, rest = text.partition("=")
    return rest.rpartition(":")[0] if kind == "IP" else "this host"
