"""Debian's MariaDB on loopback, where it is installed (apt-get install mariadb-server).

The operator comes over a Unix socket that only this user may enter, without a password (unix_socket); everybody else
needs one. Run by root, the server runs as root too: its data lies in a folder that nobody else may enter.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
from pathlib import Path
from typing import Any

from providers.mysql.client import MANY_STATEMENTS, MysqlClient
from providers.mysql.connection import MysqlConnection
from providers.mysql.login import connect
from providers.mysql.names import Account
from providers.mysql.settings import MysqlSettings
from reconciler.provider import LocalServer, LocalWorld, LoginBackend, Prepared, ProviderError, Scope
from reconciler.provider.folder import ClaimedFolder
from reconciler.provider.local import LocalServerError
from reconciler.provider.process import ChildProcess, free_port

_PLACES = "/usr/sbin:/usr/bin:/usr/local/bin"
_SHORT = Path("/tmp")  # noqa: S108 - a fresh folder is made in it
_SOCKET_LIMIT = 100
_INSTALL = "apt-get install --no-install-recommends mariadb-server"
_MINTER = Account("minter", "%")
_OPTIONS = (
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--innodb-buffer-pool-size=8M",
    "--innodb-log-file-size=8M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--key-buffer-size=1M",
    "--aria-pagecache-buffer-size=2M",
    "--performance-schema=OFF",
    "--skip-log-bin",
    "--local-infile=OFF",
)


class LocalMysql(LocalServer):
    """One server with its data in a folder of its own."""

    provider = "mysql"

    def __init__(self, *options: str) -> None:
        """``options``: more of mariadbd's own."""
        self._options = options
        self._process: ChildProcess | None = None
        self._port = 0
        self._sockets = Path()
        self._borrowed: ClaimedFolder | None = None
        self._version = ""
        self._passwords: dict[Account, str] = {}
        """By minting login: several systems may share one."""

    @property
    def missing(self) -> str:
        """Where Debian's MariaDB isn't installed."""
        there = _binary("mariadbd") and _binary("mariadb-install-db")
        return "" if there else f"MariaDB isn't installed: {_INSTALL}"

    @property
    def version(self) -> str:
        """``MariaDB 10.11.11``, once started."""
        return f"MariaDB {self._version.partition('-')[0]}".strip()

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self._port}"

    @property
    def port(self) -> int:
        """Its TCP port."""
        return self._port

    @property
    def pids(self) -> tuple[int, ...]:
        """The server's process."""
        return (self._process.pid,) if self._process is not None and self._process.running else ()

    def start(self, folder: Path) -> None:
        """Make a data folder and start it."""
        if self.missing:
            raise LocalServerError(self.missing)
        folder.mkdir(parents=True, exist_ok=True)
        home = folder.resolve()
        self._sockets = self._place(home)
        self._initialise(home)
        self._port = free_port()
        argv = [
            _binary("mariadbd"), "--no-defaults", f"--datadir={home / 'data'}", f"--socket={self._socket}",
            f"--port={self._port}", f"--pid-file={home / 'pid'}", f"--tmpdir={home}", *_user(),
            *_OPTIONS, *self._options,
        ]  # fmt: skip
        self._process = ChildProcess(argv, home / "mariadb.log", env=_environment(), cwd=home)
        self._process.wait_until(self._answers, what="MariaDB")

    def _place(self, home: Path) -> Path:
        """A folder that only this user may enter, with a path short enough for a socket."""
        place = home / "socket"
        if len(os.fsencode(place / "mariadb")) > _SOCKET_LIMIT:
            self._borrowed = ClaimedFolder(_SHORT, "writ-mysql-", 0o700)
            place = self._borrowed.path / "socket"
        place.mkdir(mode=0o700)
        return place

    def _initialise(self, home: Path) -> None:
        (home / "data").mkdir(mode=0o700)
        argv = [
            _binary("mariadb-install-db"), "--no-defaults", f"--datadir={home / 'data'}", "--skip-test-db",
            "--auth-root-authentication-method=socket", f"--auth-root-socket-user={_me()}", "--skip-name-resolve",
            *_user(),
        ]  # fmt: skip
        # With the system's folder for temporary files, another server's start removes this one's.
        made = ChildProcess(argv, home / "install.log", env=_environment() | {"TMPDIR": str(home)}, cwd=home)
        made.wait_until(lambda: not made.running, what="mariadb-install-db")
        if made.exit_code != 0:
            raise LocalServerError(f"mariadb-install-db failed:\n{made.log_tail()}")

    @property
    def _socket(self) -> str:
        return str(self._sockets / "mariadb")

    @property
    def connection(self) -> dict[str, str]:
        """The operator's connection block: no password."""
        return {"socket": self._socket, "user": _me()}

    def client(self, scope: Scope[MysqlSettings] | None = None) -> MysqlClient:
        """The operator's login. Raises ProviderError."""
        return connect(scope or _NOWHERE, MysqlConnection.model_validate(self.connection), {})

    def script(self, text: str) -> None:
        """Statements as they are written, by the administrator. Raises ProviderError."""
        parameters = {"unix_socket": self._socket, "user": _me(), "ssl_disabled": True}
        client = MysqlClient({**parameters, "client_flag": MANY_STATEMENTS}, _NOWHERE)
        try:
            client.script(text)
        finally:
            client.close()

    def _answers(self) -> bool:
        try:
            client = self.client()
        except ProviderError:
            return False
        self._version = client.version_text
        client.close()
        return True

    def prepare(self, scope: Scope[Any], world: LocalWorld, seed: Path | None) -> Prepared:  # noqa: ARG002
        """The databases of its seed, and a login that mints others."""
        settings: MysqlSettings = scope.settings
        minter = settings.minting or _MINTER
        password = self._passwords.setdefault(minter, secrets.token_urlsafe(24))
        file = None if seed is None else seed / f"{scope.system}.sql"
        try:
            if file is not None and file.is_file():
                self.script(file.read_text(encoding="utf-8"))
            self.script(minter_statements(minter, password, administrator=not settings.minter, scope=scope))
        except ProviderError as failed:
            raise LocalServerError(f"MariaDB can't be prepared: {failed}") from failed
        backend = LoginBackend(
            "mysql", "127.0.0.1", self._port, "", minter.user, password,
            plugin="mysql-database-plugin", url=f"{{{{username}}}}:{{{{password}}}}@tcp(127.0.0.1:{self._port})/",
        )  # fmt: skip
        return Prepared(self.connection, backend if settings.credentials else None)

    def stop(self) -> None:
        """End it, and remove what lies outside its folder."""
        if self._process is not None:
            self._process.stop()
        if self._borrowed is not None:
            self._borrowed.remove()
            self._borrowed = None


_NOWHERE = Scope("local", "local", MysqlSettings())


def minter_statements(minter: Account, password: str, *, administrator: bool, scope: Scope[MysqlSettings]) -> str:
    """Make the minter, or give it this password."""
    rights = [f"GRANT CREATE USER, CONNECTION ADMIN ON *.* TO {minter.sql};"]
    if scope.settings.default_role:
        rights.append(f"GRANT UPDATE ON mysql.* TO {minter.sql};")
    if administrator:
        rights.append(f"GRANT ALL ON *.* TO {minter.sql} WITH GRANT OPTION;")
    made = f"CREATE USER IF NOT EXISTS {minter.sql}; ALTER USER {minter.sql} IDENTIFIED BY '{password}';"
    return made + "".join(rights)


def _binary(name: str) -> str:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_PLACES}") or ""


def _me() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


def _user() -> tuple[str, ...]:
    return ("--user=root",) if os.geteuid() == 0 else ()


def _environment() -> dict[str, str]:
    return {"PATH": f"{os.environ.get('PATH', '')}:{_PLACES}", "LC_ALL": "C", "TZ": "UTC"}
