"""The only user of PyMySQL: one login at one server, errors translated."""

from __future__ import annotations

import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any, LiteralString, TypeAlias, TypeVar

import pymysql
from pymysql.constants import CLIENT

from providers.mysql.errors import LOST, translate
from providers.mysql.names import Account
from providers.mysql.settings import MysqlSettings
from providers.mysql.sql import COLUMN_NAMES
from reconciler.model import Address
from reconciler.provider import Denied, ProviderError, Scope, UnknownOutcome, Unreachable, may_write
from reconciler.provider.deadline import STATEMENT_SECONDS, DeadlineError, deadline

Row: TypeAlias = tuple[Any, ...]
T = TypeVar("T")

CONNECT_SECONDS = 10
VERSION = re.compile(r"(?:5\.5\.5-)?(\d+)\.(\d+)\.\d+.*mariadb", re.IGNORECASE)
"""Replication's old way is to put 5.5.5- before it."""
MANY_STATEMENTS: int = CLIENT.MULTI_STATEMENTS
"""A parameter's (client_flag) value with which ``script`` takes several."""
# Names in backticks and texts in single quotes mean the same in every sql_mode; backslashes in texts don't.
# And a GRANT to a role or a minter that has just gone would make a user of it, without a password (tried on 10.11).
_MODE = "STRICT_ALL_TABLES,NO_AUTO_CREATE_USER,NO_BACKSLASH_ESCAPES"
_SESSION = "SET max_statement_time = 30, lock_wait_timeout = 10, innodb_lock_wait_timeout = 10, time_zone = '+00:00'"
_WHO: LiteralString = "SELECT CURRENT_USER(), VERSION(), @@server_uid, @@lower_case_table_names"

_GARBLED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    NameError,
    TypeError,
    ValueError,
    struct.error,
)
"""What PyMySQL fails with where a reply isn't one: it decodes what comes, and checks little."""


class MysqlClient:
    """One login. Calls are serialised; a connection that broke between calls is made anew.

    No statement of Writ's can be rolled back: GRANT, REVOKE and the like commit at once. So of one whose reply was lost
    nothing is known (UnknownOutcome), and every step works from what is there.
    """

    def __init__(self, parameters: Mapping[str, Any], scope: Scope[MysqlSettings]) -> None:
        """Connect. ``parameters``: host and port, or unix_socket; user, password, ssl. Raises Unreachable or Denied."""
        self.scope = scope
        self._parameters = dict(parameters)
        self._lock = threading.RLock()
        self._connection: pymysql.Connection[Any] | None = None
        self.queries = 0
        """Statements sent, for tests and benchmarks."""
        self.seconds = STATEMENT_SECONDS
        """How long a statement may take, whatever the server does."""
        try:
            who, version, uid, folds = self.query(_WHO)[0]
        except BaseException:
            self._drop()
            raise
        user, _, host = str(who).rpartition("@")
        self.account = Account(user, host)
        """As the server knows us: an account, not where we come from."""
        self.version_text = str(version)
        self.server: str = str(uid or "")
        """Of this installation; a copy of its data has another (MariaDB documentation, server_uid)."""
        self.folds_names = int(folds) != 0
        """Whether names of databases and tables are kept, or compared, in lower case."""

    def address(self, kind: str, key: str) -> Address:
        """The address of an object here."""
        return self.scope.address(kind, key)

    @property
    def version(self) -> tuple[int, int]:
        """Major and minor; zeros for a text that isn't known."""
        found = VERSION.match(self.version_text)
        return (int(found[1]), int(found[2])) if found else (0, 0)

    @cached_property
    def database_columns(self) -> tuple[str, ...]:
        """Of mysql.db: one to a privilege, more of them with each version."""
        return tuple(str(row[0]) for row in self.query(COLUMN_NAMES))

    def query(self, text: LiteralString, values: Sequence[Any] = ()) -> list[Row]:
        """Rows of one query; a list among the values stands for several. Once more where the connection has broken."""
        with self._lock:
            was_open = self._connection is not None
            try:
                return self._ask(text, values)
            except Unreachable:
                self._drop()
                if not was_open:
                    raise
            return self._ask(text, values)

    def run(self, statement: str) -> None:
        """One statement that writes, its names quoted already (providers.mysql.names.ident)."""
        with self._lock:
            self._live()  # a login that fails has written nothing
            self.queries += 1
            try:
                self._bounded(lambda cursor: self._sent(cursor, statement))
            except Unreachable as lost:
                self._drop()
                raise UnknownOutcome(f"no reply came: {lost.message}") from None

    def script(self, text: str) -> None:
        """Several statements as they are written: for preparing a server of our own. Raises ProviderError."""
        with self._lock:
            self._bounded(lambda cursor: _every_result(cursor, text))

    def close(self) -> None:
        """Log out. Harmless when repeated."""
        with self._lock, suppress(pymysql.Error, OSError):
            if self._connection is not None:
                self._connection.close()
        self._connection = None

    def _ask(self, text: LiteralString, values: Sequence[Any]) -> list[Row]:
        def ask(cursor: Any) -> list[Row]:
            cursor.execute(text, tuple(values) or None)
            return list(cursor.fetchall())

        self.queries += 1
        return self._bounded(ask)

    @staticmethod
    def _sent(cursor: Any, statement: str) -> None:
        may_write()  # as late as can be
        cursor.execute(statement)

    def _bounded(self, call: Callable[[Any], T]) -> T:
        live = self._live()
        try:
            with deadline(_descriptor(live), self.seconds), live.cursor() as cursor:
                return call(cursor)
        except DeadlineError as silence:
            self._drop()
            raise Unreachable(str(silence), help="is the server, or a proxy before it, stuck?") from None
        except pymysql.Error as failed:
            raise self._translated(failed) from None
        except OSError as failed:
            self._drop()
            raise Unreachable(f"the connection was lost: {failed}", help="is the server up?") from None
        except _GARBLED as garbled:
            self._drop()
            raise _unreadable(garbled) from None

    def _translated(self, failed: pymysql.Error) -> ProviderError:
        code, words = _words(failed)
        if code in LOST:
            self._drop()
        return translate(code, words)

    def _live(self) -> pymysql.Connection[Any]:
        if self._connection is None or not self._connection.open:
            self._connection = _opened(self._parameters, self.seconds)
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(pymysql.Error, OSError):
                connection._force_close()  # noqa: SLF001 - close() says goodbye first, and would wait


def _opened(parameters: Mapping[str, Any], seconds: float) -> pymysql.Connection[Any]:
    try:
        made = pymysql.Connection(
            **parameters,
            defer_connect=True,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            read_timeout=int(seconds) or 1,
            write_timeout=int(seconds) or 1,
            sql_mode=_MODE,
            init_command=_SESSION,
            local_infile=False,
        )
        made.connect(_unix(parameters.get("unix_socket", "")))
    except pymysql.Error as failed:
        raise translate(*_words(failed), at_login=True) from None
    except ssl.SSLError as failed:
        raise Denied(f"the server isn't who it should be: {failed}", help="check ssl_ca, and host's name") from None
    except OSError as failed:
        raise Unreachable(f"can't be reached: {failed}", help="check host and port, and that it is up") from None
    except _GARBLED as garbled:
        raise _unreadable(garbled) from None
    return made


def _unreadable(garbled: Exception) -> Unreachable:
    """Only what it was is told: what came may hold anything."""
    what = f"a reply that can't be read ({type(garbled).__name__})"
    return Unreachable(what, help="is it a MariaDB that answers there, or something before it?")


def _unix(path: str) -> socket.socket | None:
    """PyMySQL would leave one open that nobody listens at. None for TCP, where it opens one itself."""
    if not path:
        return None
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        found.settimeout(CONNECT_SECONDS)
        found.connect(path)
    except BaseException:
        found.close()
        raise
    return found


def _words(failed: pymysql.Error) -> tuple[int, str]:
    """Number and text. PyMySQL puts them into args; its own complaints have a text alone."""
    first = failed.args[0] if failed.args else 0
    text = str(failed.args[1]) if len(failed.args) > 1 else str(failed)
    return (first, text or type(failed).__name__) if isinstance(first, int) else (2000, str(failed))


def _descriptor(live: pymysql.Connection[Any]) -> int:
    """Of the socket, which PyMySQL gives nobody."""
    found = live._sock  # noqa: SLF001
    if found is None:
        raise OSError("it is closed")
    return int(found.fileno())


def _every_result(cursor: Any, text: str) -> None:
    cursor.execute(text)
    while cursor.nextset():
        pass
