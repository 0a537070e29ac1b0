"""The only user of psycopg: one connection, statements composed of quoted parts, errors translated."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString, TypeAlias

import psycopg
from psycopg import pq, sql

from providers.postgres.connection import PostgresConnection
from providers.postgres.errors import ServerMessage, translate, translate_login
from providers.postgres.names import Column, Ident, Words
from providers.postgres.retiring.sql import IN_GROUP
from providers.postgres.settings import PostgresSettings
from providers.postgres.sql import CLUSTER, WHERE_WE_ARE
from reconciler.model import Address
from reconciler.provider import Denied, Fenced, Minted, Pair, Rejected, Scope, UnknownOutcome, Unreachable, may_write
from reconciler.provider.deadline import STATEMENT_SECONDS, DeadlineError, deadline
from specs.redaction import keep

Part: TypeAlias = Ident | Column | Words | str
Row: TypeAlias = tuple[Any, ...]

CONNECT_SECONDS = 10
# Names are qualified, or the server's own. A run that was stopped within a transaction is cut off, for whoever takes
# over waits for its rows.
_SESSION: LiteralString = (
    "SET search_path = ''; SET statement_timeout = '30s'; SET lock_timeout = '10s'; SET client_min_messages = 'error'; "
    "SET idle_in_transaction_session_timeout = '8s'"
)
# Otherwise a role's creator makes itself a member, which no spec declares (16+).
_NO_SELF_GRANT: LiteralString = "; SET createrole_self_grant = ''"


class PostgresClient:
    """One login in one database. Calls are serialised; a connection that broke between calls is made anew."""

    def __init__(self, parameters: Mapping[str, str], scope: Scope[PostgresSettings]) -> None:
        """Connect. Raises Unreachable or Denied."""
        self.scope = scope
        self._parameters = dict(parameters)
        self._lock = threading.RLock()
        self._connection: psycopg.Connection[Row] | None = None
        self.queries = 0
        """Statements sent, for tests and benchmarks."""
        self.seconds = STATEMENT_SECONDS
        """How long a statement may take, whatever the server does."""
        with _translated(), self._bounded() as connection:
            row = connection.execute(WHERE_WE_ARE).fetchall()[0]
        self.user: str = row[0]
        self.database: str = row[1]
        self.version: int = int(row[2])
        self.version_text: str = row[3]
        self.table_privileges: frozenset[str] = frozenset(row[4])
        """All that this version knows."""
        self.login: str = row[5]
        self.sees_passwords: bool = row[6]
        """Whether we may ask who has one: superusers may."""
        self.cluster: str = self._cluster()
        """The cluster's own number, which its standbys share; empty where the login may not ask for it."""

    def _cluster(self) -> str:
        try:
            return str(self.query(CLUSTER)[0][0])
        except Denied:
            return ""

    @property
    def never_ours(self) -> frozenset[str]:
        """Roles with which we and the minter log in: not ours, whatever somebody wrote into their comments."""
        return frozenset({self.user, self.login, self.scope.settings.minter})

    def address(self, kind: str, key: str) -> Address:
        """The address of an object here."""
        return self.scope.address(kind, key)

    def query(self, text: LiteralString, values: Mapping[str, Any] | None = None) -> list[Row]:
        """Rows of one query in a transaction of its own, or of the one that is open."""
        with self._lock, _translated(), self._bounded() as connection:
            self.queries += 1
            return connection.execute(text, values).fetchall()

    def run(self, template: LiteralString, **parts: Part) -> None:
        """One statement that writes: Ident is quoted as a name, str as a literal, Words go in as they are."""
        self._send(sql.SQL(template).format(**{name: _composed(part) for name, part in parts.items()}))

    def _send(self, statement: sql.SQL | sql.Composed, *, writes: bool = True) -> None:
        with self._lock, _translated(), self._bounded() as connection:
            self.queries += 1
            if writes:
                may_write()  # as late as can be
            connection.execute(statement)

    def script(self, text: str) -> None:
        """Several statements as they are written: for preparing a server of our own."""
        with self._lock, _translated():
            self._live().execute(text.encode())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Raises UnknownOutcome when the connection breaks while it commits."""
        with self._lock:
            self.run("BEGIN")
            try:
                yield
            except BaseException:
                self._roll_back()
                raise
            try:
                self._commit()
            except Fenced:
                self._roll_back()
                raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads that see one state of the catalogue."""
        with self._lock:
            self._send(sql.SQL("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), writes=False)
            try:
                yield
            finally:
                self._roll_back()

    def close(self) -> None:
        """Log out. Harmless when repeated."""
        if self._connection is not None:
            self._connection.close()

    @contextmanager
    def _bounded(self) -> Iterator[psycopg.Connection[Row]]:
        connection = self._live()
        with deadline(connection.fileno(), self.seconds):
            yield connection

    def _commit(self) -> None:
        connection = self._live(reconnect=False)
        try:
            with deadline(connection.fileno(), self.seconds):
                may_write()
                connection.execute("COMMIT")
        except DeadlineError as silence:
            raise UnknownOutcome(f"while the change was committed: {silence}") from None
        except psycopg.Error as failed:
            if connection.closed:
                raise UnknownOutcome("the connection was lost while the change was committed") from None
            raise translate(_message(failed)) from None

    def _roll_back(self) -> None:
        connection = self._connection
        if connection is not None and not connection.closed and not connection.broken:
            with _translated(), deadline(connection.fileno(), self.seconds):
                connection.execute("ROLLBACK")

    def _live(self, *, reconnect: bool = True) -> psycopg.Connection[Row]:
        connection = self._connection
        if connection is not None and not connection.closed and not connection.broken:
            return connection
        if not reconnect:
            raise Unreachable("the connection was lost; nothing was changed")
        self._connection = _login(self._parameters, self.seconds)
        return self._connection


def _login(parameters: Mapping[str, str], seconds: float) -> psycopg.Connection[Row]:
    try:
        connection = psycopg.connect("", autocommit=True, prepare_threshold=None, **_keywords(parameters))
    except psycopg.OperationalError as failed:
        raise translate_login(str(failed)) from None
    except psycopg.Error as failed:
        raise Rejected(f"the connection's parameters are wrong: {failed}") from None
    keep(connection.info.password)  # wherever libpq found it
    with _translated(), deadline(connection.fileno(), seconds):
        connection.execute(_SESSION + _NO_SELF_GRANT if connection.info.server_version >= 160000 else _SESSION)
    return connection


# statement_timeout is the server's: these end a connection whose server no longer answers (ms for the last).
_NO_BLACK_HOLE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 4, "tcp_user_timeout": 45_000}


def _keywords(parameters: Mapping[str, str]) -> dict[str, Any]:
    return {"connect_timeout": CONNECT_SECONDS, "application_name": "writ", **_NO_BLACK_HOLE, **parameters}


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DeadlineError as silence:
        raise Unreachable(str(silence), help="is the server, or a proxy before it, stuck?") from None
    except psycopg.Error as failed:
        raise translate(_message(failed)) from None


def _message(failed: psycopg.Error) -> ServerMessage:
    said = failed.diag
    primary = said.message_primary or str(failed)
    return ServerMessage(failed.sqlstate or "", primary, said.message_detail or "", said.message_hint or "")


def _composed(part: Part) -> sql.Composable:
    match part:
        case Ident(parts):
            return sql.Identifier(*parts)
        case Column(name):
            return sql.SQL(" ({})").format(sql.Identifier(name))
        case Words(text):
            # Keywords of ours, and names that the server itself quoted.
            return sql.SQL(text)
        case str():
            return sql.Literal(part)


def connect(
    scope: Scope[PostgresSettings], connection: PostgresConnection, environ: Mapping[str, str]
) -> PostgresClient:
    """Log in, and make sure that this is the database that the specs mean."""
    parameters = {**_from_environment(environ), **connection.parameters()}
    parameters.setdefault("dbname", scope.settings.database)
    if connection.password_env:
        if not environ.get(connection.password_env):
            raise Denied(
                f"environment variable {connection.password_env} is not set",
                help=f"{scope.system}'s connection names it as password_env",
            )
        parameters["password"] = environ[connection.password_env]
    keep(parameters.get("password", ""), parameters.get("sslpassword", ""))
    client = PostgresClient(parameters, scope)
    try:
        _verify(client)
    except BaseException:
        client.close()
        raise
    return client


def enter(
    scope: Scope[PostgresSettings],
    connection: PostgresConnection,
    environ: Mapping[str, str],
    pair: Pair,
    minted: Minted,
) -> str:
    """Log in where the operator does, with a minted login alone, and see that it is a member of the pair's group."""
    parameters = {**_from_environment(environ), **connection.parameters()}
    parameters.setdefault("dbname", scope.settings.database)
    own = ("passfile", "service", "sslcert", "sslkey", "sslpassword", "options")
    parameters = {name: value for name, value in parameters.items() if name not in own}
    keep(minted.password)
    client = PostgresClient(parameters | {"user": minted.username, "password": minted.password}, scope)
    try:
        ((login, joined),) = client.query(IN_GROUP, {"group": f"{scope.settings.role_prefix}{pair.name}"})
    finally:
        client.close()
    if not joined or client.database != scope.settings.database:
        raise Rejected(f"{login} was let in, but isn't a member of {scope.settings.role_prefix}{pair.name}")
    return f"{login} logged in to database {client.database}"


def _verify(client: PostgresClient) -> None:
    wanted = client.scope.settings.database
    if client.database != wanted:
        raise Rejected(
            f"connected to database {client.database}, but {client.scope.system} is database {wanted}",
            help="correct dbname in the connection, or database in the Environment",
        )
    prefix = client.scope.settings.role_prefix
    ours = next((name for name in (client.login, client.user) if name.startswith(prefix)), "")
    if ours:
        raise Rejected(
            f"logged in as {ours}, which lies within role_prefix {prefix}: every such role is made or removed",
            help="log in with a role of another name, or choose another role_prefix",
        )
    if client.version < 140000:
        raise Rejected(f"PostgreSQL {client.version_text} is too old", help="14 and later are supported")


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Libpq reads the process's environment itself: only what differs from it is passed on."""
    found: dict[str, str] = {}
    for default in pq.Conninfo.get_defaults():
        variable = (default.envvar or b"").decode()
        keyword = default.keyword.decode()
        if variable and keyword != "dbname" and environ.get(variable) and environ[variable] != os.environ.get(variable):
            found[keyword] = environ[variable]
    return found
