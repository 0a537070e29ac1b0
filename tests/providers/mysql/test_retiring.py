"""A user of MariaDB on its way out: locked, unlocked, dropped; who still uses it, and what runs with its rights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pymysql
import pytest

from providers.mysql.connection import MysqlConnection
from providers.mysql.names import RETIRING
from reconciler.model import Live, Retirable
from reconciler.provider import Conflict, Denied, Minted, Rejected, Retiring
from tests.providers.mysql.world import PROVIDER, READ, World, pair

NAME, PASSWORD = "svc_export", "kept-for-years"
ACCOUNT = f"`{NAME}`@`%`"


@pytest.fixture
def standing(world: World) -> Iterator[World]:
    world.server.script(
        f"CREATE USER {ACCOUNT} IDENTIFIED BY '{PASSWORD}'; GRANT SELECT ON shop.orders TO {ACCOUNT};"
        f"CREATE OR REPLACE DEFINER={ACCOUNT} VIEW shop.exported AS SELECT id FROM shop.orders"
    )
    yield world
    world.server.script(f"DROP VIEW IF EXISTS shop.exported; DROP USER IF EXISTS {ACCOUNT}")


def look(world: World, name: str = NAME) -> Retirable:
    return PROVIDER.retirables(world.client, world.scope, [Retiring(name)])[name]


def update(world: World, before: Live, after: Any) -> None:
    PROVIDER.types[RETIRING].update(world.client, before, after)


def delete(world: World, before: Live) -> None:
    PROVIDER.types[RETIRING].delete(world.client, before)


def session(world: World) -> pymysql.Connection[Any]:
    where = {name: value for name, value in world.server.connection.items() if name in {"host", "port", "socket"}}
    if "socket" in where:
        where["unix_socket"] = where.pop("socket")
    return pymysql.connect(**where, user=NAME, password=PASSWORD)


def enter(world: World, user: str, password: str) -> str:
    block = MysqlConnection.model_validate(world.server.connection)
    return PROVIDER.enter(world.scope, block, {}, pair(), Minted(user, password))


def test_it_is_locked_unlocked_and_dropped(standing: World) -> None:
    found = look(standing)
    assert (found.quarantined, found.uses, found.never) == (False, (), ())
    assert found.holding == ("with its rights run view shop.exported: give each another DEFINER first",)
    update(standing, found.live, found.locked)
    with pytest.raises(pymysql.err.OperationalError, match="locked"):
        session(standing)
    assert look(standing).quarantined
    update(standing, look(standing).live, found.live.resource)
    session(standing).close()
    with pytest.raises(Conflict, match="can log in again"):
        delete(standing, found.live)
    update(standing, found.live, found.locked)
    delete(standing, look(standing).live)
    assert PROVIDER.types[RETIRING].read(standing.client, NAME) is None
    delete(standing, found.live)


def test_who_is_connected_is_named_and_nothing_is_changed(standing: World) -> None:
    found = look(standing)
    held = session(standing)
    try:
        (use,) = look(standing).uses
        assert (use.who, use.now) == (f"session {held.thread_id()}", True)
        with pytest.raises(Conflict, match=f"is in use: session {held.thread_id()}"):
            update(standing, found.live, found.locked)
        assert not look(standing).quarantined
    finally:
        held.close()


def test_unlocking_leaves_all_else_of_it_as_it_was(standing: World) -> None:
    """Limits, TLS, the age of its password: none of them is named by LOCK and UNLOCK."""
    standing.server.script(
        f"ALTER USER {ACCOUNT} REQUIRE SSL WITH MAX_QUERIES_PER_HOUR 5 MAX_USER_CONNECTIONS 3 ACCOUNT UNLOCK;"
        f"ALTER USER {ACCOUNT} PASSWORD EXPIRE INTERVAL 100 DAY"
    )

    def described() -> Any:
        (row,) = standing.client.query("SELECT Priv FROM mysql.global_priv WHERE User = %s", (NAME,))
        return {name: value for name, value in json.loads(row[0]).items() if (name, value) != ("account_locked", False)}

    before, found = described(), look(standing)
    update(standing, found.live, found.locked)
    assert look(standing).quarantined
    update(standing, look(standing).live, found.live.resource)
    assert described() == before


@pytest.mark.parametrize("alone", [True, False])
def test_who_comes_in_at_that_moment_is_ended_unless_it_may_be_another_account(
    standing: World, monkeypatch: pytest.MonkeyPatch, alone: bool
) -> None:
    """MariaDB tells sessions by the user's name only."""
    if not alone:
        standing.server.script(f"CREATE USER `{NAME}`@`10.1.2.3`")
    found, run, came = look(standing), standing.client.run, []

    def late(statement: str) -> None:
        if statement.endswith("ACCOUNT LOCK"):
            came.append(session(standing))
        run(statement)

    monkeypatch.setattr(type(standing.client), "run", lambda _, statement: late(statement))
    try:
        update(standing, found.live, found.locked)
        assert look(standing).quarantined
        assert bool(look(standing).uses) is not alone
    finally:
        came[0].close()
        standing.server.script(f"DROP USER IF EXISTS `{NAME}`@`10.1.2.3`")


def test_who_must_stay_is_told(standing: World) -> None:
    ours = str(standing.client.account)
    assert any("the login of this run" in one for one in look(standing, ours).never)
    assert PROVIDER.retirables(standing.client, standing.scope, [Retiring("nobody")]) == {}


def test_a_minted_login_is_entered_as_itself_and_must_have_the_role(standing: World) -> None:
    standing.want(READ)
    standing.converge()
    with pytest.raises(Rejected, match="hasn't the role"):
        enter(standing, NAME, PASSWORD)
    standing.server.script(f"GRANT `{standing.role}` TO {ACCOUNT}")
    assert enter(standing, NAME, PASSWORD) == f"{NAME}@% logged in"
    with pytest.raises(Denied):
        enter(standing, NAME, "another")
    standing.server.script(f"REVOKE `{standing.role}` FROM {ACCOUNT}")
