"""From a connection block to a client that is logged in to the server that the specs mean."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

from providers.mysql.client import VERSION, MysqlClient
from providers.mysql.connection import MysqlConnection, is_private
from providers.mysql.retiring.sql import HAS_ROLE
from providers.mysql.settings import MysqlSettings
from reconciler.provider import Denied, Minted, Pair, Rejected, Scope, Unreachable, text_from
from specs.redaction import keep

_OLDEST = (10, 11)
_PORT = 3306


def connect(scope: Scope[MysqlSettings], connection: MysqlConnection, environ: Mapping[str, str]) -> MysqlClient:
    """Log in, and make sure that this is a server that Writ knows."""
    client = MysqlClient(_parameters(scope.system, connection, environ), scope)
    try:
        _verify(client)
    except BaseException:
        client.close()
        raise
    return client


def enter(
    scope: Scope[MysqlSettings],
    connection: MysqlConnection,
    environ: Mapping[str, str],
    pair: Pair,
    minted: Minted,
) -> str:
    """Log in where the operator does, with a minted login alone, and see that it has the pair's role."""
    keep(minted.password)
    where = connection.model_dump(include={"host", "port", "socket", "ssl_ca"})
    block = MysqlConnection.model_validate(where | {"user": minted.username})
    own = {**environ, "MYSQL_PWD": minted.password}
    role = f"{scope.settings.role_prefix}{pair.name}"
    client = MysqlClient(_parameters(scope.system, block, own), scope)
    try:
        joined = client.query(HAS_ROLE, (role,))
    finally:
        client.close()
    if not joined:
        raise Rejected(f"{client.account} was let in, but hasn't the role {role}")
    return f"{client.account} logged in"


def _parameters(system: str, connection: MysqlConnection, environ: Mapping[str, str]) -> dict[str, Any]:
    if not connection.user:
        raise Denied("nobody to log in as", help=f"user in {system}'s connection")
    found: dict[str, Any] = {"user": connection.user, "password": _password(connection, environ)}
    host = connection.host or ("" if connection.socket else environ.get("MYSQL_HOST", ""))
    socket = connection.socket or ("" if host else environ.get("MYSQL_UNIX_PORT", ""))
    if socket:
        return found | {"unix_socket": socket, "ssl_disabled": True}
    if not host:
        raise Unreachable("no host and no socket", help=f"host or socket in {system}'s connection, or MYSQL_HOST")
    plain = is_private(host) and not connection.ssl_ca
    encrypted = {"ssl_disabled": True} if plain else {"ssl": _context(connection.ssl_ca)}
    return found | {"host": host, "port": _port(connection, environ)} | encrypted


def _port(connection: MysqlConnection, environ: Mapping[str, str]) -> int:
    given = environ.get("MYSQL_TCP_PORT", "")
    if connection.port is None and given and not given.isdecimal():
        raise Rejected("MYSQL_TCP_PORT is no number", help="set it to the server's port")
    return connection.port or int(given or _PORT)


def _context(ca: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca or None)
    except (OSError, ssl.SSLError) as wrong:
        raise Denied(f"the certificates of ssl_ca can't be used: {wrong}", help="name a PEM file") from None


def _password(connection: MysqlConnection, environ: Mapping[str, str]) -> str:
    """Empty where no source is named: a socket may say who we are (unix_socket)."""
    if not connection.sources:
        found = environ.get("MYSQL_PWD", "")
        keep(found)
        return found
    way, value = connection.sources[0]
    text, where = text_from(way, value, environ, help=f"check password_{way}")
    found = text.removesuffix("\n").removesuffix("\r")
    keep(found)
    if not found:
        raise Denied(f"{where} is empty", help="it must hold the password")
    return found


def check_version(text: str) -> None:
    """Raises Rejected for a server that isn't known."""
    found = VERSION.match(text)
    if found is None:
        raise Rejected(
            f"this is no MariaDB: {text}",
            help="only MariaDB is known: MySQL keeps roles, and who has them, in another way",
        )
    if (int(found[1]), int(found[2])) < _OLDEST:
        raise Rejected(f"MariaDB {text} is too old", help="10.11 and later are supported")


def _verify(client: MysqlClient) -> None:
    check_version(client.version_text)
    minter = client.scope.settings.minting
    if minter is not None and minter == client.account:
        raise Rejected(f"logged in as {minter}, which is the minter", help="give Writ a login of its own")
