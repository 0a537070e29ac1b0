"""The only user of ldap3: one login at one server. Values go in and out as texts, errors translated."""

from __future__ import annotations

import ssl
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from providers.ldap.connection import LdapConnection, socket_of
from providers.ldap.entry import Entry, Modification, Within
from providers.ldap.errors import NO_SUCH_OBJECT, SUCCESS, Referred, translate
from providers.ldap.settings import LdapSettings
from reconciler.model import Address
from reconciler.provider import Denied, Rejected, Scope, UnknownOutcome, Unreachable, may_write
from reconciler.provider.deadline import STATEMENT_SECONDS, DeadlineError, deadline

with warnings.catch_warnings():
    # ldap3 uses names that pyasn1 has given others since.
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3
    from ldap3.core.exceptions import LDAPCommunicationError, LDAPException
    from pyasn1.error import PyAsn1Error

T = TypeVar("T")

CONNECT_SECONDS = 10
PAGE = 500
"""Entries to a page: the size that servers allow unless told otherwise."""
_PAGED = "1.2.840.113556.1.4.319"
_NOBODY = "anonymous"
_GARBLED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    PyAsn1Error,
    RecursionError,
    TypeError,
    ValueError,
)
"""What ldap3 fails with where a reply isn't one: it decodes what comes, and checks little."""
_SCOPES = {Within.ENTRY: ldap3.BASE, Within.CHILDREN: ldap3.LEVEL, Within.BELOW: ldap3.SUBTREE}


class LdapClient:
    """One login. Calls are serialised; a connection that broke between calls is made anew."""

    def __init__(self, url: str, login: LdapConnection, secret: Mapping[str, str], scope: Scope[LdapSettings]) -> None:
        """Connect and bind. ``secret`` holds ca_cert, bind_dn and password. Raises Unreachable or Denied."""
        self.scope, self.url = scope, url
        self.settings: LdapSettings = scope.settings
        self._login, self._secret = login, dict(secret)
        self._lock = threading.RLock()
        self._connection: ldap3.Connection | None = None
        self.calls = 0
        """Operations sent, for tests and benchmarks."""
        self.seconds = STATEMENT_SECONDS
        """How long an operation may take, whatever the server does."""
        self.page = PAGE
        self.identity = ""
        """Who we are there (RFC 4532): ``dn:cn=writ,dc=example,dc=com``."""
        try:
            self.identity = self._asked("who are we", lambda live: live.extend.standard.who_am_i()) or _NOBODY
        except BaseException:
            self._drop()
            raise

    def address(self, kind: str, key: str) -> Address:
        """The address of an object here."""
        return self.scope.address(kind, key)

    def search(
        self, base: str, filter: str, attributes: Sequence[str], within: Within = Within.BELOW
    ) -> list[Entry] | None:
        """All that is found, page by page (RFC 2696); None where the base isn't there."""
        found: list[Entry] = []
        cookie: bytes | None = None
        while True:
            page = self._page(base, filter, attributes, within, cookie)
            if page is None:
                return None
            entries, cookie = page
            found += entries
            if not cookie:
                return found

    def entry(self, dn: str, attributes: Sequence[str]) -> Entry | None:
        """One entry; None where it isn't there, or this login may not know."""
        found = self.search(dn, "(objectClass=*)", attributes, Within.ENTRY)
        return found[0] if found else None

    def add(self, dn: str, attributes: Mapping[str, Sequence[str]]) -> None:
        """Make an entry. Raises Conflict where it is there."""
        values = {name: [_bytes(one) for one in many] for name, many in attributes.items()}
        self._write(f"add {dn}", lambda live: live.add(dn, attributes=values))

    def modify(self, dn: str, modifications: Sequence[Modification]) -> None:
        """All of them or none, value by value. Raises Moved where one of them is done already."""
        changes: dict[str, list[tuple[str, list[bytes]]]] = {}
        # What goes first: a single value may take another's place.
        for one in sorted(modifications, key=lambda each: each.adds):
            verb = ldap3.MODIFY_ADD if one.adds else ldap3.MODIFY_DELETE
            changes.setdefault(one.attribute, []).append((verb, [_bytes(one.value)]))
        self._write(f"modify {dn}", lambda live: live.modify(dn, changes))

    def delete(self, dn: str) -> None:
        """Remove an entry that has none below it; one that has gone is fine."""
        self._write(f"delete {dn}", lambda live: live.delete(dn), fine=NO_SUCH_OBJECT)

    def close(self) -> None:
        """Log out. Harmless when repeated."""
        with self._lock, suppress(LDAPException, OSError):
            if self._connection is not None:
                self._connection.unbind()
        self._connection = None

    def _page(
        self, base: str, filter: str, attributes: Sequence[str], within: Within, cookie: bytes | None
    ) -> tuple[list[Entry], bytes | None] | None:
        paged = self.page if within is Within.BELOW else None
        what = f"search {base or 'the root'}"
        result, response = self._asked(
            what,
            lambda live: _said(
                live,
                live.search(
                    base,
                    filter,
                    search_scope=_SCOPES[within],
                    dereference_aliases=ldap3.DEREF_NEVER,
                    attributes=list(attributes),
                    paged_size=paged,
                    paged_criticality=True,
                    paged_cookie=cookie,
                    time_limit=int(self.seconds),
                ),
            ),
        )
        if result["result"] == NO_SUCH_OBJECT:
            return None
        _check(result, what)
        if any(one["type"] == "searchResRef" for one in response or ()):
            raise Referred(f"{what}: a part of it is on another server", help="name a base that lies on one server")
        entries = [_entry(one) for one in response or () if one["type"] == "searchResEntry"]
        control = result.get("controls", {}).get(_PAGED)
        return entries, control["value"]["cookie"] if control else None

    def _asked(self, what: str, call: Callable[[ldap3.Connection], T]) -> T:
        """A reading: on a connection that has broken since, once more on a new one."""
        with self._lock:
            self.calls += 1
            was_open = self._is_open
            try:
                return self._bounded(call)
            except LDAPCommunicationError as lost:
                self._drop()
                if not was_open:
                    raise Unreachable(f"{what}: {_words(lost)}", help="is the server up?") from None
            try:
                return self._bounded(call)
            except LDAPCommunicationError as lost:
                self._drop()
                raise Unreachable(f"{what}: {_words(lost)}", help="is the server up?") from None

    def _write(self, what: str, call: Callable[[ldap3.Connection], Any], *, fine: int = SUCCESS) -> None:
        def sent(live: ldap3.Connection) -> tuple[Any, Any]:
            may_write()
            return _said(live, call(live))

        with self._lock:
            self.calls += 1
            self._live()  # a login that fails has written nothing
            try:
                result, _ = self._bounded(sent)
            except (LDAPCommunicationError, Unreachable, Rejected) as lost:  # ldap3 doesn't say whether it had sent it
                self._drop()
                raise UnknownOutcome(f"{what}: no reply came: {_words(lost)}") from None
        if result["result"] != fine:
            _check(result, what)

    def _bounded(self, call: Callable[[ldap3.Connection], T]) -> T:
        live = self._live()
        try:
            with deadline(live.socket.fileno(), self.seconds):
                return call(live)
        except DeadlineError as silence:
            self._drop()
            raise Unreachable(str(silence), help="is the server, or a proxy before it, stuck?") from None
        except LDAPCommunicationError:
            raise
        except LDAPException as failed:
            raise Rejected(f"the request can't be sent: {_words(failed)}") from None
        except _GARBLED as garbled:
            self._drop()
            raise _unreadable(garbled) from None

    @property
    def _is_open(self) -> bool:
        return self._connection is not None and not self._connection.closed

    def _live(self) -> ldap3.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = _opened(self.url, self._login, self._secret, self.seconds)
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            _cut(connection)


class _Tls(ldap3.Tls):  # type: ignore[misc]
    """TLS by Python's own verification, host name included: ldap3's doesn't verify unless it is told to."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context = context

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        """Adds TLS to the connection's socket."""
        connection.socket = self._context.wrap_socket(
            connection.socket, do_handshake_on_connect=do_handshake, server_hostname=connection.server.host
        )


def _opened(url: str, login: LdapConnection, secret: Mapping[str, str], seconds: float) -> ldap3.Connection:
    """Connected, encrypted and bound. Raises Unreachable, Denied or Rejected."""
    encrypted = url.startswith("ldaps:") or login.start_tls
    server = ldap3.Server(
        f"ldapi://{socket_of(url)}" if url.startswith("ldapi:") else url,
        get_info=ldap3.NONE,
        tls=_Tls(_context(secret)) if encrypted else None,
        connect_timeout=CONNECT_SECONDS,
        allowed_referral_hosts=[],
    )
    external = login.method == "external"
    connection = ldap3.Connection(
        server,
        user=None if external else secret["bind_dn"],
        password=None if external else secret["password"],
        authentication=ldap3.SASL if external else ldap3.SIMPLE,
        sasl_mechanism=ldap3.EXTERNAL if external else None,
        sasl_credentials="" if external else None,
        client_strategy=ldap3.SYNC,
        auto_referrals=False,
        auto_range=False,
        check_names=False,
        receive_timeout=int(seconds),
    )
    try:
        connection.open(read_server_info=False)
        with deadline(connection.socket.fileno(), seconds):
            if login.start_tls:
                connection.start_tls(read_server_info=False)
            result, _ = _said(connection, connection.bind(read_server_info=False))
    except (LDAPException, DeadlineError, OSError, ssl.SSLError) as failed:
        _cut(connection)
        raise _unopened(url, failed) from None
    except _GARBLED as garbled:
        _cut(connection)
        raise _unreadable(garbled) from None
    if result["result"] != SUCCESS:
        _cut(connection)
        raise translate(result["result"], result["description"], result["message"], f"login at {url}")
    return connection


def _cut(connection: ldap3.Connection) -> None:
    """Close it, also where ldap3 takes one that was never opened for closed."""
    socket = connection.socket
    with suppress(LDAPException, OSError, AttributeError):
        connection.strategy.close()
    if socket is not None:
        socket.close()


def _context(secret: Mapping[str, str]) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=secret["ca_cert"] or None)
    except (OSError, ssl.SSLError) as wrong:
        raise Denied(f"the certificates of ca_cert can't be used: {wrong}", help="name a PEM file") from None


def _unopened(url: str, failed: Exception) -> Exception:
    words = _words(failed)
    if "CERTIFICATE_VERIFY_FAILED" in words or "certificate verify failed" in words:
        return Denied(f"{url} isn't who it should be: {words}", help="check ca_cert, and the name in the url")
    return Unreachable(f"{url} can't be reached: {words}", help="check the url, and that the server is up")


def _unreadable(garbled: Exception) -> Unreachable:
    why = f"a reply that can't be read ({type(garbled).__name__})"
    return Unreachable(why, help="is that an LDAP server, or is something between damaging its replies?")


def _said(live: ldap3.Connection, _: object) -> tuple[Mapping[str, Any], Any]:
    """What the server said to the call that was just made: its result, and what it found."""
    return live.result, live.response


def _check(result: Mapping[str, Any], what: str) -> None:
    if result["result"] != SUCCESS:
        raise translate(result["result"], result["description"], result["message"], what)


def _entry(found: Mapping[str, Any]) -> Entry:
    raw: Mapping[str, Sequence[bytes]] = found["raw_attributes"]
    values = {name.lower(): tuple(_text(one) for one in many) for name, many in raw.items()}
    return Entry(_text(found["raw_dn"]), values)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _words(failed: BaseException) -> str:
    return " ".join(str(failed).split()) or type(failed).__name__
