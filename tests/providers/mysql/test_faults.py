"""A connection that breaks, or a server that says nothing: what is known then, and that a second try is safe."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from providers.mysql.client import MysqlClient
from providers.mysql.connection import MysqlConnection
from providers.mysql.login import check_version, connect
from reconciler.engine.apply import apply_plan
from reconciler.engine.session import Session, System
from reconciler.model import Plan
from reconciler.provider import Denied, Fenced, Rejected, UnknownOutcome, Unreachable, fenced
from tests.providers.mysql.wire import Wire
from tests.providers.mysql.world import PROVIDER, READ, SYSTEM, World, scope_of, settings

OPERATOR = {"user": "iam_wired", "password_env": "PW"}
PASSWORD = {"PW": "secret-of-tests"}


@pytest.fixture
def wire(world: World) -> Iterator[Wire]:
    made = Wire(world.server.port)
    yield made
    made.close()


@pytest.fixture
def client(world: World, wire: Wire) -> Iterator[MysqlClient]:
    """An administrator, through the wire."""
    world.sql("CREATE OR REPLACE USER iam_wired IDENTIFIED BY 'secret-of-tests'")
    world.sql("GRANT ALL ON *.* TO iam_wired WITH GRANT OPTION")
    login = MysqlConnection.model_validate({"host": "127.0.0.1", "port": wire.port, **OPERATOR})
    made = connect(world.scope, login, PASSWORD)
    yield made
    made.close()
    world.sql("DROP USER iam_wired")


def once(wire: Wire, start: str, verdict: str) -> list[str]:
    """The first statement that starts so gets the verdict. Returns all that were seen."""
    seen: list[str] = []

    def judge(statement: str) -> str:
        found = statement.startswith(start)
        first = found and not any(one.startswith(start) for one in seen)
        seen.append(statement)
        return verdict if first else "pass"

    wire.judge = judge
    return seen


@pytest.mark.parametrize("verdict", ["cut", "lose", "spoil", "demand"])
def test_of_a_write_without_a_reply_nothing_is_known(
    world: World, wire: Wire, client: MysqlClient, verdict: str
) -> None:
    once(wire, "CREATE ROLE", verdict)
    with pytest.raises(UnknownOutcome):
        client.run(f"CREATE ROLE `{world.role}`")
    there = bool(world.sql(f"SELECT 1 FROM mysql.global_priv WHERE User = '{world.role}'"))
    assert there is (verdict != "cut")


@pytest.mark.parametrize("verdict", ["cut", "lose", "spoil", "demand"])
def test_a_reading_is_asked_once_more(wire: Wire, client: MysqlClient, verdict: str) -> None:
    seen = once(wire, "SELECT 7", verdict)
    assert client.query("SELECT 7") == [(7,)]
    assert seen.count("SELECT 7") == 2


@pytest.mark.parametrize("verdict", ["cut", "lose"])
@pytest.mark.parametrize("start", ["CREATE ROLE", "GRANT SELECT", "GRANT `w"])
def test_a_lost_reply_within_an_apply_ends_as_wanted(
    world: World, wire: Wire, client: MysqlClient, verdict: str, start: str
) -> None:
    """Whatever the step was: what is there is looked at, and the rest done, now or by the next run."""
    world.want(READ)
    world.client.close()
    world.client = client
    once(wire, start, verdict)
    for _ in range(2):
        plan = Plan("test", datetime.now(UTC), "", "", 0, (), world.planned().changes)
        session = Session({SYSTEM: System(PROVIDER, world.scope, client)})
        apply_plan(plan, session, world.recorder, lambda event: None, interrupted=lambda: False)
    assert world.changes() == {}
    assert len(world.grants()) == 2


def test_a_server_that_says_nothing_is_given_up(wire: Wire, client: MysqlClient) -> None:
    client.seconds = 0.3
    once(wire, "SELECT 7", "stall")
    wire.judge = lambda statement: "stall" if statement.startswith("SELECT 7") else "pass"
    with pytest.raises(Unreachable, match=r"no answer within|lost"):
        client.query("SELECT 7")


def test_a_run_that_lost_its_lock_sends_nothing(world: World) -> None:
    with fenced(lambda: False), pytest.raises(Fenced):
        world.client.run(f"CREATE ROLE `{world.role}`")
    assert world.sql(f"SELECT 1 FROM mysql.global_priv WHERE User = '{world.role}'") == []


def test_a_wrong_password_is_denied_and_never_repeated(world: World) -> None:
    login = MysqlConnection.model_validate({"host": "127.0.0.1", "port": world.server.port, **OPERATOR})
    with pytest.raises(Denied) as denied:
        connect(world.scope, login, {"PW": "hunter2-hunter2"})
    assert "hunter2" not in f"{denied.value} {denied.value.help}"


GREETING = b"\n10.11.6-MariaDB\0"


@pytest.mark.parametrize("seed", range(24))
def test_what_is_no_server_is_unreachable_whatever_it_says(seed: int) -> None:
    chance = random.Random(seed)
    said = (GREETING if seed % 2 else b"") + chance.randbytes(chance.randrange(70))
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            client = listening.accept()[0]
            with client, suppress(OSError):
                client.sendall(len(said).to_bytes(3, "little") + b"\0" + said)
                client.settimeout(5)
                client.recv(1000)
                client.sendall(chance.randbytes(40))

        thread = threading.Thread(target=serve)
        thread.start()
        where = {"host": "127.0.0.1", "port": listening.getsockname()[1], **OPERATOR}
        with pytest.raises(Unreachable) as found:
            connect(scope_of(), MysqlConnection.model_validate(where), PASSWORD)
        thread.join()
    assert PASSWORD["PW"] not in f"{found.value} {found.value.help}"


def test_nobody_there_is_unreachable(world: World) -> None:
    for where in ({"host": "127.0.0.1", "port": 1}, {"socket": "/nowhere/mariadb.sock"}):
        with pytest.raises(Unreachable):
            connect(world.scope, MysqlConnection.model_validate({**where, **OPERATOR}), PASSWORD)


def test_over_a_network_nothing_goes_in_clear(world: World) -> None:
    """The server here has no certificate: it is asked for one, for it isn't reached by a loopback's name."""
    ca = "/etc/ssl/certs/ca-certificates.crt"
    block = {"host": "127.0.0.1", "port": world.server.port, "ssl_ca": ca, **OPERATOR}
    with pytest.raises((Denied, Unreachable, Rejected), match=r"(?i)ssl|certificate"):
        connect(world.scope, MysqlConnection.model_validate(block), PASSWORD)


@pytest.mark.parametrize(
    ("block", "environ", "error"),
    [
        ({}, {}, "nobody to log in as"),
        ({"user": "x"}, {}, "no host and no socket"),
        ({"user": "x", "host": "localhost"}, {"MYSQL_TCP_PORT": "many"}, "no number"),
        ({"user": "x", "host": "localhost", "password_env": "NONE"}, {}, "not set"),
        ({"user": "x", "host": "db", "ssl_ca": "/nowhere.pem"}, {}, "ssl_ca"),
    ],
)
def test_what_is_missing_is_said(block: dict[str, str], environ: dict[str, str], error: str) -> None:
    with pytest.raises((Denied, Unreachable, Rejected), match=error):
        connect(scope_of(), MysqlConnection.model_validate(block), environ)


def test_the_minter_is_no_operator(world: World) -> None:
    login = {"host": "127.0.0.1", "port": world.server.port, "user": "minter", "password_env": "PW"}
    with pytest.raises(Rejected, match="is the minter"):
        connect(scope_of(settings(minter="minter")), MysqlConnection.model_validate(login), PASSWORD)


@pytest.mark.parametrize("version", ["10.11.19-MariaDB-0+deb12u1", "5.5.5-10.11.6-MariaDB-log", "11.4.2-mariadb"])
def test_a_mariadb_that_is_known(version: str) -> None:
    check_version(version)


@pytest.mark.parametrize("version", ["8.0.36", "8.4.0-mysql", "10.6.18-MariaDB", "5.5.68-MariaDB", "Percona 8.0"])
def test_another_server_is_refused(version: str) -> None:
    with pytest.raises(Rejected, match=r"no MariaDB|too old"):
        check_version(version)
