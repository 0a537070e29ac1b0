"""From a connection and the environment to a logged-in client."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from providers.vault.client import VaultClient
from providers.vault.connection import VaultConnection
from providers.vault.login import log_in
from providers.vault.proxy import proxy_for
from providers.vault.settings import VaultSettings
from providers.vault.transport import Origin, Transport
from providers.vault.variables import variable
from reconciler.provider import ProviderError, Rejected, Scope

_DEFAULT = "https://127.0.0.1:8200"


def connect(scope: Scope[VaultSettings], connection: VaultConnection, environ: Mapping[str, str]) -> VaultClient:
    """A client that is logged in at an unsealed server. Raises ProviderError."""
    client = anonymous(scope, connection, environ)
    try:
        log_in(client, connection.login, environ)
    except ProviderError:
        client.close()
        raise
    return client


def anonymous(scope: Scope[VaultSettings], connection: VaultConnection, environ: Mapping[str, str]) -> VaultClient:
    """A client without any token, at an unsealed server: whoever uses it logs in. Raises ProviderError."""
    client = VaultClient(_transport(connection, environ), _setting(connection.namespace, "NAMESPACE", environ), scope)
    try:
        client.health()
    except ProviderError:
        client.close()
        raise
    return client


def _setting(given: str | None, name: str, environ: Mapping[str, str]) -> str:
    """The connection's field, else what the variable says."""
    return given if given is not None else variable(name, environ)[1]


def _transport(connection: VaultConnection, environ: Mapping[str, str]) -> Transport:
    address = _setting(connection.address, "ADDR", environ) or _DEFAULT
    try:
        VaultConnection(address=address)  # what a variable says must be as good as what the file says
        origin = Origin.of(address)
    except ValueError:
        named, _ = variable("ADDR", environ)
        raise Rejected(
            f"{named} is not an address of scheme, host and port", help="such as https://vault.example.com:8200"
        ) from None
    tls = _tls(connection, environ) if origin.scheme == "https" else None
    name = _setting(connection.tls_server_name, "TLS_SERVER_NAME", environ)
    return Transport(origin, tls=tls, server_name=name, proxy=proxy_for(origin.scheme, origin.host, environ))


def _tls(connection: VaultConnection, environ: Mapping[str, str]) -> ssl.SSLContext:
    named, skip = variable("SKIP_VERIFY", environ)
    if skip.lower() in {"1", "t", "true"}:
        raise Rejected(f"{named} is set, but certificates are always checked", help="set VAULT_CACERT instead")
    ca_file = _setting(connection.ca_cert, "CACERT", environ)
    ca_path = "" if ca_file else _setting(connection.ca_path, "CAPATH", environ)
    cert = _setting(connection.client_cert, "CLIENT_CERT", environ)
    try:
        context = ssl.create_default_context(cafile=ca_file or None, capath=ca_path or None)
        if cert:
            context.load_cert_chain(cert, _setting(connection.client_key, "CLIENT_KEY", environ) or None)
    except OSError as failed:
        files = ", ".join(name for name in (ca_file, ca_path, cert) if name)
        raise Rejected(f"cannot use {files}: {failed.strerror or failed}", help="PEM files are expected") from None
    return context
