"""The server's error numbers (MariaDB documentation) as the contract's errors. No secret: only its words."""

from __future__ import annotations

from reconciler.provider import Conflict, Denied, ProviderError, Rejected, Throttled, Unreachable

LOST = frozenset({0, 2000, 2003, 2006, 2013, 2014, 2055, 1927, 1053, 4031})
"""The connection, before or while something was asked: CR_* of the client, and a server that shuts down."""
_FULL = frozenset({1040, 1203, 1226})
_BUSY = frozenset({1205, 1213, 1969, 3024, 1317, 1015, 1099})
_LOGIN = frozenset({1045, 1698, 1820, 1862, 1251, 2054, 4151})
_DENIED = frozenset({1044, 1142, 1143, 1227, 1370, 1410, 1873, 4078})
_NO_SUCH_GRANT = frozenset({1141, 1147, 1403, 1962})
_GONE = frozenset({1146, 1054, 1305, 1049, 1959, 1133, 1449})
_READ_ONLY = frozenset({1290, 1836, 1792})
_CANNOT_USER = 1396
_HELP_DENIED = (
    "the operator's login needs CREATE USER, each privilege that intents name WITH GRANT OPTION, and the managed roles "
    "WITH ADMIN OPTION, which whoever made them has: `writ permissions apply` prints it; what somebody with more "
    "rights gave, somebody with these rights takes back"
)


class Gone(Conflict):
    """What was to be taken away isn't there any more."""


def translate(code: int, text: str, *, at_login: bool = False) -> ProviderError:
    """The error for a statement that the server refused."""
    words = " ".join(text.split())
    said = f"{words} (error {code})" if code else words
    known = _transient(code, said) or _refused(code, said, at_login=at_login)
    return known or Rejected(said)


def _transient(code: int, said: str) -> ProviderError | None:
    if code in LOST:
        return Unreachable(said or "the connection was lost", help="check host and port, and that the server is up")
    if code in _FULL:
        return Throttled(said, help="the server allows no more connections for now")
    return Throttled(f"the catalogue is busy: {said}") if code in _BUSY else None


def _refused(code: int, said: str, *, at_login: bool) -> ProviderError | None:
    if code in _LOGIN and at_login:
        return Denied(said, help="check user, the password's source, and from where this account may log in")
    if code in _DENIED or code in _LOGIN:
        return Denied(said, help=_HELP_DENIED)
    if code in _NO_SUCH_GRANT:
        return Gone(said, help="plan again")
    if code in _GONE:
        return Rejected(said, help="was it dropped since the plan?")
    if code in _READ_ONLY:
        return Rejected(said, help="this server is read-only: connect to the primary")
    return (
        Conflict(said, help="somebody made it, or dropped it, since the plan; plan again")
        if code == _CANNOT_USER
        else None
    )
