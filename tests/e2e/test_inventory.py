"""`writ inventory` on real servers: a clean control, then a mess by hand, of which everything is found."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from jsonschema import Draft202012Validator

from reconciler.connections import read_connections
from reconciler.model import Inventory
from reconciler.render.inventory_schema import inventory_schema
from reconciler.workflow.inventory import Question, inventory
from reconciler.workflow.specs import Request, prepare
from tests.cli.test_terminal import on_terminal
from tests.e2e.conftest import Ground
from tests.e2e.hands import Hands
from tests.e2e.mess import SYSTEMS, Habit, Mess, told
from tests.e2e.mess_quickstart import HOSTILE, planted
from tests.e2e.wiring import rewired
from tests.servers import World

ADMINISTRATORS = {
    'vault.vault_token["auth/token/root root root orphan without end"]': {"static", "never-expires", "over-wide"},
    'vault.vault_jwt_auth_backend_role["operator/operator-quickstart-vault"]': {"over-wide"},
}
"""The sandbox's own, to another login: the root token that it keeps, and the role that applies. Both are found, as they
should be: they may do, or write policies that allow, everything at that server."""


@dataclass(frozen=True)
class Auditor:
    """The quickstart, applied, and a login at OpenBao that has what `permissions inventory` prints and no more."""

    world: World
    hands: Hands
    connections: str

    def look(self, later: timedelta = timedelta()) -> Inventory:
        operator, problems = read_connections(self.connections)
        assert not problems
        question = Question(now=datetime.now(UTC) + later)
        found = inventory(prepare(Request((str(self.world.specs),)), operator), operator, question)
        assert not found.errored, found.diagnostics
        return found

    def writ(self, *arguments: str, code: int = 0, **env: str) -> str:
        return self.world.ok("inventory", *arguments, code=code, **{"WRIT_CONNECTIONS": self.connections} | env)


@pytest.fixture(scope="module")
def auditor(ground: Ground) -> Iterator[Auditor]:
    world, hands = ground.world, ground.hands
    policy = world.ok("permissions", "inventory", "--system", "vault")
    hands.write("sys/policies/acl/auditor", policy=policy)
    made = hands.vault.auth.token.create(policies=["auditor"], no_default_policy=True, ttl="2h")["auth"]
    file = world.cwd / "auditor.token"
    file.write_text(made["client_token"])
    connections = rewired(world, vault={"login": {"method": "token", "token_file": str(file)}})
    yield Auditor(world, hands, connections)
    hands.vault.auth.token.revoke_accessor(made["accessor"])


def findings(found: Inventory) -> dict[str, set[str]]:
    return {str(item.standing.address): {name.value for name in item.classes} for item in found.findings}


def test_of_the_quickstart_nothing_is_to_be_looked_at_but_the_sandboxs_administrators(auditor: Auditor) -> None:
    found = auditor.look()
    assert findings(found) == ADMINISTRATORS
    assert [one for seen in found.systems for one in seen.unseen] == []
    dynamic = {seen.system: seen.dynamic for seen in found.systems}
    assert dynamic == {"vault": 4, "payments": 2, "orders-db": 2}
    whose = {str(item.standing.address): item.standing.whose.value for item in found.items if item.classes}
    assert {address: one for address, one in whose.items() if address not in ADMINISTRATORS} == {
        'orders-db.postgresql_role["postgres"]': "operator",
        'orders-db.postgresql_role["vault_minter"]': "operator",
    }


def test_a_login_that_is_minted_is_dynamic(auditor: Auditor) -> None:
    before = auditor.look()
    token = auditor.world.token("support-bot", "vault")
    reply = auditor.hands.vault.auth.jwt.jwt_login("support-bot_orders.read", token, path="jwt-agents", use_token=False)
    headers = {"X-Vault-Token": reply["auth"]["client_token"]}
    path = "/v1/database/creds/writ-support-bot_orders.read_orders-db"
    auditor.hands.vault.adapter.get(path, headers=headers)
    after = auditor.look()
    assert findings(after) == findings(before)
    moved = {new.system: new.dynamic - old.dynamic for old, new in zip(before.systems, after.systems, strict=True)}
    assert moved == {"vault": 2, "payments": 0, "orders-db": 1}, "a token, its lease, and the login"
    auditor.hands.write("auth/token/revoke-accessor", accessor=reply["auth"]["accessor"])


def test_what_may_not_be_looked_at_is_told_and_stops_nothing(auditor: Auditor) -> None:
    plain = str(auditor.world.connections)
    told = json.loads(auditor.world.ok("inventory", "--json", WRIT_CONNECTIONS=plain))
    assert told["summary"]["findings"] == 0, "the sandbox's operator is this run's login, and sees no tokens"
    text = auditor.world.ok("inventory", "--system", "vault", WRIT_CONNECTIONS=plain)
    assert "could not be looked at: tokens that are alive:" in text
    assert "could not be looked at: secrets in kv:" in text
    seen = {one["name"]: one for one in told["systems"]}
    assert told["summary"]["unseen"] == len(seen["vault"]["unseen"]) > 3
    assert seen["vault"]["dynamic"] > 0, "what may be read is looked at all the same"


def test_a_system_of_which_nothing_may_be_looked_at_is_an_error(auditor: Auditor) -> None:
    made = auditor.hands.vault.auth.token.create(policies=["nothing"], no_default_policy=True, ttl="5m")["auth"]
    file = auditor.world.cwd / "nobody.token"
    file.write_text(made["client_token"])
    blind = rewired(auditor.world, vault={"login": {"method": "token", "token_file": str(file)}})
    done = auditor.world.writ("inventory", WRIT_CONNECTIONS=blind)
    assert done.returncode == 1
    assert "error[W501] vault: nothing of vault could be looked at" in done.stderr
    assert "orders-db (postgres)" in done.stdout, "the others are told of"
    auditor.hands.vault.auth.token.revoke_accessor(made["accessor"])


def test_on_a_terminal_it_counts_and_leaves_only_the_result(auditor: Auditor) -> None:
    env = {"WRIT_CONNECTIONS": auditor.connections}
    code, shown = on_terminal("inventory", "--system", "orders-db", cwd=auditor.world.cwd, env=env)
    assert code == 0
    assert "orders-db: " in shown
    assert shown.index("orders-db: ") < shown.index("orders-db (postgres)")


@pytest.fixture(scope="module")
def mess(auditor: Auditor) -> Iterator[Mess]:
    with planted(auditor.hands) as made:
        yield made


@pytest.fixture(scope="module")
def seen(auditor: Auditor, mess: Mess) -> Inventory:
    assert mess.expected
    return auditor.look()


def test_everything_that_was_planted_is_found_and_nothing_else(seen: Inventory, mess: Mess) -> None:
    assert findings(seen) == mess.expected | ADMINISTRATORS
    assert all(mess.counts(system) == told()[system] for system in SYSTEMS[:3]), "as the page says"


def test_half_a_year_later_what_wasnt_used_or_changed_is_found_too(auditor: Auditor, mess: Mess) -> None:
    found = findings(auditor.look(timedelta(days=200)))
    for address, classes in mess.aged.items():
        assert classes <= found[address], address
    assert "stale" in found['payments.aws_iam_user["legacy-reader"]'], "its key was never used"


def test_how_wide_it_is_and_what_in_the_specs_does_the_same(seen: Inventory, mess: Mess) -> None:
    items = {str(item.standing.address): item for item in seen.items}

    def wide(address: str) -> str:
        return "; ".join(one.witness.request for one in items[address].standing.widths)

    assert "iam:CreateAccessKey" in wide('payments.aws_iam_user["ci-deploy"]')
    assert "repo:acme/*" in wide('payments.aws_iam_role["github-deploy"]')
    assert "pg_read_server_files" in wide('orders-db.postgresql_role["svc_etl"]')
    assert "update sys/policies/acl" in wide('vault.vault_approle_auth_backend_role["legacy-app/admin"]')
    replaced = {
        address: f"{item.replaced_by.agent}/{item.replaced_by.intent}"
        for address, item in items.items()
        if item.replaced_by is not None
    }
    (key,) = (address for address in mess.expected if 'access_key["legacy-reader/' in address)
    assert replaced == {
        'orders-db.postgresql_role["svc_orders"]': "support-bot/orders.read",
        key: "support-bot/orders.read",
        'vault.vault_approle_auth_backend_role["legacy-app/billing"]': "support-bot/orders.read",
        'vault.vault_approle_auth_backend_role["legacy-app/open"]': "support-bot/orders.read",
        'vault.vault_token["auth/token/create/nightly token default,legacy-orders orphan without end"]': (
            "support-bot/orders.read"
        ),
        'vault.vault_token_auth_backend_role["nightly"]': "support-bot/orders.read",
        'vault.vault_userpass_user["legacy-people/jenkins"]': "support-bot/orders.read",
        'vault.vault_jwt_auth_backend_role["legacy-jwt/anybody"]': "support-bot/orders.read",
    }


def test_every_form_and_the_gate(auditor: Auditor, mess: Mess) -> None:
    text = auditor.writ("-fail-on", "stale", code=3)
    assert "svc_expired" in text
    document: Any = json.loads(auditor.writ("--json", "--fail-on", "over-wide,shared", code=3))
    assert list(Draft202012Validator(inventory_schema()).iter_errors(document)) == []
    assert [one["class"] for one in document["gate"]["tripped"]] == ["shared", "over-wide"]
    listed = auditor.writ("-format", "csv", "-system", "orders-db")
    rows = list(csv.DictReader(io.StringIO(listed)))
    (hostile,) = (row for row in rows if "HYPERLINK" in row["name"])
    assert hostile["name"] == "'" + HOSTILE.replace("\x1b", "\\x1b").replace("\u202e", "\\u202e")
    assert {row["system"] for row in rows} == {"orders-db"}
    for output in (text, listed, json.dumps(document)):
        assert "\x1b" not in output
        assert "\u202e" not in output
        assert [secret for secret in mess.secrets if secret in output] == []


def test_a_login_without_a_superusers_rights_says_what_it_cant_see(auditor: Auditor, mess: Mess) -> None:
    script = auditor.world.ok("permissions", "inventory", "--system", "orders-db").replace("…", "auditor-Zk3xQ9vB")
    auditor.hands.sql(*script.splitlines())
    ((port,),) = auditor.hands.sql("SELECT current_setting('port')")
    own = rewired(auditor.world, orders_db={"host": "127.0.0.1", "port": int(port), "user": "iam_auditor"})
    env = {"WRIT_CONNECTIONS": own, "PGPASSWORD": "auditor-Zk3xQ9vB"}
    told = json.loads(auditor.world.ok("inventory", "--json", "--system", "orders-db", **env))
    (seen,) = told["systems"]
    assert [one["what"] for one in seen["unseen"]] == ["which logins have a password"]
    found = {item["address"] for item in seen["items"] if item["finding"]}
    assert found == {address for address in mess.expected if address.startswith("orders-db.")}
    with psycopg.connect(**auditor.world.connection("orders-db"), dbname="orders", autocommit=True) as session:
        session.execute("REVOKE pg_read_all_stats FROM iam_auditor")
    told = json.loads(auditor.world.ok("inventory", "--json", "--system", "orders-db", **env))
    assert len(told["systems"][0]["unseen"]) == 2


def test_the_page_tells_of_sixty_by_twelve_habits_on_all_five() -> None:
    by_system = told()
    assert sum(sum(found.values()) for found in by_system.values()) >= 60
    assert {habit for found in by_system.values() for habit in found} == set(Habit)
    assert len(Habit) == 12
    assert all(sum(found.values()) >= 8 for found in by_system.values())
