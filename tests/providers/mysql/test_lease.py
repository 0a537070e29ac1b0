"""Logins that OpenBao mints on a real MariaDB: they come, may what their role may, are no drift, and go for good."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pymysql
import pytest

from providers.mysql.catalog import Login, Member
from providers.mysql.lease import is_minted
from providers.mysql.names import Account
from tests.providers.minting import Minting
from tests.providers.mysql.world import PROVIDER, READ, World, pair

DENIED = pymysql.err.OperationalError


@pytest.fixture(scope="module")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Minting]:
    made = Minting(tmp_path_factory.mktemp("bao"))
    yield made
    made.stop()


def minted(world: World, bao: Minting) -> dict[str, Any]:
    (request,) = world.want(READ).logins
    world.converge()
    url = f"{{{{username}}}}:{{{{password}}}}@tcp(127.0.0.1:{world.server.port})/"
    ttl = request.pair.ttl
    bao.configure(request, "mysql-database-plugin", url, "minter", "secret-of-tests", ttl, ttl)
    return bao.mint()


def test_the_plugin_is_in_the_catalogue(bao: Minting) -> None:
    assert "mysql-database-plugin" in bao.plugins()


def test_a_login_has_the_role_and_nothing_else_and_is_no_drift(minting: World, bao: Minting) -> None:
    login = minted(minting, bao)
    with minting.session(login["username"], login["password"]) as session, session.cursor() as cursor:
        with pytest.raises(DENIED):
            cursor.execute("SELECT * FROM shop.orders")  # the role isn't set yet
        cursor.execute(f"SET ROLE `{minting.role}`")
        cursor.execute("SELECT COUNT(*) FROM shop.orders")
        assert cursor.fetchall() == ((2,),)
        more = ("DELETE FROM shop.orders", "SELECT * FROM shop.customers", f"GRANT `{minting.role}` TO mallory")
        for statement in more:
            with pytest.raises(DENIED):
                cursor.execute(statement)
    assert minting.changes() == {}
    bao.renew(login)
    assert minting.changes() == {}
    bao.revoke(login)


def test_revoking_ends_the_session_and_drops_the_login(minting: World, bao: Minting) -> None:
    login = minted(minting, bao)
    session = minting.session(login["username"], login["password"])
    with session.cursor() as cursor:
        cursor.execute(f"SET ROLE `{minting.role}`")
    bao.revoke(login)
    with pytest.raises(DENIED) as lost, session.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert lost.value.args[0] in {2006, 2013}
    with pytest.raises(DENIED):
        minting.session(login["username"], login["password"])
    assert minting.sql(f"SELECT * FROM mysql.global_priv WHERE User = '{login['username']}'") == []
    session._force_close()


def test_with_default_role_a_login_has_it_at_once(worlds: Callable[..., World], bao: Minting) -> None:
    """Which needs more of the minter."""
    login = {"system": "vault"}
    world = worlds(minter="minter", credentials=login, default_role=True)
    world.want(READ)
    assert [one.code for one in world.read().diagnostics] == ["W470"]
    world.sql("GRANT UPDATE ON mysql.* TO minter")
    try:
        found = minted(world, bao)
        with world.session(found["username"], found["password"]) as session, session.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM shop.orders")
        assert world.changes() == {}
        assert world.read().diagnostics == ()
        bao.revoke(found)
    finally:
        world.sql("REVOKE UPDATE ON mysql.* FROM minter")


@pytest.mark.parametrize(
    "statement",
    [
        "GRANT SELECT ON shop.customers TO '{}'@'%'",
        "GRANT FILE ON *.* TO '{}'@'%'",
        "ALTER USER '{}'@'%' WITH MAX_STATEMENT_TIME 0",
        "GRANT $role TO '{}'@'%' WITH ADMIN OPTION",
        "GRANT PROXY ON '{}'@'%' TO mallory",
        "ALTER USER '{}'@'%' IDENTIFIED BY ''",
        "ALTER USER '{}'@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('x') OR unix_socket",
    ],
)
def test_a_login_that_was_made_more_loses_its_role(minting: World, bao: Minting, statement: str) -> None:
    login = minted(minting, bao)
    minting.sql(statement.format(login["username"]))
    (key,) = minting.changes()
    assert key == f"{login['username']}@%->bot_orders.read"
    minting.converge()
    bao.revoke(login)


def test_one_login_with_two_roles_is_a_row_for_each(minting: World, bao: Minting) -> None:
    login = minted(minting, bao)
    minting.sql("CREATE ROLE another", f"GRANT another TO '{login['username']}'@'%'")
    try:
        assert set(minting.changes().values()) == {"delete undeclared"}
    finally:
        minting.sql("DROP ROLE another")
        bao.revoke(login)


PLAIN = Login(Account("v-1", "%"), 0, 600.0, 10.0, "", 1, holds=False, by_password=True)
MEMBER = Member(Account("v-1", "%"), "writ_a_b", admin=False)


@pytest.mark.parametrize(
    ("changed", "proper"),
    [
        ({}, True),
        ({"default_role": "writ_a_b"}, True),
        ({"age": 600.0 + 75 * 60}, True),  # its revocation is under way
        ({"age": 601.0 + 75 * 60}, False),
        ({"age": None}, False),
        ({"age": -1.0}, False),
        ({"statement_seconds": 0.0}, False),
        ({"statement_seconds": 768 * 3600.0 + 1}, False),
        ({"access": 1}, False),
        ({"roles": 2}, False),
        ({"holds": True}, False),
        ({"by_password": False}, False),
        ({"default_role": "other"}, False),
        ({"account": Account("v-1", "10.0.0.1")}, False),
    ],
)
def test_what_a_minted_login_looks_like(changed: dict[str, Any], proper: bool) -> None:
    assert is_minted(PLAIN._replace(**changed), MEMBER) is proper
    assert not is_minted(PLAIN._replace(**changed), MEMBER._replace(admin=True))


def test_what_the_minter_lacks_is_said(worlds: Callable[..., World]) -> None:
    credentials = {"system": "vault"}
    world = worlds(minter="nobody@10.%", credentials=credentials)
    (found,) = world.read().diagnostics
    assert (found.code, found.severity) == ("W468", "error")
    assert "CREATE USER `nobody`@`10.%`" in found.help
    world = worlds(minter="mallory", credentials=credentials)
    assert [(one.code, one.severity) for one in world.read().diagnostics] == [("W470", "warning")] * 2


def test_an_anonymous_user_is_told_of(minting: World) -> None:
    minting.sql("CREATE USER ''@'localhost' IDENTIFIED BY 'x'")
    try:
        assert [one.code for one in minting.read().diagnostics] == ["W469"]
    finally:
        minting.sql("DROP USER ''@'localhost'")


def test_the_ttl_is_the_leases(minting: World) -> None:
    limit = PROVIDER.ttl(minting.scope, pair(ttl=300), {})
    assert limit is not None
    assert (limit.enforced, "CONNECTION ADMIN" in limit.hinges) == (300, True)
