"""The server's SQLSTATE (PostgreSQL documentation, appendix A) to the contract's errors. No secret: only its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reconciler.provider import Conflict, Denied, ProviderError, Rejected, Throttled, Unreachable

_BUSY = frozenset({"40001", "40P01", "55P03", "57014", "55006"})
_DOWN = frozenset({"57P01", "57P02", "57P03", "57P04", "57P05", "53300", "25P03"})
_OURS = ("FATAL:", "no password supplied", "certificate", "authentication method", "does not support SSL")
_TRANSIENT_FATALS = ("starting up", "shutting down", "recovery", "too many", "remaining connection slots")


@dataclass(frozen=True, slots=True)
class ServerMessage:
    """What the server said."""

    sqlstate: str
    primary: str
    detail: str = ""
    hint: str = ""

    @property
    def text(self) -> str:
        """Message and detail in one line."""
        joined = f"{self.primary}: {self.detail}" if self.detail else self.primary
        return " ".join(joined.split())


def _denied(said: ServerMessage) -> ProviderError:
    return Denied(
        said.text,
        help=said.hint
        or "the operator's login needs CREATEROLE and ADMIN alone on the managed roles (GRANT role TO login WITH ADMIN "
        "TRUE, INHERIT FALSE, SET FALSE), and must own what it grants, or be a member of its owner; what a superuser "
        "gave, a superuser takes back",
    )


def _dependent(said: ServerMessage) -> ProviderError:
    return Rejected(
        f"something still depends on it: {said.text}",
        help="revoke, reassign or drop what is listed (in the database that it names), then plan again",
    )


def _read_only(said: ServerMessage) -> ProviderError:
    return Rejected(said.text, help="this is a standby or a read-only database: connect to the primary")


_BY_STATE: Mapping[str, Callable[[ServerMessage], ProviderError]] = {
    "42501": _denied,
    "0LP01": _denied,
    "2BP01": _dependent,
    "25006": _read_only,
    "42710": lambda said: Conflict(said.text, help="somebody made it since the plan; plan again"),
}


def translate(said: ServerMessage) -> ProviderError:
    """The error for a statement that failed; it was rolled back, so nothing was done."""
    known = _BY_STATE.get(said.sqlstate)
    if known is not None:
        return known(said)
    if said.sqlstate in _BUSY or "tuple concurrently" in said.primary:
        return Throttled(f"the catalogue is busy: {said.text}")
    if not said.sqlstate or said.sqlstate in _DOWN or said.sqlstate.startswith("08"):
        return Unreachable(said.text or "the connection was lost", help="is the server up?")
    if said.sqlstate.startswith("28"):
        return Denied(said.text, help="check the connection's user and how it proves itself")
    return Rejected(f"{said.text} (SQLSTATE {said.sqlstate})", help=said.hint)


def translate_login(message: str) -> ProviderError:
    """The error for a connection that wasn't made: libpq gives its words only.

    Its words hold host, port, user and database, and never the password.
    """
    words = " ".join(message.split())
    if not any(sign in words for sign in _OURS) or any(sign in words for sign in _TRANSIENT_FATALS):
        return Unreachable(words, help="check host, port and sslmode, and that the server is up")
    return Denied(
        words, help="check the connection's user, database and how it proves itself (passfile, PGPASSWORD, …)"
    )
