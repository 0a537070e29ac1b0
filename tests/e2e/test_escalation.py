"""Escalation paths from OpenBao into PostgreSQL: the plan names each, and it is then gone by hand, with real logins."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import hvac
import psycopg
import pytest

from reconciler.model import Escalation, Mover, Plan
from tests.conformance.suite import Bench, bench
from tests.e2e.hands import MOUNT, Hands
from tests.servers import World, Worlds

ROLE, POLICY, LOGIN = "reader_orders.read", "writ-reader_orders.read", "writ-reader_orders.read_orders-db"
OTHER = "support-bot_refunds.issue"
GROUP = "writ_support-bot_refunds.issue"
SUBJECT = "system:serviceaccount:support:reader"
READER = f"""apiVersion: writ/v1
kind: Agent
metadata: {{name: reader}}
spec:
  owner: team-support@example.com
  purpose: Reads orders
  review_by: 2027-03-31
  identity: {{issuer: cluster, subject: "{SUBJECT}"}}
  intents: [orders.read]
"""
CRITICAL = """
  critical:
    - {system: orders-db, privileges: [INSERT], tables: [public.refunds]}
"""
EVERYTHING = 'path "*" { capabilities = ["create", "read", "update", "patch", "delete", "list", "sudo"] }'
REFUNDS = "critical[0] of orders-db"


@dataclass(frozen=True)
class Stage:
    """The quickstart with a second agent, which only reads orders, and what is critical: issuing refunds."""

    world: World
    hands: Hands
    on: Bench

    def agent(self, role: str = ROLE) -> hvac.Client:
        client = hvac.Client(url=self.hands.vault.url)
        client.auth.jwt.jwt_login(role=role, jwt=self.world.token("reader", "vault"), path=MOUNT)
        return client

    def policy(self, *more: str, name: str = POLICY) -> None:
        """Rules that somebody adds to the reader's policy."""
        text = self.hands.read(f"sys/policies/acl/{name}")["policy"]
        self.hands.write(f"sys/policies/acl/{name}", policy="\n".join((text, *more)))

    def refund(self, client: hvac.Client, path: str) -> None:
        """As a login by a creds path: issue a refund, which no intent of the reader's allows."""
        login = client.read(path)["data"]
        with self.hands.session(user=login["username"], password=login["password"]) as session:
            session.execute("INSERT INTO public.refunds VALUES (1, 1.00)")
        client.adapter.close()


@pytest.fixture(scope="module")
def stage(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    world = worlds.world("quickstart", tmp_path_factory.mktemp("escalation"))
    (world.specs / "reader.yaml").write_text(READER)
    with (world.specs / "environment.yaml").open("a") as file:
        file.write(CRITICAL)
    world.apply()
    with Hands(world) as hands, bench(world.specs, world.connections, world.state) as on:
        yield Stage(world, hands, on)
    worlds.clean(world)


def rule(path: str, *capabilities: str) -> str:
    return f'path "{path}" {{ capabilities = {json.dumps(capabilities)} }}'


def its_own_policy(stage: Stage, folder: str = "sys/policies/acl") -> None:
    client = stage.agent()
    client.write_data(f"{folder}/{POLICY}", data={"policy": EVERYTHING})
    minted_by_its_own_role(stage, client)


def minted_by_its_own_role(stage: Stage, client: hvac.Client | None = None) -> None:
    client = client or stage.agent()
    statements = [
        "CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'",
        f'GRANT "{GROUP}" TO "{{{{name}}}}"',
    ]
    client.write_data(f"database/roles/{LOGIN}", data={"db_name": "orders", "creation_statements": statements})
    stage.refund(client, f"database/creds/{LOGIN}")


def by_a_role_of_its_making(stage: Stage) -> None:
    client = stage.agent()
    role = {
        "role_type": "jwt",
        "user_claim": "sub",
        "bound_subject": SUBJECT,
        "bound_audiences": ["vault"],
        "token_policies": [f"writ-{OTHER}"],
    }
    client.write_data(f"auth/{MOUNT}/role/mine", data=role)
    client.adapter.close()
    stage.refund(stage.agent("mine"), f"database/creds/writ-{OTHER}_orders-db")


def by_its_entity(stage: Stage, path: str = "identity/entity/name/writ-reader") -> None:
    client = stage.agent()
    client.write_data(path, data={"name": "writ-reader", "policies": [f"writ-{OTHER}"]})
    stage.refund(client, f"database/creds/writ-{OTHER}_orders-db")


def by_a_group(stage: Stage, path: str = "identity/group") -> None:
    client = stage.agent()
    entity = client.auth.jwt.jwt_login(role=ROLE, jwt=stage.world.token("reader", "vault"), path=MOUNT)
    body = {"name": "writ-new", "policies": [f"writ-{OTHER}"], "member_entity_ids": [entity["auth"]["entity_id"]]}
    client.write_data(path, data=body)
    stage.refund(client, f"database/creds/writ-{OTHER}_orders-db")
    stage.hands.vault.delete("identity/group/name/writ-new")


def by_another_token(stage: Stage, path: str = "auth/token/create") -> None:
    client = stage.agent()
    made = client.write_data(path, data={"policies": [f"writ-{OTHER}"]})
    client.token = made["auth"]["client_token"]
    stage.refund(client, f"database/creds/writ-{OTHER}_orders-db")
    # An orphan ends with nobody else.
    stage.hands.write("auth/token/revoke", token=made["auth"]["client_token"])


def by_a_method_of_its_making(stage: Stage) -> None:
    client = stage.agent()
    client.write_data("sys/auth/writ-new", data={"type": "userpass"})
    user = {"password": "of its choice", "token_policies": [f"writ-{OTHER}"]}
    client.write_data("auth/writ-new/users/me", data=user)
    made = client.write_data("auth/writ-new/login/me", data={"password": "of its choice"})
    client.token = made["auth"]["client_token"]
    stage.refund(client, f"database/creds/writ-{OTHER}_orders-db")
    stage.hands.vault.delete("sys/auth/writ-new")


def by_anothers_role(stage: Stage) -> None:
    stage.refund(stage.agent(OTHER), f"database/creds/writ-{OTHER}_orders-db")


def a_role_takes_anybody(stage: Stage) -> None:
    stage.hands.write(f"auth/{MOUNT}/role/{OTHER}", role_type="jwt", bound_subject="")


def adds(*rules: str) -> Callable[[Stage], None]:
    return lambda stage: stage.policy(*rules)


CASES: dict[str, tuple[Callable[[Stage], None], Callable[[Stage], None], str]] = {
    "V1": (adds(rule(f"sys/policies/acl/{POLICY}", "update")), its_own_policy, f'vault.vault_policy["{POLICY}"]'),
    "V2": (
        adds(rule("database/roles/writ-reader*", "create", "update")),
        minted_by_its_own_role,
        f'vault.vault_policy["{POLICY}"]',
    ),
    "V4": (
        adds(rule(f"auth/{MOUNT}/role/*", "create", "update")),
        by_a_role_of_its_making,
        f'vault.vault_policy["{POLICY}"]',
    ),
    "V5": (
        adds(rule("identity/entity/name/writ-reader", "update")),
        by_its_entity,
        f'vault.vault_policy["{POLICY}"]',
    ),
    "V5 named in what is sent": (
        adds(rule("identity/entity", "update")),
        partial(by_its_entity, path="identity/entity"),
        f'vault.vault_policy["{POLICY}"]',
    ),
    "V5 group": (adds(rule("identity/group", "update")), by_a_group, f'vault.vault_policy["{POLICY}"]'),
    "V6": (
        adds(rule("auth/token/create", "update", "sudo")),
        by_another_token,
        f'vault.vault_policy["{POLICY}"]',
    ),
    "V1 by the old path": (
        adds(rule(f"sys/policy/{POLICY}", "update")),
        partial(its_own_policy, folder="sys/policy"),
        f'vault.vault_policy["{POLICY}"]',
    ),
    "V5 group by its name": (
        adds(rule("identity/group/name/*", "update")),
        partial(by_a_group, path="identity/group/name/writ-new"),
        f'vault.vault_policy["{POLICY}"]',
    ),
    "V6 orphan": (
        adds(rule("auth/token/create-orphan", "update", "sudo")),
        partial(by_another_token, path="auth/token/create-orphan"),
        f'vault.vault_policy["{POLICY}"]',
    ),
    "V7": (
        adds(
            rule("sys/auth/*", "create", "update", "sudo"),
            rule("auth/+/users/+", "create"),
            rule("auth/+/login/+", "update"),
        ),
        by_a_method_of_its_making,
        f'vault.vault_policy["{POLICY}"]',
    ),
    "D2": (
        a_role_takes_anybody,
        by_anothers_role,
        f'vault.vault_jwt_auth_backend_role["{MOUNT}/{OTHER}"]',
    ),
}


def paths(plan: Plan) -> dict[str, Escalation]:
    return {one.target: one for one in plan.escalations if one.source == "reader"}


@pytest.mark.parametrize("case", CASES)
def test_a_path_that_is_told_can_be_gone(case: str, stage: Stage) -> None:
    opens, go, by = CASES[case]
    with pytest.raises((hvac.exceptions.Forbidden, hvac.exceptions.InvalidRequest)):
        go(stage)  # before
    opens(stage)
    plan = stage.on.plan()
    found = paths(plan)[REFUNDS]
    assert found.mover is Mover.OUTSIDE
    assert found.certain
    assert case.partition(" ")[0] in [link.rule for link in found.links]
    assert found.opened_by == (by,)
    assert found.closed_by[0] == by
    assert not found.stays, "applying takes it back"
    (told,) = [one for one in plan.diagnostics if one.code == "W340" and REFUNDS in one.message]
    assert told.message.startswith(f"reader comes now, by what was done outside, to {REFUNDS}: ")
    assert told.help == f"opened by {by}; applying this plan closes it"
    go(stage)
    stage.hands.sql("DELETE FROM public.refunds")
    stage.on.apply()
    assert stage.on.plan().escalations == ()


def test_what_is_moved_to_where_it_may_read_is_read(stage: Stage) -> None:
    """V7: perhaps, for what there is to be moved isn't read."""

    def go() -> None:
        client = stage.agent()
        client.write_data("sys/remount", data={"from": "database", "to": "mine"})
        for _ in range(100):
            if "mine/" in stage.hands.read("sys/mounts"):
                break
            time.sleep(0.1)
        stage.refund(client, f"mine/creds/writ-{OTHER}_orders-db")

    stage.policy(rule("mine/*", "read"))
    with pytest.raises(hvac.exceptions.Forbidden):
        go()
    assert stage.on.plan().escalations == ()
    stage.policy(rule("sys/remount", "update", "sudo"))
    found = paths(stage.on.plan())[REFUNDS]
    assert ([link.rule for link in found.links if link.rule], found.certain) == (["V7"], False)
    try:
        go()
    finally:
        stage.hands.write("sys/remount", **{"from": "mine", "to": "database"})
        for _ in range(100):
            if "database/" in stage.hands.read("sys/mounts"):
                break
            time.sleep(0.1)
    stage.hands.sql("DELETE FROM public.refunds")
    stage.on.apply()
    assert stage.on.plan().escalations == ()


def test_a_plan_with_a_new_path_fails_where_that_is_asked_for(stage: Stage) -> None:
    stage.world.ok("plan", "-fail-on", "escalation")
    stage.policy(rule(f"sys/policies/acl/{POLICY}", "update"))
    told: dict[str, Any] = json.loads(stage.world.ok("plan", "-json", "-fail-on", "escalation", code=3))
    (gate,) = told["gate"]["tripped"]
    assert gate["condition"] == "escalation"
    assert "reader → administrator of vault" in gate["rows"]
    by_target = {one["target"]: one for one in told["escalations"]}
    assert by_target["administrator of vault"]["path"][-1]["rule"] == "V1"
    assert by_target["administrator of vault"]["ended_by_this_plan"]
    for form in ("markdown", "sarif", "human"):
        done = stage.world.writ("plan", "-format", form, "-fail-on", "escalation")
        assert done.returncode == 3
        assert "W340" in done.stdout + done.stderr, form
    stage.world.ok("plan", "-out", "saved")
    saved = json.loads(stage.world.ok("show", "-json", "saved", "-fail-on", "escalation", code=3))
    assert saved["escalations"] == told["escalations"]
    stage.on.apply()


@pytest.mark.parametrize(
    "grants",
    [
        (rule("sys/policies/acl/another", "update"),),
        (rule(f"sys/policies/acl/{POLICY}", "read", "list"),),
        (rule("database/roles/other-*", "create", "update"),),
        (rule("auth/token/create", "update"),),
        (rule("sys/policies/acl/*", "update"), rule(f"sys/policies/acl/{POLICY}", "deny")),
    ],
    ids=["another-policy", "reads-it", "a-role-that-is-not-served", "a-subset", "denied-where-it-matters"],
)
def test_what_leads_nowhere_is_no_path(grants: tuple[str, ...], stage: Stage) -> None:
    stage.policy(*grants)
    plan = stage.on.plan()
    assert plan.escalations == (), [one.links for one in plan.escalations]
    stage.on.apply()


def test_a_login_with_root_is_refused(stage: Stage) -> None:
    stage.hands.write(f"auth/{MOUNT}/role/{ROLE}", role_type="jwt", token_policies=["root"])
    with pytest.raises(hvac.exceptions.InvalidRequest):
        stage.agent()
    stage.on.apply()


def test_postgres_itself_refuses_what_was_no_path(stage: Stage) -> None:
    client = stage.agent()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        stage.refund(client, f"database/creds/{LOGIN}")
    client.adapter.close()


def test_the_graph_shows_what_is_there_and_what_the_specs_come_to(stage: Stage) -> None:
    told = json.loads(stage.world.ok("graph", "-format", "json", "-live"))
    assert told["escalations"] == []
    stage.policy(rule(f"sys/policies/acl/{POLICY}", "update"))
    told = json.loads(stage.world.ok("graph", "-format", "json", "-live"))
    nodes = {one["id"]: one for one in told["nodes"]}
    edges = {(nodes[one["source"]]["title"], nodes[one["target"]]["title"], one["kind"]) for one in told["edges"]}
    assert {
        ("reader", "orders.read", "holds"),
        ("support-bot", "refunds.issue", "holds"),
        ("orders.read", "path kv/data/orders/*, capabilities read", "reaches"),
        ("reader", "administrator of vault", "escalates"),
        ("reader", REFUNDS, "escalates"),
    } <= edges
    assert {one["source"] for one in told["escalations"]} == {"reader"}
    specs = json.loads(stage.world.ok("graph", "-format", "json"))
    assert (specs["live"], specs["escalations"]) == (False, [])
    for form, start in (("dot", "digraph access {"), ("mermaid", "flowchart LR"), ("html", "<!doctype html>")):
        assert stage.world.ok("graph", "-live", "-format", form).startswith(start)
    stage.on.apply()
