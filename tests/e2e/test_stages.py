"""A new subject and a wider access at once: the old subject never meets the new access, in whatever system."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import hvac
import psycopg
import pytest

from tests.e2e.hands import ENTITY, MOUNT, READER, SUBJECT, Hands
from tests.e2e.recorder import Recorder
from tests.e2e.wiring import rewired
from tests.servers import World

GRANT = f'orders-db.postgresql_grant["writ_{READER}:table:public.orders"]'
POLICY = f'vault.vault_policy["writ-{READER}"]'


@pytest.fixture
def hands(world: World) -> Iterator[Hands]:
    with Hands(world) as made:
        yield made


@pytest.fixture
def old(world: World, hands: Hands) -> hvac.Client:
    """Somebody who logged in before the change."""
    world.apply()
    client = hvac.Client(url=hands.vault.url)
    client.auth.jwt.jwt_login(READER, world.token("support-bot", "vault"), path=MOUNT)
    return client


def move(world: World) -> None:
    """Another workload, and more for it in every system."""
    world.edit("agents.yaml", SUBJECT, "system:serviceaccount:support:new-bot")
    world.edit(
        "intents.yaml",
        "{privileges: [SELECT], tables: [public.orders,",
        "{privileges: [SELECT, INSERT], tables: [public.orders,",
    )
    world.edit("intents.yaml", "{path: kv/data/orders/*,", "{path: kv/data/*,")
    world.edit("intents.yaml", "actions: [s3:GetObject]", "actions: [s3:GetObject, s3:PutObject]")


def may_insert(hands: Hands) -> bool:
    [(found,)] = hands.sql(f"SELECT has_table_privilege('writ_{READER}', 'public.orders', 'INSERT')")
    return bool(found)


@contextmanager
def never_deleted(hands: Hands, path: str) -> Iterator[None]:
    """The operator may do anything at Vault but delete this."""
    name = "sys/policies/acl/operator-quickstart-vault"
    rules = hands.read(name)["policy"]
    rule = f'path "{path}" {{\n  capabilities = ["read", "list", "create", "update"]\n}}\n'
    hands.write(name, policy=f"{rules}\n{rule}")
    try:
        yield
    finally:
        hands.write(name, policy=rules)


def test_while_vaults_door_stays_open_no_system_is_widened(world: World, hands: Hands, old: hvac.Client) -> None:
    move(world)
    with never_deleted(hands, f"auth/{MOUNT}/role/{READER}"):
        failed = world.writ("apply", "-auto-approve", "-json")
    assert failed.returncode == 1
    door = f'vault.vault_jwt_auth_backend_role["{MOUNT}/{READER}"]'
    events = map(json.loads, failed.stdout.splitlines())
    told = {(one["code"], one["subject"]): one["summary"] for one in events if one["type"] == "diagnostic"}
    assert ("W601", door) in told
    for widened in (GRANT, POLICY, f'payments.aws_iam_role_policy["writ-{READER}:orders.read"]'):
        assert told["W602", widened] == f"skipped: it depends on {door}"
    assert not may_insert(hands)
    hvac.Client(url=hands.vault.url).auth.jwt.jwt_login(
        READER, world.token("support-bot", "vault", sub=SUBJECT), path=MOUNT
    )
    world.apply()
    assert may_insert(hands)
    assert "No changes." in world.ok("plan", "-detailed-exitcode")


def test_what_the_old_subject_holds_ends_before_anything_is_widened(
    world: World, hands: Hands, old: hvac.Client
) -> None:
    lease = old.read(f"database/creds/writ-{READER}_orders-db")
    login = {"host": "127.0.0.1", "user": lease["data"]["username"], "password": lease["data"]["password"]}
    was = hands.iam.get_role(RoleName=f"writ-{READER}")["Role"]["RoleId"]
    move(world)
    with Recorder(world.connection("vault")["address"]) as vault:
        world.ok("apply", "-auto-approve", WRIT_CONNECTIONS=rewired(world, vault={"address": vault.url}))
    writes = [request for request in vault.requests if not request.startswith(("GET", "LIST"))]
    ended = next(
        n for n, request in enumerate(writes) if request.startswith("DELETE") and "identity/entity/id" in request
    )
    widened = next(n for n, request in enumerate(writes) if f"sys/policies/acl/writ-{READER}" in request)
    assert ended < widened
    with pytest.raises(hvac.exceptions.Forbidden):
        old.read("kv/data/orders/returns-policy")
    with pytest.raises(psycopg.OperationalError), hands.session(**login):
        pass
    assert hands.iam.get_role(RoleName=f"writ-{READER}")["Role"]["RoleId"] != was, "sessions of the old role are dead"
    assert hands.read(f"identity/entity/name/{ENTITY}")["metadata"]
    assert "No changes." in world.ok("plan", "-detailed-exitcode")


@pytest.mark.thorough
def test_what_the_old_subject_holds_gains_nothing_by_a_later_plan(world: World, hands: Hands, old: hvac.Client) -> None:
    """Moved by one plan, widened by the next."""
    lease = old.read(f"database/creds/writ-{READER}_orders-db")
    login = {"host": "127.0.0.1", "user": lease["data"]["username"], "password": lease["data"]["password"]}
    was = hands.iam.get_role(RoleName=f"writ-{READER}")["Role"]["RoleId"]
    with hands.session(**login) as session:
        assert session.execute("SELECT count(*) FROM public.orders").fetchall()
        world.edit("agents.yaml", SUBJECT, "system:serviceaccount:support:new-bot")
        world.apply()
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError), hands.session(**login):
        pass
    assert hands.iam.get_role(RoleName=f"writ-{READER}")["Role"]["RoleId"] != was
    assert "No changes." in world.ok("plan", "-detailed-exitcode")


@pytest.mark.thorough
def test_a_target_that_is_widened_brings_the_door_along(world: World, old: hvac.Client) -> None:
    move(world)
    rows = {row["address"]: row["action"] for row in world.json("plan", "-target", GRANT)["resource_changes"]}
    moved = {address for address, action in rows.items() if action not in {"no-op", "adopt"}}
    assert {
        GRANT,
        f'vault.vault_jwt_auth_backend_role["{MOUNT}/{READER}"]',
        f'vault.vault_identity_entity["{ENTITY}"]',
    } <= moved


@pytest.mark.thorough
def test_a_boundary_is_set_and_taken_away_in_place(world: World, hands: Hands) -> None:
    """It lets nobody else in: no session ends, no login of any system, and no role gets another id."""
    world.apply()
    rule = '{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}'
    text = f'{{"Version": "2012-10-17", "Statement": [{rule}]}}'
    bound = hands.iam.create_policy(PolicyName="stages-bound", PolicyDocument=text)["Policy"]["Arn"]
    before = hands.iam.get_role(RoleName=f"writ-{READER}")["Role"]["RoleId"]
    world.edit("environment.yaml", "role_path: /writ/}", f'role_path: /writ/, permissions_boundary: "{bound}"}}')
    assert "0 added, 2 changed, 0 destroyed." in world.ok("apply", "-auto-approve")
    found = hands.iam.get_role(RoleName=f"writ-{READER}")["Role"]
    assert (found["RoleId"], found["PermissionsBoundary"]["PermissionsBoundaryArn"]) == (before, bound)
    # The old policy without the boundary would allow what neither plan does: it is gone meanwhile.
    world.edit("environment.yaml", f', permissions_boundary: "{bound}"', "")
    world.edit("intents.yaml", "actions: [s3:GetObject]", "actions: [s3:GetObjectVersion]")
    assert "1 added, 2 changed, 1 destroyed." in world.ok("apply", "-auto-approve")
    found = hands.iam.get_role(RoleName=f"writ-{READER}")["Role"]
    assert (found["RoleId"], found.get("PermissionsBoundary")) == (before, None)
    assert "No changes." in world.ok("plan")
