"""Logins that a real OpenBao mints with our statements: what they can do, how they end, and that they are no drift."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from providers.postgres.lease import lease_comment
from tests.providers.minting import Minting
from tests.providers.postgres.world import World, lowered
from tests.thorough import sampled

GRANT = {"privileges": ["SELECT"], "tables": ["public.orders"]}
CREDENTIALS = {"system": "vault", "connection": "orders"}


@pytest.fixture(scope="module")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Minting]:
    made = Minting(tmp_path_factory.mktemp("bao"))
    yield made
    made.stop()


@pytest.fixture
def minted(worlds: Callable[..., World], bao: Minting) -> World:
    """A group role, and OpenBao connected as a minter that is no superuser."""
    world = worlds(minter="minter", credentials=CREDENTIALS)
    start(world, bao, "minter", "minter")
    return world


def start(world: World, bao: Minting, username: str, password: str) -> None:
    world.want(GRANT)
    world.converge()
    (request,) = lowered(world.scope, GRANT).logins
    where = f"127.0.0.1:{world.server.port}/{world.database}"
    url = f"postgresql://{{{{username}}}}:{{{{password}}}}@{where}?sslmode=disable"
    bao.configure(request, "postgresql-database-plugin", url, username, password, 600, 3600)


def enter(world: World, login: Mapping[str, Any]) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host="127.0.0.1",
        port=world.server.port,
        dbname=world.database,
        user=login["username"],
        password=login["password"],
        autocommit=True,
    )


def is_dead(world: World, login: Mapping[str, Any]) -> bool:
    try:
        enter(world, login).close()
    except psycopg.OperationalError:
        return True
    return False


def test_a_login_can_do_its_intent_and_dies_with_its_lease(minted: World, bao: Minting) -> None:
    login = bao.mint()
    assert minted.changes() == {}
    with enter(minted, login) as session:
        assert session.execute("SELECT total FROM public.orders").fetchall()
        for denied in ("INSERT INTO public.orders VALUES (2)", "SELECT * FROM public.secrets", 'SET ROLE "$role"'):
            if denied.startswith("SET") and minted.client.version < 160000:
                continue
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(denied.replace("$role", minted.role))
        session.execute("CREATE TEMP TABLE scratch (a int)")
        assert minted.changes() == {}
        bao.revoke(login)
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
    assert is_dead(minted, login)
    assert minted.sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{login['username']}'") == []
    assert minted.changes() == {}


def test_renewal_moves_the_end(minted: World, bao: Minting) -> None:
    login = bao.mint()
    ends = f"SELECT rolvaliduntil - now() > interval '15 min' FROM pg_roles WHERE rolname = '{login['username']}'"
    assert minted.sql(ends) == [(False,)]
    bao.renew(login, increment=1200)
    assert minted.sql(ends) == [(True,)]
    bao.revoke(login)


def test_revoking_what_is_gone_succeeds(minted: World, bao: Minting) -> None:
    login = bao.mint()
    minted.sql(f'DROP ROLE "{login["username"]}"')
    bao.revoke(login)


def test_a_superuser_can_mint_too(worlds: Callable[..., World], bao: Minting) -> None:
    world = worlds(credentials=CREDENTIALS)
    world.sql("DROP ROLE IF EXISTS boss", "CREATE ROLE boss SUPERUSER LOGIN PASSWORD 'boss'")
    start(world, bao, "boss", "boss")
    login = bao.mint()
    assert world.changes() == {}
    with enter(world, login) as session:
        assert session.execute("SELECT total FROM public.orders").fetchall()
        bao.revoke(login)
    assert is_dead(world, login)


def test_a_login_that_owns_something_is_dead_all_the_same_and_becomes_a_row(minted: World, bao: Minting) -> None:
    login = bao.mint()
    name = login["username"]
    with enter(minted, login) as session:
        session.execute("SELECT lo_create(815)")
        session.execute("GRANT SELECT ON LARGE OBJECT 815 TO PUBLIC")
        session.execute("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC")
        bao.revoke(login)
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
    assert is_dead(minted, login)
    assert (
        minted.changes()
        == {
            f"postgresql_role {name}": "by-hand",
            f"postgresql_grant_role {name}->{minted.role}": "delete",
            f"postgresql_grant_role minter->{name}": "delete",
            f"postgresql_dependency {name}:owner:large object 815": "by-hand",
            f"postgresql_dependency {name}:owner:default privileges on new relations belonging to role {name}": (
                "delete"
            ),
        }
        or minted.client.version < 160000
    )
    left = minted.left()[f"postgresql_dependency {name}:owner:large object 815"]
    assert "lo_unlink(815), or ALTER LARGE OBJECT 815" in left.how
    assert minted.apply().ok, "what is announced is done"
    assert f"{name}:owner:default" not in str(minted.changes())
    minted.sql("SELECT lo_unlink(815)")
    minted.converge()


def test_without_pg_signal_backend_the_login_dies_and_the_plan_warns(minted: World, bao: Minting) -> None:
    minted.sql("REVOKE pg_signal_backend FROM minter")
    try:
        assert [d.code for d in minted.read().diagnostics] == ["W453"]
        login = bao.mint()
        with enter(minted, login):
            bao.revoke(login)
        assert is_dead(minted, login)
    finally:
        minted.sql("GRANT pg_signal_backend TO minter")
    assert minted.read().diagnostics == ()


def all_of(name: str, role: str) -> dict[str, str]:
    """The login, and what it is a member of."""
    return {
        f"postgresql_role {name}": "delete",
        f"postgresql_grant_role {name}->{role}": "delete",
        f"postgresql_grant_role minter->{name}": "delete",
    }


ABUSES: Mapping[str, tuple[str, Callable[[str, str], dict[str, str]]]] = {
    "a stronger role": (
        'GRANT pg_read_all_data TO "$name"',
        lambda name, role: {
            f"postgresql_role {name}": "delete",
            f"postgresql_grant_role {name}->pg_read_all_data": "delete",
            f"postgresql_grant_role {name}->{role}": "delete",
            f"postgresql_grant_role minter->{name}": "delete",
        },
    ),
    "a grant of its own": (
        'GRANT SELECT ON public.secrets TO "$name"',
        lambda name, role: {f"postgresql_grant {name}:table:public.secrets": "delete"},
    ),
    "ADMIN": (
        'GRANT "$role" TO "$name" WITH ADMIN TRUE, SET FALSE',
        all_of,
    ),
    "SUPERUSER": ('ALTER ROLE "$name" SUPERUSER', all_of),
    "no end": ("ALTER ROLE \"$name\" VALID UNTIL 'infinity'", all_of),
    "a year": ("ALTER ROLE \"$name\" VALID UNTIL '2099-01-01'", all_of),
    "longer than its group may": ("ALTER ROLE \"$name\" VALID UNTIL '$soon'", all_of),
    "an end long past": ("ALTER ROLE \"$name\" VALID UNTIL '$past'", all_of),
    "no group": (
        'REVOKE "$role" FROM "$name" $by',
        lambda name, role: {
            f"postgresql_role {name}": "delete",
            f"postgresql_grant_role minter->{name}": "delete",
        },
    ),
    "default privileges": (
        'ALTER DEFAULT PRIVILEGES FOR ROLE "$name" GRANT SELECT ON TABLES TO PUBLIC',
        lambda name, role: {
            f"postgresql_dependency {name}:owner:default privileges on new relations belonging to role {name}": (
                "delete"
            )
        },
    ),
    "default privileges in a schema": (
        'ALTER DEFAULT PRIVILEGES FOR ROLE "$name" IN SCHEMA sales GRANT ALL ON ROUTINES TO x_mallory, "$name"',
        lambda name, role: {
            f"postgresql_dependency {name}:owner:default privileges on new functions belonging to role {name} "
            "in schema sales": "delete"
        },
    ),
    "default privileges taken from PUBLIC": (
        'ALTER DEFAULT PRIVILEGES FOR ROLE "$name" REVOKE ALL ON ROUTINES FROM PUBLIC, "$name"',
        lambda name, role: {
            f"postgresql_dependency {name}:owner:default privileges on new functions belonging to role {name}": (
                "delete"
            )
        },
    ),
    "a user mapping": (
        'CREATE USER MAPPING FOR "$name" SERVER there',
        lambda name, role: {f"postgresql_dependency {name}:owner:user mapping for {name} on server there": "delete"},
    ),
    "somebody else's ADMIN on it": (
        'GRANT "$name" TO x_mallory WITH ADMIN TRUE, SET FALSE, INHERIT FALSE',
        lambda name, role: {f"postgresql_grant_role x_mallory->{name}": "delete"},
    ),
    "somebody else in it": (
        'GRANT "$name" TO x_mallory',
        lambda name, role: {f"postgresql_grant_role x_mallory->{name}": "delete"},
    ),
}


@pytest.mark.parametrize("abuse", sampled(ABUSES, 2))
def test_a_leased_login_that_is_more_than_that_is_not_exempt(minted: World, bao: Minting, abuse: str) -> None:
    statement, expected = ABUSES[abuse]
    if minted.client.version < 160000:
        statement = statement.replace("ADMIN TRUE, SET FALSE", "ADMIN OPTION").replace(", INHERIT FALSE", "")
    login = bao.mint()
    minted.sql("DROP ROLE IF EXISTS x_mallory", "CREATE ROLE x_mallory")
    minted.sql(
        "DROP FOREIGN DATA WRAPPER IF EXISTS mine CASCADE",
        "CREATE FOREIGN DATA WRAPPER mine",
        "CREATE SERVER there FOREIGN DATA WRAPPER mine",
    )
    soon, past = (datetime.now(UTC) + timedelta(hours=hours) for hours in (1, -2))
    statement = statement.replace("$soon", soon.isoformat()).replace("$past", past.isoformat())
    statement = statement.replace("$by", "GRANTED BY minter" if minted.client.version >= 160000 else "")
    minted.sql(statement.replace("$name", login["username"]).replace("$role", minted.role))
    rows = expected(login["username"], minted.role)
    if minted.client.version < 160000:
        rows = {key: action for key, action in rows.items() if "minter->" not in key}
    assert minted.changes() == rows
    minted.converge()
    bao.revoke(login)
    assert is_dead(minted, login)


def test_a_mark_alone_makes_no_lease(minted: World) -> None:
    """Somebody else's login with a copied comment isn't exempt: the minter didn't put it there."""
    options = "WITH INHERIT TRUE, SET FALSE" if minted.client.version >= 160000 else ""
    soon = (datetime.now(UTC) + timedelta(minutes=10)).isoformat()
    minted.sql(
        f"CREATE ROLE x_liar LOGIN INHERIT VALID UNTIL '{soon}'",
        "CREATE ROLE x_helper",
        "GRANT $role TO x_helper WITH ADMIN OPTION",
    )
    minted.sql(f"COMMENT ON ROLE x_liar IS '{lease_comment(minted.scope, minted.role)}'")
    minted.sql("SET ROLE x_helper", f"GRANT $role TO x_liar {options}")
    try:
        assert minted.changes() == {
            "postgresql_role x_liar": "delete",
            f"postgresql_grant_role x_helper->{minted.role}": "delete",
            f"postgresql_grant_role x_liar->{minted.role}": "delete",
        }
        minted.converge()
    finally:
        minted.sql("DROP ROLE IF EXISTS x_liar", "DROP ROLE x_helper")


def test_a_copied_mark_hides_no_membership_of_a_group_that_is_not_ours(minted: World) -> None:
    options = "WITH INHERIT TRUE, SET FALSE" if minted.client.version >= 160000 else ""
    soon = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    minted.sql(
        f"CREATE ROLE x_liar LOGIN INHERIT VALID UNTIL '{soon}'",
        f"COMMENT ON ROLE x_liar IS '{lease_comment(minted.scope, minted.role)}'",
        f"GRANT pg_read_all_data TO x_liar {options}",
    )
    assert minted.changes() == {
        "postgresql_role x_liar": "delete",
        "postgresql_grant_role x_liar->pg_read_all_data": "delete",
    }
    minted.converge()


LEFT_BEHIND = {
    "a large object": "SELECT lo_from_bytea(0, 'mine')",
    "default privileges": "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
    "default privileges in a schema": "ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT SELECT ON TABLES TO x_mallory",
}


@pytest.mark.parametrize("left", LEFT_BEHIND)
def test_what_nobody_else_can_miss_goes_with_the_login(minted: World, bao: Minting, left: str) -> None:
    minted.sql("DROP ROLE IF EXISTS x_mallory", "CREATE ROLE x_mallory")
    # Other tests may have left something of their own in this database.
    kept = "SELECT 'acl', oid FROM pg_default_acl UNION ALL SELECT 'lo', oid FROM pg_largeobject_metadata ORDER BY 1, 2"
    before = minted.sql(kept)
    login = bao.mint()
    with enter(minted, login) as session:
        session.execute(LEFT_BEHIND[left])
        assert minted.sql(kept) != before
        bao.revoke(login)
    assert minted.sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{login['username']}'") == []
    assert minted.sql(kept) == before
    assert minted.changes() == {}
    minted.sql("DROP ROLE x_mallory")


def test_a_table_that_a_login_made_is_never_dropped(minted: World, bao: Minting) -> None:
    minted.sql("GRANT CREATE ON SCHEMA sales TO PUBLIC")
    login = bao.mint()
    try:
        with enter(minted, login) as session:
            session.execute("CREATE TABLE sales.report AS SELECT 42 AS answer")
            session.execute("SELECT lo_create(816)")
            assert minted.changes() == {
                f"postgresql_dependency {login['username']}:owner:table sales.report": "by-hand"
            }
            bao.revoke(login)
        assert is_dead(minted, login)
        assert minted.sql("SELECT answer FROM sales.report", "SELECT lo_get(816)") == [(b"",)]
        if minted.client.version >= 160000:
            members = f"SELECT 1 FROM pg_auth_members WHERE roleid = '\"{login['username']}\"'::regrole"
            assert len(minted.sql(members)) == 1
    finally:
        minted.sql("REVOKE CREATE ON SCHEMA sales FROM PUBLIC", "DROP TABLE sales.report")
    minted.converge()
    assert minted.sql("SELECT 1 FROM pg_largeobject_metadata WHERE oid = 816") == []


def test_a_login_that_outlived_its_group_is_a_row_and_goes(minted: World, bao: Minting) -> None:
    """As after revoke-force at the minting system, or when the database was down when the lease ended."""
    login = bao.mint()
    minted.desired = {}
    assert minted.apply().ok
    name = login["username"]
    rows = {f"postgresql_role {name}": "delete", f"postgresql_grant_role minter->{name}": "delete"}
    if minted.client.version < 160000:
        del rows[f"postgresql_grant_role minter->{name}"]
    assert minted.changes() == rows
    minted.converge()
    assert is_dead(minted, login)
    bao.revoke(login)


def test_dropping_the_group_leaves_its_logins_without_access(minted: World, bao: Minting) -> None:
    login = bao.mint()
    with enter(minted, login) as session:
        minted.desired = {}
        assert minted.apply().ok
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("SELECT * FROM public.orders")
        bao.revoke(login)
    assert is_dead(minted, login)
