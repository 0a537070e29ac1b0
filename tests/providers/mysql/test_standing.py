"""Logins as facts on a real MariaDB, and what of the specs covers them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pymysql
import pytest

from providers.mysql.effective.privilege import Privilege
from providers.mysql.names import Account
from providers.mysql.standing.cover import Cover
from providers.mysql.standing.holdings import gives, of_server
from providers.mysql.standing.sessions import Session, assigned, is_from, is_peoples
from providers.mysql.standing.widths import reach, trust
from reconciler.model import Holds, Side, Standing, Unseen, Whose
from tests.providers.mysql.world import PROVIDER, READ, World, lowered, scope_of

BY = "IDENTIFIED BY 'secret-of-tests'"
MADE: Mapping[str, str] = {
    "inv_plain@10.0.0.1": f"{BY}; GRANT SELECT ON shop.orders TO inv_plain@10.0.0.1",
    "inv_any@%": BY,
    "inv_open@10.%": "",
    "inv_locked@10.0.0.1": f"{BY} ACCOUNT LOCK",
    "inv_expired@10.0.0.1": f"{BY} PASSWORD EXPIRE",
    "inv_month@10.0.0.1": f"{BY} PASSWORD EXPIRE INTERVAL 30 DAY",
    "inv_socket@localhost": "IDENTIFIED VIA unix_socket",
    "inv_both@localhost": "IDENTIFIED VIA mysql_native_password USING PASSWORD('secret-of-tests') OR unix_socket",
    "inv_invalid@10.0.0.1": "IDENTIFIED VIA mysql_native_password USING 'invalid'",
    "inv_super@10.0.0.1": f"{BY}; GRANT SUPER, FILE ON *.* TO inv_super@10.0.0.1",
    "inv_all@10.0.0.1": f"{BY}; GRANT ALL ON *.* TO inv_all@10.0.0.1 WITH GRANT OPTION",
    "inv_gives@10.0.0.1": f"{BY}; GRANT SELECT ON shop.* TO inv_gives@10.0.0.1 WITH GRANT OPTION",
    "inv_admin@10.0.0.1": (
        f"{BY}; CREATE ROLE inv_role; GRANT DELETE ON shop.orders TO inv_role;"
        "GRANT inv_role TO inv_admin@10.0.0.1 WITH ADMIN OPTION"
    ),
    "inv_hashes@10.0.0.1": f"{BY}; GRANT SELECT ON mysql.* TO inv_hashes@10.0.0.1",
    "inv_writes@10.0.0.1": f"{BY}; GRANT UPDATE ON mysql.global_priv TO inv_writes@10.0.0.1",
    "inv_pattern@10.0.0.1": f"{BY}; GRANT INSERT ON `%`.* TO inv_pattern@10.0.0.1",
    "inv_proxy@10.0.0.1": f"{BY}; GRANT PROXY ON inv_any@`%` TO inv_proxy@10.0.0.1",
}


@pytest.fixture
def found(world: World) -> Iterator[dict[str, Standing]]:
    """All logins that these made, by name; what else the server has is another test's."""
    for account, how in MADE.items():
        user, _, host = account.partition("@")
        world.server.script(f"CREATE USER {user}@`{host}` {how}")
    world.server.script(f"CREATE USER ''@inv_host {BY}")
    yield look(world)
    for account in (*MADE, "@inv_host"):
        user, _, host = account.partition("@")
        world.server.script(f"DROP USER `{user}`@`{host}`")
    world.server.script("DROP ROLE inv_role")


def look(world: World) -> dict[str, Standing]:
    rows = PROVIDER.inventory(world.client, world.scope)
    return {one.address.key: one for one in rows or () if isinstance(one, Standing)}


def told(one: Standing) -> list[str]:
    return [width.witness.request for width in one.widths]


def test_logins_as_they_are(found: dict[str, Standing], world: World) -> None:
    assert found["inv_any@%"].principals == ("inv_any@%", "inv_any")
    assert found["inv_plain@10.0.0.1"].principals == ("inv_plain@10.0.0.1",)
    wide = {name: told(found[name]) for name in (*MADE, "``@inv_host")}
    assert wide == {
        "inv_plain@10.0.0.1": [],
        "inv_any@%": ["log in from any host"],
        "inv_open@10.%": ["log in without a password"],
        "inv_locked@10.0.0.1": [],
        "inv_expired@10.0.0.1": [],
        "inv_month@10.0.0.1": [],
        "inv_socket@localhost": [],
        "inv_both@localhost": [],
        "inv_invalid@10.0.0.1": [],
        "inv_super@10.0.0.1": ["SUPER on the whole server", "FILE on the whole server"],
        "inv_all@10.0.0.1": ["ALL PRIVILEGES on the whole server", wide["inv_all@10.0.0.1"][1]],
        "inv_gives@10.0.0.1": ["SELECT WITH GRANT OPTION on database shop"],
        "inv_admin@10.0.0.1": ["ADMIN on role inv_role"],
        "inv_hashes@10.0.0.1": ["SELECT on database mysql"],
        "inv_writes@10.0.0.1": ["UPDATE on mysql.global_priv"],
        "inv_pattern@10.0.0.1": ["INSERT on databases `%`"],
        "inv_proxy@10.0.0.1": ["PROXY of inv_any@%"],
        "``@inv_host": ["log in under any name that has no account"],
    }
    assert "WITH GRANT OPTION" in wide["inv_all@10.0.0.1"][1]
    ways = {name: (one.holds, one.endless, one.enabled, one.expires is not None) for name, one in found.items()}
    secret, nothing = Holds.CREDENTIAL, Holds.NOTHING
    assert ways["inv_plain@10.0.0.1"] == (secret, True, True, False)
    assert ways["inv_open@10.%"] == (nothing, False, True, False)
    assert ways["inv_locked@10.0.0.1"] == (secret, True, False, False)
    assert ways["inv_expired@10.0.0.1"] == (secret, True, False, False)
    assert ways["inv_month@10.0.0.1"] == (secret, False, True, True)
    assert ways["inv_socket@localhost"] == (nothing, False, True, False)
    assert ways["inv_both@localhost"] == (secret, True, True, False)
    assert ways["inv_invalid@10.0.0.1"] == (nothing, False, True, False)
    month = found["inv_month@10.0.0.1"]
    assert month.created is not None
    assert month.expires is not None
    assert (month.expires - month.created).days == 30
    assert found["root@localhost"].whose is Whose.OPERATOR, "this run's own"
    assert found["mariadb.sys@localhost"].whose is Whose.SYSTEM
    assert {one.whose for name, one in found.items() if name.startswith("inv_")} == {Whose.STANDING}
    assert not any("secret-of-tests" in str(one) or "*B" in str(one) for one in found.values())
    wanted = {one.resource.address: one.resource for one in lowered(world.scope, READ).resources}
    covering = PROVIDER.covering(world.scope, wanted)
    covers = {name: [one.key for one in covering(one.access)] for name, one in found.items()}
    assert {name for name, roles in covers.items() if roles} == {"inv_plain@10.0.0.1"}
    assert covers["inv_plain@10.0.0.1"] == [world.role]


def test_writs_own_and_what_was_minted_is_dynamic(minting: World) -> None:
    minting.server.script(f"CREATE USER IF NOT EXISTS minter {BY}")
    minting.want(READ)
    minting.converge()
    name = f"v-{minting.prefix}x"
    made = (
        f"CREATE USER `{name}`@`%` {BY} WITH MAX_STATEMENT_TIME 600",
        f"GRANT $role TO `{name}`@`%`",
    )
    minting.sql(*made)
    found = look(minting)
    assert found[minting.role].whose is found[minting.marker].whose is found[f"{name}@%"].whose is Whose.DYNAMIC
    assert found["minter@%"].whose is Whose.OPERATOR
    minting.sql(f"GRANT SELECT ON shop.customers TO `{name}`@`%`")
    assert look(minting)[f"{name}@%"].whose is Whose.STANDING, "it has something of its own"
    minting.sql(f"DROP USER `{name}`@`%`", "DROP USER minter")


@contextmanager
def connected(world: World, user: str, program: str) -> Iterator[None]:
    session = pymysql.connect(
        host="127.0.0.1", port=world.server.port, user=user, password="secret-of-tests", ssl_disabled=True,
        program_name=program,
    )  # fmt: skip
    yield
    session._force_close()


def test_who_is_connected_with_it(world: World) -> None:
    world.server.script(f"CREATE USER inv_live@`127.%` {BY}; CREATE USER inv_live@`10.%` {BY}")
    with connected(world, "inv_live", "billing"), connected(world, "inv_live", "mysql"):
        found = look(world)
    one, other = found["inv_live@127.%"], found["inv_live@10.%"]
    assert one.users == ("sessions of billing", "sessions of mysql")
    assert one.people == ("a session of mysql",)
    assert one.last_used is not None
    assert not one.use_is_known, "that nobody is connected doesn't say that nobody was"
    assert (other.users, other.people, other.last_used) == ((), (), None)
    world.server.script("DROP USER inv_live@`127.%`, inv_live@`10.%`")


def test_a_login_with_the_rights_that_are_printed_sees_it_all_and_with_less_says_so(world: World) -> None:
    rights = PROVIDER.inventory_rights(world.scope)
    assert rights is not None
    world.server.script(rights.text.replace("…", "secret-of-tests"))
    own = World.at(
        world.server, world.scope.settings, host="127.0.0.1", port=world.server.port, user="iam_auditor",
        password_env="PW",
    )  # fmt: skip
    rows = list(PROVIDER.inventory(own.client, own.scope) or ())
    assert [one for one in rows if isinstance(one, Unseen)] == []
    seen = {one.address.key: one for one in rows if isinstance(one, Standing)}
    assert seen.keys() == look(world).keys()
    assert seen["iam_auditor@%"].whose is Whose.OPERATOR
    world.server.script("REVOKE PROCESS ON *.* FROM iam_auditor")
    world.server.script("REVOKE SELECT ON performance_schema.session_connect_attrs FROM iam_auditor")
    unseen = [one for one in PROVIDER.inventory(own.client, own.scope) or () if isinstance(one, Unseen)]
    assert [one.what for one in unseen] == ["who is connected, and from where", "by which programs sessions are"]
    own.client.close()
    # By a role that is set it sees them, too.
    world.server.script("CREATE ROLE inv_sees; GRANT PROCESS ON *.* TO inv_sees; GRANT inv_sees TO iam_auditor")
    world.server.script("SET DEFAULT ROLE inv_sees FOR iam_auditor")
    own = World.at(
        world.server, world.scope.settings, host="127.0.0.1", port=world.server.port, user="iam_auditor",
        password_env="PW",
    )  # fmt: skip
    unseen = [one for one in PROVIDER.inventory(own.client, own.scope) or () if isinstance(one, Unseen)]
    assert [one.what for one in unseen] == ["by which programs sessions are"]
    own.client.close()
    world.server.script("DROP USER iam_auditor; DROP ROLE inv_sees")


def table(name: str, privilege: str = "SELECT", column: str = "", *, grantable: bool = False) -> Privilege:
    kind = "column" if column else "table"
    return Privilege(kind, "shop", name, column, privilege, grantable)


@pytest.mark.parametrize(
    ("access", "covered"),
    [
        ({table("orders")}, True),
        ({table("orders", column="total")}, True),
        ({table("orders"), table("bills")}, False),
        ({table("orders", "UPDATE")}, False),
        ({table("orders"), table("orders", grantable=True)}, False),
        ({table("orders"), gives("other")}, False),
        ({Privilege("database", "shop", "", "", "SELECT")}, False),
        (of_server(1), False),
        (set(), False),
    ],
)
def test_a_role_of_the_specs_covers_what_a_login_may_and_no_more(access: set[Privilege], covered: bool) -> None:
    wanted = {one.resource.address: one.resource for one in lowered(scope_of(), READ).resources}
    assert [one.key for one in Cover.of(wanted).covering(frozenset(access))] == (
        ["writ_bot_orders.read"] if covered else []
    )


def test_an_access_that_isnt_known_is_covered_by_nothing() -> None:
    wanted = {one.resource.address: one.resource for one in lowered(scope_of(), READ).resources}
    assert list(Cover.of(wanted).covering(None)) == []


NAMED = [Account("a", "10.%"), Account("a", "10.0.0.1"), Account("a", "%"), Account("b", "%"), Account("", "%")]


@pytest.mark.parametrize(
    ("user", "host", "accounts", "expected"),
    [
        ("a", "10.0.0.1", NAMED, "a@10.0.0.1"),
        ("a", "10.9.9.9", NAMED, "a@10.%"),
        ("a", "localhost", NAMED, "a@%"),
        ("b", "10.0.0.1", NAMED, "b@%"),
        ("nobody", "10.0.0.1", NAMED, "``@%"),
        ("c", "a-name-of-a-host", [Account("c", "10.%")], "c@10.%"),
        ("c", "192.168.1.1", [Account("c", "10.%"), Account("c", "11.%")], None),
        ("c", "10.0.0.1", [Account("c", "1_.%"), Account("c", "1%.0.0.1")], None),
        ("b", "10.0.0.1", [Account("b", "%"), Account("", "10.%")], "``@10.%"),
    ],
)
def test_a_session_is_the_account_that_the_server_takes_for_it(
    user: str, host: str, accounts: list[Account], expected: str | None
) -> None:
    found = assigned([Session(user, host, 1.0)], accounts)
    assert [str(one) for one in found] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("host", "pattern", "expected"),
    [
        ("10.1.2.3", "10.0.0.0/255.0.0.0", True),
        ("11.1.2.3", "10.0.0.0/255.0.0.0", False),
        ("a-name", "10.0.0.0/255.0.0.0", False),
        ("db.example.com", "%.example.com", True),
        ("db.example.org", "%.example.com", False),
    ],
)
def test_where_an_account_takes_sessions_from(host: str, pattern: str, expected: bool) -> None:
    assert is_from(host, pattern) is expected


def test_programs_that_people_sit_at() -> None:
    assert [
        one for one in ("mysql", "mariadb", "mysqldump", "DBeaver 24", "billing", "HeidiSQL") if is_peoples(one)
    ] == [
        "mysql",
        "mariadb",
        "DBeaver 24",
        "HeidiSQL",
    ]


def test_from_any_host_is_trust_and_a_network_is_not() -> None:
    assert [one.side for one in trust(Account("a", "%"), is_open=False)] == [Side.TRUST]
    assert list(trust(Account("a", "10.%"), is_open=False)) == []
    assert list(reach([table("orders")], ())) == []
