"""The proxy that the environment names, as Go's net/http (and so the vault command) understands it."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from reconciler.provider import Rejected
from specs.redaction import keep


class Proxy(NamedTuple):
    """An HTTP proxy, and the headers that it wants from us."""

    host: str
    port: int
    headers: Mapping[str, str]


def proxy_for(scheme: str, host: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy for a host: HTTP_PROXY or HTTPS_PROXY unless NO_PROXY or loopback says otherwise.

    Raises Rejected for a proxy URL that isn't http.
    """
    url = _variable(environ, f"{scheme}_proxy")
    if not url or _loopback(host) or _excluded(host, _variable(environ, "no_proxy")):
        return None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http" or not parts.hostname:
        raise Rejected(f"{scheme.upper()}_PROXY is not an http:// URL", help="use an HTTP proxy, or NO_PROXY")
    headers: dict[str, str] = {}
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        keep(parts.password or "", unquote(parts.password or ""), base64.b64encode(login).decode())
        headers["Proxy-Authorization"] = f"Basic {base64.b64encode(login).decode()}"
    return Proxy(parts.hostname, parts.port or 80, headers)


def _variable(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name.upper()) or environ.get(name) or ""


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _excluded(host: str, no_proxy: str) -> bool:
    return any(_matches(host, entry.strip().lower()) for entry in no_proxy.split(",") if entry.strip())


def _matches(host: str, entry: str) -> bool:
    address = _address(host)
    if address is not None and "/" in entry:
        try:
            return address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    name = entry.rpartition(":")[0] if entry.count(":") == 1 else entry
    return entry == "*" or host == name or host.endswith(f".{name.lstrip('*').lstrip('.')}")
