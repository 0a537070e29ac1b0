"""HTTP to one Vault address over pooled keep-alive connections of http.client.

Four times as fast as requests (hvac's own transport), because nothing is done twice: the bulk of a plan is
thousands of small GETs.
"""

from __future__ import annotations

import http.client
import select
import socket
import ssl
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from providers.vault.proxy import Proxy
from providers.vault.redact import redact
from reconciler.provider import Fenced, Rejected, UnknownOutcome, Unreachable, may_write

_SECONDS = 60.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

_WANTS_TLS = b"Client sent an HTTP request to an HTTPS server"
"""What Go's net/http answers (server.go, tlsRecordHeaderLooksLikeHTTP)."""


class Origin(NamedTuple):
    """Scheme, host and port: where a token may be sent."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @classmethod
    def of(cls, url: str) -> Origin:
        """The origin of an http or https URL. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("not an http or https URL")
        return cls(parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whole."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


class _Lost(Exception):  # noqa: N818
    """The connection broke after something was sent: text says how."""


class _Connection(http.client.HTTPConnection):
    """One connection, with TLS where the context says so, through a proxy where one is set."""

    def __init__(self, origin: Origin, tls: ssl.SSLContext | None, server_name: str, proxy: Proxy | None) -> None:
        first = proxy if proxy is not None else origin
        super().__init__(first.host, first.port, timeout=_SECONDS)
        self._origin, self._tls, self._server_name = origin, tls, server_name
        if proxy is not None and tls is not None:
            self.set_tunnel(origin.host, origin.port, dict(proxy.headers))

    def connect(self) -> None:
        """Connect; small requests leave at once (http.client sets TCP_NODELAY)."""
        super().connect()
        if self._tls is not None:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._server_name or self._origin.host)

    @property
    def dropped(self) -> bool:
        """Whether the server closed it while it was idle: an idle connection has nothing to read."""
        sock: socket.socket | None = self.sock
        if sock is None:
            return True
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0))


class Transport:
    """Sends requests to one origin, from any thread. Raises Unreachable, UnknownOutcome and Rejected."""

    def __init__(
        self, origin: Origin, *, tls: ssl.SSLContext | None = None, server_name: str = "", proxy: Proxy | None = None
    ) -> None:
        self.origin = origin
        self._tls, self._server_name, self._proxy = tls, server_name, proxy
        self._idle: deque[_Connection] = deque()
        self._closed = False

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None, *, reads: bool) -> Reply:
        """One request. ``reads`` says that it changes nothing, so a lost reply is no unknown outcome."""
        if self._proxy is not None and self._tls is None:
            target, headers = f"{self.origin}{target}", {**headers, **self._proxy.headers}
        try:
            reply = self._exchange(method, target, headers, body, reads=reads, again=reads)
        except _Lost as lost:
            if reads:
                raise Unreachable(f"{self.origin} broke off: {lost}") from None
            raise UnknownOutcome(
                f"{self.origin} broke off after {method} was sent: {lost}",
                help="the next plan reads back what was done",
            ) from None
        return self._checked(reply)

    def _exchange(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None, *, reads: bool, again: bool
    ) -> Reply:
        connection, reused = self._take()
        try:
            if not reads:
                may_write()  # as late as can be
            connection.request(method, target, body, dict(headers))
            response = connection.getresponse()
            reply = Reply(response.status, response.headers, response.read())
        except Fenced:
            connection.close()
            raise
        except (http.client.HTTPException, OSError) as failed:
            connection.close()
            # A server may close an idle connection at the moment it is used.
            if again and reused and isinstance(failed, http.client.RemoteDisconnected | ConnectionError):
                return self._exchange(method, target, headers, body, reads=reads, again=False)
            raise _Lost(_reason(failed)) from None
        if response.will_close or self._closed:
            connection.close()
        else:
            self._idle.append(connection)
        return reply

    def _take(self) -> tuple[_Connection, bool]:
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread took the last one
                break
            if not connection.dropped:
                return connection, True
            connection.close()
        connection = _Connection(self.origin, self._tls, self._server_name, self._proxy)
        try:
            connection.connect()
        except (OSError, http.client.HTTPException) as failed:
            connection.close()
            raise Unreachable(
                f"cannot connect to {self.origin}: {_reason(failed)}", help="check the address, the CA and the network"
            ) from None
        return connection, False

    def _checked(self, reply: Reply) -> Reply:
        if reply.status == 400 and _WANTS_TLS in reply.body:
            raise Rejected(f"{self.origin} speaks TLS only", help="write the address with https://")
        if reply.status not in _REDIRECTS:
            return reply
        # A standby names the active node. Our token goes to the configured address only.
        try:
            where = str(Origin.of(reply.headers.get("Location", "")))
        except ValueError:
            where = "another address"
        raise Rejected(
            f"{self.origin} redirects to {where}; the token is sent to the configured address only",
            help="set the connection's address to the active node or to the load balancer before it",
        )

    def close(self) -> None:
        """Close what is idle. A request under way closes its own."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()


def _reason(failed: Exception) -> str:
    if isinstance(failed, TimeoutError):
        return f"no answer within {_SECONDS:.0f} s"
    if isinstance(failed, http.client.IncompleteRead):
        return "the reply was cut"
    if isinstance(failed, OSError) and failed.strerror:
        return redact(failed.strerror)
    return redact(str(failed) or type(failed).__name__)
