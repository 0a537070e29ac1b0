"""The example shop on a real MariaDB and OpenBao: from nothing and back, an agent's login, and what others do."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pymysql
import pytest

from tests.e2e.convergence import check_applies, check_destroys, check_finds_its_own, rows
from tests.servers import World

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
