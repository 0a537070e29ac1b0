"""The example shop on a real MariaDB and OpenBao: from nothing and back, an agent's login, and what others do."""

from __future__ import annotations

import json
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pymysql
import pytest

from tests.e2e import mess_mysql
from tests.e2e.convergence import check_applies, check_destroys, check_finds_its_own, rows
from tests.e2e.mess import of_system, told
from tests.faults.harness import Harness
from tests.faults.shop import harness
from tests.faults.test_points import killed_on_the_way_back
from tests.servers import EXAMPLES, World, run_writ

__all__ = ["harness"]
VERBS = ("apply", "inventory")
ROLE = "writ_returns-bot_orders.read"
AT = f'shop-db.mysql_role["{ROLE}"]'


def by_hand(world: World, *statements: str) -> None:
    server: Any = world.sandbox.server("mysql")
    for statement in statements:
        server.script(statement)


def asked(world: World, method: str, path: str, body: Mapping[str, Any] | None, token: str) -> Any:
    address = world.connection("vault")["address"]
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{address}/v1/{path}", data, {"X-Vault-Token": token}, method=method)
    with urllib.request.urlopen(request, timeout=30) as reply:
        text = reply.read()
    return json.loads(text) if text else {}


@contextmanager
def session(world: World, login: Mapping[str, str]) -> Iterator[Any]:
    server: Any = world.sandbox.server("mysql")
    made = pymysql.connect(
        host="127.0.0.1", port=server.port, user=login["username"], password=login["password"], ssl_disabled=True
    )
    try:
        with made.cursor() as cursor:
            yield cursor
    finally:
        made._force_close()


def test_the_shop(shop: World, pytestconfig: pytest.Config) -> None:
    count = check_applies(shop, "shop/expected/plan.txt", pytestconfig)
    assert shop.ok("drift").startswith("No drift.")
    body = {"role": "returns-bot_orders.read", "jwt": shop.token("returns-bot", "vault")}
    token = asked(shop, "POST", "auth/jwt-agents/login", body, "")["auth"]["client_token"]
    login = asked(shop, "GET", "database/creds/writ-returns-bot_orders.read_shop-db", None, token)["data"]
    with session(shop, login) as cursor:
        cursor.execute(f"SET ROLE `{ROLE}`")
        cursor.execute("SELECT total FROM shop.orders")
        assert cursor.fetchall() == ((30,),)
        with pytest.raises(pymysql.err.OperationalError, match="denied"):
            cursor.execute("SELECT card FROM shop.customers")
        assert "No changes." in shop.ok("plan", "-detailed-exitcode")
        asked(shop, "POST", "auth/token/revoke-self", {}, token)
        shop.ok("destroy", "-auto-approve", "-target", AT)
        with pytest.raises(pymysql.err.OperationalError):
            cursor.execute("SELECT 1")
    shop.apply()
    shutil.rmtree(shop.state.parent)
    check_finds_its_own(shop, count)
    check_destroys(shop, count)


def test_what_others_do_is_found_with_what_it_gives_and_taken_back(shop: World) -> None:
    shop.apply()
    by_hand(
        shop,
        f"GRANT UPDATE ON shop.orders TO `{ROLE}`; GRANT SELECT ON shop.* TO `{ROLE}`",
        f"CREATE USER jane@localhost; GRANT `{ROLE}` TO jane@localhost",
    )
    plan = shop.json("plan")
    assert "W318" in {one["code"] for one in plan["diagnostics"]}, "the whole database has the cards"
    outside = [row for row in plan["access_changes"] if (row["mover"], row["address"]) == ("outside", AT)]
    gains = {row["aspect"]: [one["request"] for one in row["gains"]] for row in outside}
    assert gains == {
        "reach": ["SELECT on database shop", "UPDATE on shop.orders"],
        "trust": [f"SET ROLE {ROLE} as jane@localhost"],
    }
    told = shop.writ("plan", "-full").stdout
    assert "+ UPDATE on shop.orders" in told
    changed = {address: action for address, action in rows(plan).items() if action != "no-op"}
    grant = 'shop-db.mysql_grant["' + ROLE
    assert changed == {
        f'{grant}:table:shop.orders"]': "update",
        f'{grant}:database:shop"]': "delete",
        f'shop-db.mysql_role_membership["jane@localhost->{ROLE}"]': "delete",
    }
    shop.apply()
    assert "No changes." in shop.ok("plan", "-detailed-exitcode")


def test_what_everybody_is_given_is_told_and_left(shop: World) -> None:
    shop.apply()
    by_hand(shop, "GRANT DELETE ON shop.orders TO PUBLIC")
    try:
        plan = shop.json("plan")
        assert {row["verdict"] for row in plan["access_changes"] if row["address"] == AT} == {"widens"}
        assert "W517" in {one["code"] for one in plan["diagnostics"]}
        assert "everybody" in shop.ok("explain", "returns-bot", "shop-db", "DELETE", "shop.orders", "--live")
    finally:
        by_hand(shop, "REVOKE DELETE ON shop.orders FROM PUBLIC")


MINTED = "writ-returns-bot_orders.read_shop-db"
BOSS = "boss_of_tests"


def administers(world: World, password: str) -> bool:
    """Whether that password is the administrator's by now."""
    try:
        with session(world, {"username": BOSS, "password": password}) as cursor:
            return bool(cursor.execute("SELECT 1 FROM mysql.global_priv"))
    except pymysql.err.OperationalError:
        return False


def by_a_login_of_its_own(world: World, token: str) -> None:
    login = asked(world, "GET", f"database/creds/{MINTED}", None, token)["data"]
    with session(world, login) as cursor:
        cursor.execute(f"SET ROLE `{ROLE}`")
        cursor.execute(f"ALTER USER {BOSS} IDENTIFIED BY 'taken-by-a-login'")


def by_the_role_that_makes_it(world: World, token: str) -> None:
    statements = [
        "CREATE USER '{{name}}'@'%' IDENTIFIED BY '{{password}}'",
        f"ALTER USER {BOSS} IDENTIFIED BY 'taken-by-the-minter'",
    ]
    body = {"db_name": "shop", "creation_statements": statements}
    asked(world, "POST", f"database/roles/{MINTED}", body, token)
    asked(world, "GET", f"database/creds/{MINTED}", None, token)


def test_a_path_to_administrator_that_the_plan_names_can_be_gone(shop: World) -> None:
    shop.apply()
    by_hand(shop, f"CREATE USER {BOSS} IDENTIFIED BY 'forgotten'; GRANT ALL ON *.* TO {BOSS} WITH GRANT OPTION")
    vault: Any = shop.sandbox.server("vault")
    folder, policy = "sys/policies/acl", "writ-returns-bot_orders.read"
    body = {"role": "returns-bot_orders.read", "jwt": shop.token("returns-bot", "vault")}
    for rules, goes, password in (
        (["M2"], by_a_login_of_its_own, "taken-by-a-login"),
        (["V2", "M2"], by_the_role_that_makes_it, "taken-by-the-minter"),
    ):
        token = asked(shop, "POST", "auth/jwt-agents/login", body, "")["auth"]["client_token"]
        with pytest.raises((pymysql.err.OperationalError, urllib.error.HTTPError)):
            goes(shop, token)
        if "V2" in rules:
            text = asked(shop, "GET", f"{folder}/{policy}", None, vault._root)["data"]["policy"]
            more = f'path "database/roles/{MINTED}" {{ capabilities = ["create", "update"] }}'
            asked(shop, "POST", f"{folder}/{policy}", {"policy": f"{text}\n{more}"}, vault._root)
        else:
            by_hand(shop, f"GRANT CREATE USER ON *.* TO `{ROLE}`")
        plan = shop.json("plan")
        (path,) = [one for one in plan["escalations"] if one["target"] == "administrator of shop-db"]
        assert [one["rule"] for one in path["path"] if one["rule"]] == rules
        assert (path["certain"], path["ended_by_this_plan"]) == (True, True)
        assert not administers(shop, password)
        goes(shop, token)
        assert administers(shop, password)
        shop.apply()
        assert shop.json("plan")["escalations"] == []


def test_the_page_of_permissions_is_what_the_command_prints() -> None:
    specs = str(EXAMPLES / "shop" / "specs")
    printed = [run_writ("permissions", verb, specs, "--system", "shop-db", cwd=EXAMPLES).stdout for verb in VERBS]
    page = (EXAMPLES.parent / "docs" / "permissions.md").read_text()
    assert re.findall(r"^```mysql\n(.*?)^```$", page, re.MULTILINE | re.DOTALL) == printed


def test_a_mariadb_of_which_everything_planted_is_found_and_nothing_before(shop: World) -> None:
    shop.apply()
    found, known, unseen, _ = of_system(shop, "shop-db")
    assert found == {}, "a clean control"
    assert known == {
        f'shop-db.mysql_user["{name}"]' for name in ("root@localhost", "mariadb.sys@localhost", "vault_minter@%")
    }
    assert unseen == ["by which programs sessions are"], "the sandbox's server notes none"
    with mess_mysql.planted(shop) as mess:
        found, _, _, printed = of_system(shop, "shop-db")
        assert found == mess.expected
        assert mess.counts("shop-db") == told()["shop-db"]
        assert [secret for secret in mess.secrets if secret in printed] == []
        items = {item["address"]: item for item in json.loads(printed)["systems"][0]["items"]}
        replaced = {address: one["replaced_by"] for address, one in items.items() if one["replaced_by"]}
        reads = {"agent": "returns-bot", "intent": "orders.read"}
        assert replaced == {
            f'shop-db.mysql_user["{name}"]': reads
            for name in ("svc_orders@127.0.0.1", "svc_anywhere@%", "svc_shared@%")
        }


def test_nothing_is_lost_or_left_by_a_run_that_is_killed(harness: Harness, request: pytest.FixtureRequest) -> None:
    """A point of tests/faults/test_shop.py, here because MariaDB runs already."""
    killed_on_the_way_back(harness, "mysql REVOKE", request)
