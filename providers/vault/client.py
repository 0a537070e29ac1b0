"""hvac over our own transport: the only module that imports it."""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import hvac
import hvac.adapters
import hvac.exceptions

from providers.vault.errors import InvalidToken
from providers.vault.replies import document, failure, nothing_there
from providers.vault.settings import VaultSettings
from providers.vault.tokens import Tokens
from providers.vault.transport import Transport
from reconciler.provider import (
    Denied,
    ProviderError,
    Rejected,
    Scope,
    Throttled,
    UnknownOutcome,
    Unreachable,
)

T = TypeVar("T")
R = TypeVar("R")
log = logging.getLogger("writ")

READERS = 8
"""Requests in flight while reading in bulk."""
_TRIES = 6
"""Calls for one reading while the server asks to slow down."""
_LONGEST_PAUSE = 10.0
_TOKEN = "X-Vault-Token"  # noqa: S105 - a header's name
_ANY_TOKEN = ("auth/token/lookup-self", "sys/internal/ui/mounts")
"""Readings that tell a token without rights from one that isn't valid: the second needs none, on every server."""


class _Adapter(hvac.adapters.Adapter):  # type: ignore[misc]  # hvac is untyped
    """hvac's way to the wire. Returns the JSON object of a reply, None where it has no body."""

    def __init__(self, transport: Transport, namespace: str) -> None:
        super().__init__(base_uri=str(transport.origin), namespace=namespace or None)
        self._transport = transport
        self.tokens = Tokens(self.revoke)

    def revoke(self, token: str) -> None:
        """Hand back a token that we logged in for."""
        if not token:
            return
        try:
            self.post("/v1/auth/token/revoke-self", headers={_TOKEN: token})
        except ProviderError as failed:
            origin = self._transport.origin
            log.warning("%s: our token was not revoked, and ends by itself: %s", origin, failed.message)

    def get_login_token(self, response: dict[str, Any]) -> str:
        token: str = (response.get("auth") or {}).get("client_token") or ""
        return token

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        raise_exception: bool = True,  # noqa: ARG002 - hvac's signature; failures always raise
        **kwargs: Any,
    ) -> dict[str, Any] | None:
        if headers and _TOKEN in headers:
            return self._send(method, url, headers[_TOKEN], **kwargs)
        token = str(self.token or "")
        try:
            return self._carrying(token, method, url, **kwargs)
        except Denied:
            if token != str(self.token or ""):  # we logged in again meanwhile, and what is denied was not done
                return self._carrying(str(self.token or ""), method, url, **kwargs)
            if token and not url.endswith("/login") and self._has_ended(token):
                raise InvalidToken(str(self._transport.origin)) from None
            raise

    def _carrying(self, token: str, method: str, url: str, **kwargs: Any) -> dict[str, Any] | None:
        with self.tokens.used(token):
            return self._send(method, url, token, **kwargs)

    def _has_ended(self, token: str) -> bool:
        """Whether the server knows the token no more. What says so are readings that need no right but a token."""
        try:
            for path in _ANY_TOKEN:
                if self._transport.send("GET", f"/v1/{path}", self._headers(token), None, reads=True).status != 403:
                    return False
        except ProviderError:
            return False  # not known: what was denied is the news
        return True

    def _send(self, method: str, url: str, token: str, **kwargs: Any) -> dict[str, Any] | None:
        method, path = method.upper(), url.strip("/")
        reads = bool(kwargs.get("reads", method in {"GET", "LIST", "HEAD"}))
        params = kwargs.get("params")
        target = f"/{quote(path, safe='/')}{'?' + urlencode(params) if params else ''}"
        body = None if kwargs.get("json") is None else json.dumps(kwargs["json"]).encode()
        reply = self._transport.send(method, target, self._headers(token), body, reads=reads)
        found = document(reply)
        path = path.removeprefix("v1/")
        if reads and nothing_there(reply, found):
            raise hvac.exceptions.InvalidPath
        if reply.status >= 400:
            raise failure(reply, str(self._transport.origin), "LIST" if params else method, path, reads=reads)
        if found is None and reply.body.strip():
            error = Unreachable if reads else UnknownOutcome
            raise error(f"{self._transport.origin} answered {path} with something that isn't Vault's JSON")
        return found

    def _headers(self, token: str) -> dict[str, str]:
        headers = {"X-Vault-Request": "true"}
        if token:
            headers[_TOKEN] = token
        if self.namespace:
            headers["X-Vault-Namespace"] = self.namespace
        return headers


class VaultClient:
    """A login at one Vault, usable from any thread. Every call raises ProviderError and nothing else."""

    def __init__(self, transport: Transport, namespace: str, scope: Scope[VaultSettings]) -> None:
        self.scope = scope
        self._transport = transport
        self.namespace = f"namespace {namespace.strip('/')}" if namespace.strip("/") else ""
        """For people; empty for the root namespace."""
        self._adapter = _Adapter(transport, namespace)
        # hvac would look for a token of its own if it were given None.
        self.hvac = hvac.Client(url=str(transport.origin), token="", verify=True, adapter=lambda **_: self._adapter)
        self._log_in: Callable[[VaultClient], float] | None = None
        self._renew_at = 0.0
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="vault")
        self._mounts: dict[str, Any] | None = None
        self.connections_lock = threading.Lock()
        """Held while a database connection is read, changed and written."""
        self.groups_lock = threading.Lock()
        """Held while a group's members are read, changed, written and read back."""
        self.left_groups: set[tuple[str, str]] = set()
        """(group's id, entity's id) of each membership that was taken away: no later write may bring one back."""
        self.foreign_roles: set[str] = set()
        """Database roles with our prefix that the last bulk reading knew for another environment's, by key."""
        self.former_roles: set[str] = set()
        """Database roles that are wanted or recorded, whatever their prefix, by key: ours too."""

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return str(self._transport.origin)

    def use_token(self, token: str) -> None:
        """Use a token that the operator gave: never renewed and never revoked by us."""
        self.hvac.token = token

    def use_login(self, log_in: Callable[[VaultClient], float]) -> None:
        """Log in now, again before the token ends, and revoke it on close. ``log_in`` returns the token's seconds."""
        self._log_in = log_in
        self._fresh()

    def _fresh(self) -> None:
        if self._log_in is None or time.monotonic() < self._renew_at:
            return
        with self._lock:
            if time.monotonic() >= self._renew_at:
                before = str(self.hvac.token or "")
                seconds = self._log_in(self)
                self._renew_at = time.monotonic() + (seconds * 0.7 if seconds > 0 else float("inf"))
                self._adapter.tokens.retire(before)

    def get(self, path: str) -> dict[str, Any] | None:
        """The ``data`` of a GET; None if nothing is there."""
        self._fresh()
        return _patient(lambda: _data(self.hvac.read(path)))

    def list(self, path: str) -> dict[str, Any] | None:
        """The ``data`` of a LIST (``keys``, perhaps ``key_info``); None if nothing is there."""
        self._fresh()
        found = _patient(lambda: _data(self.hvac.list(path)))
        if found is not None and not isinstance(found.get("keys"), list):
            raise Rejected(f"{self.origin} answered the list of {path} without keys", help="check any proxy before it")
        return found

    def supports(self, path: str) -> dict[str, Any] | None:
        """The ``data`` of a LIST that not every server has; None where it hasn't."""
        try:
            return self.list(path)
        except InvalidToken:
            raise
        except (Rejected, Denied):  # an older server doesn't know it, and who may not use it has the slower way
            return None

    def ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """The ``data`` of a POST that only reads."""
        self._fresh()
        try:
            return _patient(lambda: _data(self._adapter.post(f"/v1/{path}", json=dict(body), reads=True)))
        except hvac.exceptions.InvalidPath:
            return None

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """A write."""
        self._fresh()
        reply = self.hvac.write_data(path, data=dict(body)) or {}
        data = reply.get("data")
        return data if isinstance(data, dict) else None

    def delete(self, path: str) -> None:
        """A deletion; what is gone already is fine."""
        self._fresh()
        self.hvac.delete(path)

    def each(self, function: Callable[[T], R], items: Iterable[T]) -> Sequence[R]:
        """``function`` of each item, in order, several at once: for reading in bulk."""
        return tuple(self._pool.map(function, items))

    def auth_mounts(self, *, again: bool = False) -> Mapping[str, Any]:
        """Auth mounts by path without the trailing slash. Remembered until ``again`` or forget_mounts."""
        if self._mounts is None or again:
            found = self.get("sys/auth")
            if found is None:
                raise Rejected(f"{self.origin} has no such namespace, or is no Vault", help="check VAULT_NAMESPACE")
            self._mounts = {path.rstrip("/"): mount for path, mount in found.items() if isinstance(mount, dict)}
        return self._mounts

    def forget_mounts(self) -> None:
        """After a mount was made or removed."""
        self._mounts = None

    def health(self) -> dict[str, Any]:
        """Version and cluster. Raises Unreachable while the server is sealed or not initialised."""
        reply = self._transport.send(
            "GET", "/v1/sys/health?standbyok=true&perfstandbyok=true", {"X-Vault-Request": "true"}, None, reads=True
        )
        if reply.status in {501, 503}:
            raise failure(reply, self.origin, "GET", "sys/health", reads=True)
        return document(reply) or {}

    def close(self) -> None:
        """Revoke a token that we got by logging in; free connections and threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        if self._log_in is not None:
            self._adapter.tokens.revoke_retired()
            self._adapter.revoke(str(self.hvac.token or ""))
        self._log_in, self.hvac.token = None, ""
        self._transport.close()


def _data(reply: dict[str, Any] | None) -> dict[str, Any] | None:
    """What a reading found; None where nothing is there. Raises Unreachable where data is no object."""
    if reply is None:
        return None
    data = reply.get("data")
    if not isinstance(data, dict):
        raise Unreachable("a reply that isn't Vault's: its data is no object", help="check the address")
    return data


def _patient(read: Callable[[], R]) -> R:
    """A reading, repeated as long as the server asks to slow down: some 10 s in all where it doesn't say how long."""
    for attempt in range(1, _TRIES):
        try:
            return read()
        except Throttled as told:
            time.sleep(_pause(told, attempt))
    return read()


def _pause(told: Throttled, attempt: int) -> float:
    """Seconds: what the server asks for, or longer each time."""
    asked: float = min(max(told.retry_after, 0.2 * 2**attempt), _LONGEST_PAUSE)
    return asked * random.uniform(0.5, 1.5)  # noqa: S311 - jitter
