"""What somebody else made under a name of ours, or took over, is his."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.e2e.hands import MOUNT, READER, Hands
from tests.servers import World

ROLE = f"writ_{READER}"
MINTED = f"writ-{READER}_orders-db"
INTENT = READER.partition("_")[2]
THEIRS = "managed by writ; environment=elsewhere; system=db"


@pytest.fixture
def hands(world: World) -> Iterator[Hands]:
    with Hands(world) as made:
        yield made


@pytest.mark.thorough
def test_a_strangers_mount_at_our_recorded_path_is_not_touched(world: World, hands: Hands) -> None:
    world.apply()
    hands.delete(f"sys/auth/{MOUNT}")
    hands.write(f"sys/auth/{MOUNT}", type="jwt", description="theirs")
    role = {"role_type": "jwt", "user_claim": "sub", "bound_subject": "them", "bound_audiences": "them"}
    hands.write(f"auth/{MOUNT}/role/{READER}", **role)
    try:
        plan = world.json("plan", code=1)
        taken = {d["subject"] for d in plan["diagnostics"] if d["code"] == "W502"}
        assert f'vault.vault_jwt_auth_backend["{MOUNT}"]' in taken
        assert f'vault.vault_jwt_auth_backend_role["{MOUNT}/{READER}"]' in taken
        world.ok("destroy", "-auto-approve")
        assert hands.read(f"auth/{MOUNT}/role/{READER}")["bound_subject"] == "them"
        assert hands.read("sys/auth")[f"{MOUNT}/"]["description"] == "theirs"
    finally:
        hands.delete(f"sys/auth/{MOUNT}")


def test_a_strangers_role_under_our_recorded_name_is_not_touched(world: World, hands: Hands) -> None:
    world.apply()
    hands.sql(f'DROP OWNED BY "{ROLE}"', f'DROP ROLE "{ROLE}"', f'CREATE ROLE "{ROLE}"')
    hands.sql(f'GRANT SELECT, DELETE ON public.orders TO "{ROLE}"')
    try:
        plan = world.json("plan", code=1)
        taken = {d["subject"] for d in plan["diagnostics"] if d["code"] == "W502"}
        grant = f'orders-db.postgresql_grant["{ROLE}:table:public.orders"]'
        assert taken == {f'orders-db.postgresql_role["{ROLE}"]', grant}
        world.ok("destroy", "-auto-approve")
        assert hands.sql(f"SELECT has_table_privilege('{ROLE}', 'public.orders', 'DELETE')") == [(True,)]
    finally:
        hands.sql(f'DROP OWNED BY "{ROLE}"', f'DROP ROLE "{ROLE}"')


def test_a_strangers_role_of_aws_under_our_recorded_name_is_not_touched(world: World, hands: Hands) -> None:
    """Also right after the apply that made ours: of what hangs on it, too, is recorded which role that was."""
    world.apply()
    name = f"writ-{READER}"
    theirs = {"Sid": "T", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    trust, policy = (json.dumps({"Version": "2012-10-17", "Statement": found}) for found in ([], [theirs]))
    hands.iam.delete_role_policy(RoleName=name, PolicyName=INTENT)
    hands.iam.delete_role(RoleName=name)
    hands.iam.create_role(RoleName=name, Path="/writ/", AssumeRolePolicyDocument=trust)
    hands.iam.put_role_policy(RoleName=name, PolicyName=INTENT, PolicyDocument=policy)
    plan = world.json("plan", code=1)
    taken = {d["subject"] for d in plan["diagnostics"] if d["code"] == "W502"}
    assert taken == {f'payments.aws_iam_role["{name}"]', f'payments.aws_iam_role_policy["{name}:{INTENT}"]'}
    world.ok("destroy", "-auto-approve")
    assert hands.iam.get_role_policy(RoleName=name, PolicyName=INTENT)["PolicyDocument"]["Statement"] == [theirs]


@pytest.mark.thorough
def test_what_another_environment_took_over_is_forgotten_with_all_that_it_holds(world: World, hands: Hands) -> None:
    world.apply()
    hands.sql(f"""COMMENT ON ROLE "{ROLE}" IS '{THEIRS}'""")
    hands.rewrite(f"database/roles/{MINTED}", creation_statements=[f"SELECT '{THEIRS}'"])
    world.edit("environment.yaml", "role_prefix: writ_", "role_prefix: new_")
    world.edit("environment.yaml", "policy_prefix: writ-", "policy_prefix: new-")
    operator = "sys/policies/acl/operator-quickstart-vault"
    rules = hands.read(operator)["policy"]
    every = 'path "+/*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }'
    hands.write(operator, policy=every)  # its own rules know the old prefix only
    try:
        rows = {row["address"]: row["action"] for row in world.json("plan")["resource_changes"]}
        about = {address: action for address, action in rows.items() if ROLE in address or MINTED in address}
        assert len(about) >= 6
        assert set(about.values()) == {"forget"}, about
        world.apply()
        assert hands.sql(f"SELECT has_table_privilege('{ROLE}', 'public.orders', 'SELECT')") == [(True,)]
        assert hands.sql(f"SELECT pg_has_role('vault_minter', '{ROLE}', 'USAGE WITH ADMIN OPTION')") == [(True,)]
        assert MINTED in hands.read("database/config/orders")["allowed_roles"]
        assert "No changes." in world.ok("plan", "-detailed-exitcode")
    finally:
        world.ok("destroy", "-auto-approve")
        hands.write(operator, policy=rules)
        hands.sql(f'DROP OWNED BY "{ROLE}"', f'DROP ROLE "{ROLE}"')
        hands.delete(f"database/roles/{MINTED}")
        hands.write("database/config/orders", allowed_roles="", verify_connection=False)
