"""Logging in, what is checked before anything else, and failures in the contract's words."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from providers.postgres.client import PostgresClient, connect
from providers.postgres.connection import PostgresConnection
from providers.postgres.local import LocalPostgres
from providers.postgres.names import Ident
from reconciler.model import PLACE
from reconciler.provider import Denied, ProviderError, Rejected, Throttled, UnknownOutcome, Unreachable
from reconciler.provider.process import free_port
from tests.providers.postgres.world import PROVIDER, World, lowered, scope_of, settings

GRANT = {"privileges": ["SELECT"], "tables": ["public.orders"]}


def attempt(found: Any, block: dict[str, Any], environ: dict[str, str] | None = None) -> Any:
    client = connect(scope_of(found), PostgresConnection.model_validate(block), environ or {})
    client.close()
    return client


def test_another_database_than_the_specs_is_refused(server: LocalPostgres) -> None:
    with pytest.raises(Rejected, match="connected to database postgres, but orders-db is database orders"):
        attempt(settings("orders"), {**server.connection, "dbname": "postgres"})
    assert attempt(settings("orders"), server.connection).database == "orders"
    with pytest.raises(Denied, match='database "nowhere" does not exist'):
        attempt(settings("nowhere"), server.connection)


def test_an_operator_within_the_prefix_is_refused_before_it_disarms_itself(server: LocalPostgres) -> None:
    block = {"host": "127.0.0.1", "port": str(server.port), "user": "minter"}
    with pytest.raises(Rejected, match="logged in as minter, which lies within role_prefix min") as raised:
        attempt(settings(role_prefix="min"), block, {"PGPASSWORD": "minter"})
    assert raised.value.help == "log in with a role of another name, or choose another role_prefix"


def test_passwords_come_from_the_environment(server: LocalPostgres) -> None:
    block = {"host": "127.0.0.1", "port": str(server.port), "user": "minter"}
    with pytest.raises(Denied):
        attempt(settings(), block)
    assert attempt(settings(), block, {"PGPASSWORD": "minter"}).user == "minter"
    assert attempt(settings(), {**block, "password_env": "ORDERS_DB"}, {"ORDERS_DB": "minter"}).user == "minter"
    with pytest.raises(Denied, match="ORDERS_DB is not set"):
        attempt(settings(), {**block, "password_env": "ORDERS_DB"})
    with pytest.raises(Denied) as raised:
        attempt(settings(), block, {"PGPASSWORD": "guess-me-not"})
    assert "guess-me-not" not in raised.value.message + raised.value.help


def test_libpqs_environment_fills_in(server: LocalPostgres) -> None:
    environ = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "minter", "PGPASSWORD": "minter"}
    assert attempt(settings(), {}, {**environ, "PGDATABASE": "postgres"}).database == "orders"


def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        attempt(settings(), {"host": "127.0.0.1", "port": str(free_port()), "user": "x"})
    with pytest.raises(Unreachable):
        attempt(settings(), {"host": "/nonexistent", "user": "x"})


def test_a_lost_connection_is_made_again(world: World) -> None:
    world.want(GRANT)
    world.converge()
    world.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'writ'")
    with pytest.raises(Unreachable):
        world.read()
    assert world.changes() == {}


def test_a_connection_that_breaks_at_commit_leaves_the_outcome_unknown(world: World) -> None:
    def cut() -> None:
        with world.client.transaction():
            world.sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'writ'")

    with pytest.raises(UnknownOutcome):
        cut()


@contextmanager
def stopped(client: PostgresClient) -> Iterator[None]:
    """Its server process takes what is sent and answers nothing, as behind a proxy whose server is gone."""
    ((backend,),) = client.query("SELECT pg_backend_pid()")
    client.seconds = 0.3
    os.kill(backend, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(backend, signal.SIGCONT)


@pytest.mark.parametrize("way", ["socket", "tcp"])
def test_a_server_that_no_longer_answers_is_unreachable_in_time(world: World, way: str) -> None:
    block: dict[str, Any] = {"host": "127.0.0.1", "port": str(world.server.port), "user": "minter"}
    login = world.server.connection if way == "socket" else block
    client = connect(world.scope, PostgresConnection.model_validate(login), {"PGPASSWORD": "minter"})
    started = time.monotonic()
    with stopped(client):
        with pytest.raises(Unreachable, match=r"no answer within 0\.3 s; the connection was cut"):
            PROVIDER.read(client, world.scope, [])
        assert time.monotonic() - started < 5
        assert PROVIDER.read(client, world.scope, []).objects == {}  # on a new connection
    client.close()


def test_a_server_that_stops_answering_at_commit_leaves_the_outcome_unknown(world: World) -> None:
    def write(stack: ExitStack) -> None:
        with world.client.transaction():
            world.client.run("CREATE ROLE {name}", name=Ident.of(world.role))
            stack.enter_context(stopped(world.client))

    with ExitStack() as stack, pytest.raises(UnknownOutcome, match=r"committed: no answer within 0\.3 s"):
        write(stack)


def test_without_privileges_it_is_denied_and_nothing_is_half_done(worlds: Callable[..., World]) -> None:
    weak = worlds()
    weak.sql("DROP ROLE IF EXISTS x_weak", "CREATE ROLE x_weak LOGIN PASSWORD 'weak'")
    block = {"host": "127.0.0.1", "port": str(weak.server.port), "user": "x_weak"}
    client = connect(weak.scope, PostgresConnection.model_validate(block), {"PGPASSWORD": "weak"})
    role = lowered(weak.scope, GRANT).resources[0].resource
    try:
        with pytest.raises(Denied, match="permission denied to create role"):
            PROVIDER.types["postgresql_role"].create(client, role)
        assert PROVIDER.types["postgresql_role"].read(client, role.address.key) is None
        snapshot = PROVIDER.read(client, weak.scope, [role.address])
        assert snapshot.objects == {}
    finally:
        client.close()
        weak.sql("DROP ROLE x_weak")


def test_an_operator_needs_no_superuser(worlds: Callable[..., World]) -> None:
    """CREATEROLE, and membership of the objects' owner."""
    root = worlds()
    root.sql(
        "DROP ROLE IF EXISTS x_operator",
        "CREATE ROLE x_operator LOGIN CREATEROLE PASSWORD 'op'",
        "DROP ROLE IF EXISTS x_owner",
        "CREATE ROLE x_owner",
        "GRANT x_owner TO x_operator",
        "CREATE TABLE sales.mine (a int, b int)",
        "ALTER TABLE sales.mine OWNER TO x_owner",
        "GRANT USAGE ON SCHEMA sales TO x_operator WITH GRANT OPTION",
        "GRANT CONNECT ON DATABASE orders TO x_operator WITH GRANT OPTION",
    )
    if root.client.version >= 160000:
        root.sql("ALTER ROLE x_operator SET createrole_self_grant = 'set, inherit'")
    block = {"host": "127.0.0.1", "port": str(root.server.port), "user": "x_operator"}
    client = connect(root.scope, PostgresConnection.model_validate(block), {"PGPASSWORD": "op"})
    world = World(root.server, root.scope, client)
    try:
        world.want(
            {"privileges": ["SELECT", "INSERT"], "tables": ["sales.mine"]},
            {"privileges": ["UPDATE"], "tables": ["sales.mine"], "columns": ["b"]},
        )
        world.converge()
        world.sql("GRANT DELETE ON sales.mine TO $role", "REVOKE INSERT ON sales.mine FROM $role")
        world.converge()
        _check_what_only_superusers_take_back(root, world)
        world.desired = {}
        world.converge()
    finally:
        client.close()
        root.sql("DROP TABLE sales.mine", "DROP OWNED BY x_operator", "DROP ROLE x_operator", "DROP ROLE x_owner")


def _check_what_only_superusers_take_back(root: World, world: World) -> None:
    """The message says who can, and how; where a superuser ran it, nothing is left."""
    assert (
        "has_password"
        not in world.read().objects[world.client.address("postgresql_role", world.role)].resource.attributes
    )
    for by_hand in ("REPLICATION", "SET log_statement = 'none'", "IN DATABASE orders SET log_statement = 'none'"):
        root.sql(f"ALTER ROLE $role {by_hand}")
        (told,) = (step.diagnostic for step in world.apply().steps if step.diagnostic)
        assert told is not None
        assert "the operator lacks the right: have a superuser run ALTER ROLE" in told.help
        statements = told.help.partition(" run ")[2].partition("; then plan")[0]
        root.sql(*statements.split("; "))
        world.converge()


def test_the_place_tells_two_servers_with_one_databases_name_apart(world: World) -> None:
    (number,) = world.sql("SELECT system_identifier::text FROM pg_control_system()")[0]
    assert world.read().facts[PLACE] == f"database orders of cluster {number}"
    other = LocalPostgres(world.server._install)
    with TemporaryDirectory() as folder:
        other.start(Path(folder) / "other")
        try:
            client = other.client()
            assert client.cluster != number
            client.close()
        finally:
            other.stop()


def test_a_cluster_that_does_not_say_its_number_is_planned_all_the_same(world: World) -> None:
    world.sql("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
    block = {"host": "127.0.0.1", "port": str(world.server.port), "user": "minter"}
    try:
        client = connect(world.scope, PostgresConnection.model_validate(block), {"PGPASSWORD": "minter"})
    finally:
        world.sql("GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC")
    assert PROVIDER.read(client, world.scope, []).facts[PLACE] == "database orders of cluster unknown"
    client.close()


def test_a_catalogue_that_is_locked_is_transient(world: World) -> None:
    world.want(GRANT)
    world.client.run("SET lock_timeout = '200ms'")
    with world.session(world.database) as other, other.transaction():
        other.execute("LOCK TABLE pg_catalog.pg_authid")
        with pytest.raises(Throttled, match="the catalogue is busy"):
            PROVIDER.types["postgresql_role"].create(world.client, next(iter(world.desired.values())).resource)


def test_two_writers_of_one_role_collide_and_the_loser_may_try_again(world: World) -> None:
    world.want(GRANT)
    world.converge()
    role = next(one.resource for address, one in world.desired.items() if address.type == "postgresql_role")
    found = world.read().objects[role.address]
    with ThreadPoolExecutor(1) as pool, world.session(world.database) as other:
        with other.transaction():
            other.execute(f'ALTER ROLE "{world.role}" CREATEDB'.encode())
            changed = replace(role, attributes={**role.attributes, "connection_limit": 5})
            loser = pool.submit(PROVIDER.types["postgresql_role"].update, world.client, found, changed)
            time.sleep(0.5)
        with pytest.raises(Throttled, match="tuple concurrently updated"):
            loser.result()
    assert list(world.changes()) == [f"postgresql_role {world.role}"]
    world.converge()


TABLES = (
    '"Odd ""Schema"""."Order; DROP TABLE x --", public.open_orders, public.order_items, public.orders, public.secrets, '
    "public.ticket"
)


def test_what_does_not_exist_is_said_at_plan_time(minting: World) -> None:
    cases = {
        "public.ordrs": ("tables", "table public.ordrs does not exist in database orders",
            "did you mean public.orders?"),
        "sale.mood": ("tables", "table sale.mood does not exist in database orders",
            f"there: {TABLES}"),
        "public.ticket": ("tables", "public.ticket is a sequence, not a table in database orders",
            "write it under sequences"),
        "public.orders": ("sequences", "public.orders is a table, not a sequence in database orders",
            "write it under tables"),
        "public.secret(text)": ("functions", "function public.secret does not exist in database orders",
            "there: public.close_day, public.refund, sales.rate"),
        "public.refnd(text)": ("functions", "function public.refnd does not exist in database orders",
            "did you mean public.refund?"),
        "public.refund(text)": ("functions", "function public.refund(text) does not exist in database orders",
            "there is public.refund(character varying,timestamp with time zone[]), public.refund(integer,text)"),
    }  # fmt: skip
    for name, (field, message, way_out) in cases.items():
        privilege = {"tables": "SELECT", "sequences": "USAGE", "functions": "EXECUTE"}[field]
        minting.want({"privileges": [privilege], field: [name]})
        found = {d.message: d for d in minting.read().diagnostics}
        assert message in found, found
        # Another test's function may lie in the same database.
        assert found[message].help.replace('"Odd (1)"."we(ird", ', "") == way_out
        assert found[message].subject.endswith(f'{name}"]')
    minting.want({"privileges": ["SELECT"], "tables": ["public.orders"], "columns": ["custmer"]})
    (problem,) = minting.read().diagnostics
    assert (problem.message, problem.help) == (
        "table public.orders has no column custmer in database orders",
        "did you mean customer?",
    )


def test_a_missing_or_weak_minter_is_said_at_plan_time(worlds: Callable[..., World]) -> None:
    credentials = {"system": "vault", "connection": "orders"}
    nobody = worlds(minter="x_nobody", credentials=credentials)
    nobody.want(GRANT)
    assert [d.code for d in nobody.read().diagnostics] == ["W451"]
    nobody.sql("CREATE ROLE x_nobody LOGIN")
    try:
        assert [d.code for d in nobody.read().diagnostics] == ["W452", "W453"]
    finally:
        nobody.sql("DROP ROLE x_nobody")


def test_public_that_may_create_is_a_warning(minting: World) -> None:
    minting.sql("GRANT CREATE ON SCHEMA sales TO PUBLIC")
    try:
        (problem,) = minting.read().diagnostics
        assert problem.message.startswith("PUBLIC may CREATE in schema sales")
    finally:
        minting.sql("REVOKE CREATE ON SCHEMA sales FROM PUBLIC")


def test_the_session_reads_one_consistent_state(world: World) -> None:
    with world.client.snapshot():
        world.client.query("SELECT count(*) FROM pg_roles")
        world.sql("CREATE ROLE $role")
        assert world.client.query("SELECT 1 FROM pg_roles WHERE rolname = %(n)s", {"n": world.role}) == []
        with pytest.raises(ProviderError, match="read-only"):
            world.client.run("CREATE ROLE x_never")
