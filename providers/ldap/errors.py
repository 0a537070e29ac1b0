"""The server's result codes (RFC 4511, appendix A) as the contract's errors. No secret: only its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.provider import Conflict, Denied, ProviderError, Rejected, Throttled, Unreachable

SUCCESS, NO_SUCH_ATTRIBUTE, VALUE_EXISTS, NO_SUCH_OBJECT = 0, 16, 20, 32
_LIMIT_HELP = "raise the login's limits: `writ permissions plan` prints the line"
_LOGIN_HELP = "check bind_dn and the password's source"


class Moved(Conflict):
    """A value that was to go has gone, or one that was to come is there: what is there is to be looked at again."""


class Referred(Rejected):
    """Another server has it."""


def _limit(said: str) -> ProviderError:
    return Rejected(f"the server cut its answer short: {said}", help=_LIMIT_HELP)


def _login(said: str) -> ProviderError:
    return Denied(said, help=_LOGIN_HELP)


_BY_CODE: Mapping[int, Callable[[str], ProviderError]] = {
    3: _limit,
    4: _limit,
    7: lambda said: Denied(said, help="the server doesn't offer this method"),
    8: lambda said: Denied(said, help="use ldaps://, or start_tls"),
    10: lambda said: Referred(said, help="this server refers to another: name that one in the connection"),
    11: _limit,
    12: lambda said: Rejected(said, help="the server lacks paged results (RFC 2696)"),
    13: lambda said: Denied(said, help="use ldaps://, or start_tls"),
    NO_SUCH_ATTRIBUTE: Moved,
    VALUE_EXISTS: Moved,
    48: _login,
    49: _login,
    50: lambda said: Denied(said, help="`writ permissions apply` prints what the login needs"),
    51: Throttled,
    52: lambda said: Unreachable(said, help="is the server up?"),
    66: lambda said: Rejected(said, help="entries lie below it: remove them by hand"),
    68: lambda said: Conflict(said, help="somebody made it since the plan; plan again"),
}


def translate(code: int, name: str, message: str, what: str) -> ProviderError:
    """The error for an operation that the server refused, so that nothing was done.

    ``name``: of the code; ``message``: the server's own words, if any; ``what``: what was tried, for people.
    """
    words = " ".join(message.split())
    said = f"{what}: {words or name} (LDAP result {code})"
    known = _BY_CODE.get(code)
    return known(said) if known is not None else Rejected(said)
