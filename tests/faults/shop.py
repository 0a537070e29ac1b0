"""The example shop behind proxies: OpenBao mints logins at MariaDB, which try what they may."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from providers.mysql.provider import MysqlProvider
from tests.e2e.hands import Ground, Hands
from tests.faults.harness import Harness, harnessed
from tests.faults.oracle import Probes
from tests.faults.oracle.mysql import AtMysql
from tests.faults.oracle.vault import AtVault
from tests.faults.ways import Edits, lasting
from tests.servers import World, Worlds

GROUND = Ground(databases=(), kinds=("vault", "mysql"))
SUBJECT = "system:serviceaccount:returns:returns-bot"
NEW = f"{SUBJECT}-v2"
MINTER = "vault_minter"
PATHS = ("database/config/shop", "sys/policies/acl/x")
STATEMENTS = (
    "SELECT total FROM shop.orders",
    "SELECT product FROM shop.order_items",
    "SELECT id FROM shop.customers",
    "SELECT name FROM shop.customers",
    "SELECT card FROM shop.customers",
    "UPDATE shop.orders SET total = 0 WHERE FALSE",
    "UPDATE shop.order_items SET product = '' WHERE FALSE",
    "DELETE FROM shop.orders WHERE FALSE",
    "INSERT INTO shop.order_items (product) SELECT 'x' FROM DUAL WHERE FALSE",
    "CALL shop.refund(0)",
)
"""None changes a row."""
EDITS: Edits = (
    # Another workload, more in one place and less in another, an intent that goes, another TTL.
    ("intents.yaml", "privileges: [SELECT], tables: [shop.orders, ", "privileges: [SELECT, UPDATE], tables: ["),
    ("intents.yaml", "columns: [id, name]", "columns: [name]"),
    ("agents.yaml", SUBJECT, NEW),
    ("agents.yaml", "intents: [{name: orders.read, ttl: 10m}, refunds.issue]", "intents: [orders.read]"),
)
"""The minter has every role all the time, so its session sees each grant."""


@pytest.fixture(scope="module")
def harness(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """The shop behind its proxies, and whoever may come or may not."""
    missing = MysqlProvider().local_server().missing
    if missing:
        pytest.skip(missing)
    world = worlds.world("shop", tmp_path_factory.mktemp("shop-faults"))
    tokens = {
        name: world.token("returns-bot", "vault", exp=lasting(), **claims)
        for name, claims in {"old": {}, "new": {"sub": NEW}, "another": {"sub": f"{SUBJECT}-x"}}.items()
    }
    password = secrets.token_hex(12)
    accounts = {MINTER: (MINTER, _minters(world)), "a user without any role": ("stranger", password)}
    probes = Probes(AtVault(tokens, PATHS), AtMysql(tokens, accounts, STATEMENTS))
    with Hands(world, GROUND) as hands:

        def fill() -> None:
            hands.maria(f"CREATE OR REPLACE USER stranger IDENTIFIED BY '{password}'")

        fill()
        with harnessed(world, probes, GROUND) as made:
            made.fill = fill
            yield made
        world.applied = True
        worlds.clean(world)


def _minters(world: World) -> str:
    """The password with which the sandbox made the minter."""
    server: Any = world.sandbox.server("mysql")
    return str(next(word for account, word in server._passwords.items() if account.user == MINTER))
