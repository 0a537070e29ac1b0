"""``destroy`` returns all three servers to what they were before, other people's objects included."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from tests.e2e.hands import ACCOUNT, ADMINISTRATOR, Hands
from tests.e2e.surroundings import aws_world, postgres_world, vault_world
from tests.servers import World

WORLDS: Mapping[str, Callable[[Hands], dict[str, Any]]] = {
    "vault": vault_world,
    "aws": aws_world,
    "postgres": postgres_world,
}
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


@contextmanager
def other_peoples_objects(hands: Hands) -> Iterator[None]:
    """Beside our scope, and on the same tables, connections and groups."""
    vault_theirs(hands)
    hands.iam.create_role(RoleName="writ-theirs", Path="/theirs/", AssumeRolePolicyDocument=TRUST)
    hands.iam.put_role_policy(RoleName="writ-theirs", PolicyName="all", PolicyDocument=ALLOW)
    hands.iam.attach_role_policy(RoleName="writ-theirs", PolicyArn=ADMINISTRATOR)
    hands.iam.create_open_id_connect_provider(Url="https://theirs.example.com", ClientIDList=["x"], ThumbprintList=[])
    hands.sql(
        "CREATE ROLE theirs LOGIN CREATEDB PASSWORD 'by hand' VALID UNTIL '2030-01-01'",
        "COMMENT ON ROLE theirs IS 'managed by hand'",
        "ALTER ROLE theirs SET work_mem = '8MB'",
        "GRANT SELECT, INSERT ON public.orders TO theirs WITH GRANT OPTION",
        "GRANT UPDATE (total) ON public.orders TO theirs",
        "GRANT CREATE ON SCHEMA public TO theirs",
        "GRANT TEMPORARY ON DATABASE orders TO theirs",
        "GRANT pg_read_all_stats TO theirs",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO theirs",
    )
    try:
        yield
    finally:
        hands.delete("identity/group/name/theirs")
        hands.delete("identity/entity/name/theirs")
        hands.delete("sys/auth/jwt-theirs")
        hands.delete("database/roles/theirs")
        hands.delete("sys/policies/acl/theirs")
        hands.write("database/config/orders", allowed_roles="")
        hands.iam.detach_role_policy(RoleName="writ-theirs", PolicyArn=ADMINISTRATOR)
        hands.iam.delete_role_policy(RoleName="writ-theirs", PolicyName="all")
        hands.iam.delete_role(RoleName="writ-theirs")
        hands.iam.delete_open_id_connect_provider(
            OpenIDConnectProviderArn=f"arn:aws:iam::{ACCOUNT}:oidc-provider/theirs.example.com"
        )
        hands.sql("DROP OWNED BY theirs", "DROP ROLE theirs")


ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})


def vault_theirs(hands: Hands) -> None:
    hands.write("sys/policies/acl/theirs", policy='path "kv/*" {\n  capabilities = ["read"]\n}')
    hands.write("sys/auth/jwt-theirs", type="jwt", description="theirs")
    hands.write(
        "auth/jwt-theirs/config", jwt_validation_pubkeys=[], jwks_url=hands.read("auth/operator/config")["jwks_url"]
    )
    hands.write(
        "auth/jwt-theirs/role/support-bot_orders.read", role_type="jwt", user_claim="sub", bound_audiences=["theirs"]
    )
    entity = hands.entity("theirs")
    hands.write(
        "identity/entity-alias",
        name="system:serviceaccount:support:support-bot",
        mount_accessor=hands.accessor("jwt-theirs"),
        canonical_id=entity,
    )
    hands.write("identity/group", name="theirs", policies=["theirs"], member_entity_ids=[entity])
    hands.write("database/config/orders", allowed_roles=["theirs", "also-theirs"])
    hands.write("database/roles/theirs", db_name="orders", creation_statements=['CREATE ROLE "{{name}}" LOGIN'])


def test_destroy_leaves_what_was_there_before(world: World) -> None:
    with Hands(world) as hands, other_peoples_objects(hands):
        world.ok("plan")  # the operator's first login makes its entity
        before = {name: look(hands) for name, look in WORLDS.items()}
        assert all(len(found) >= 6 for found in before.values())
        world.apply()
        for name, look in WORLDS.items():
            assert look(hands) != before[name], f"{name}: nothing is seen of what was applied"
        hands.read("database/creds/writ-support-bot_orders.read_orders-db")  # a login that lives at that moment
        told = world.ok("destroy", "-auto-approve")
        assert "Destroy complete!" in told
        assert "theirs" not in told
        for name, look in WORLDS.items():
            after = look(hands)
            assert after.keys() == before[name].keys(), name
            for part, was in before[name].items():
                assert after[part] == was, f"{name}: {part}"
        assert world.ok("destroy", "-auto-approve").startswith("No changes. Nothing to destroy.")


@pytest.mark.thorough
def test_destroy_takes_what_hangs_on_ours_along_and_leaves_other_undeclared_objects(world: World) -> None:
    with Hands(world) as hands:
        world.apply()
        hands.write("sys/policies/acl/writ-rogue", policy='path "kv/*" {\n  capabilities = ["read"]\n}')
        hands.iam.attach_role_policy(RoleName="writ-support-bot_orders.read", PolicyArn=ADMINISTRATOR)
        hands.sql('GRANT DELETE ON public.refunds TO "writ_support-bot_orders.read"')
        done = world.writ("destroy", "-auto-approve")
        assert done.returncode == 0, done.stderr
        assert "vault.vault_policy[\"writ-rogue\"] isn't this environment's and is left alone" in done.stderr
        assert hands.read("sys/policies/acl/writ-rogue")["policy"]
        assert hands.iam.list_roles(PathPrefix="/writ/")["Roles"] == []
        assert hands.sql("SELECT rolname FROM pg_roles WHERE starts_with(rolname, 'writ_')") == []
        hands.delete("sys/policies/acl/writ-rogue")


def test_destroy_without_the_state_finds_all_by_itself(world: World) -> None:
    with Hands(world) as hands:
        world.ok("plan")
        before = {name: look(hands) for name, look in WORLDS.items()}
        world.apply()
        world.state.unlink()
        world.ok("destroy", "-auto-approve")
        for name, look in WORLDS.items():
            assert look(hands) == before[name], name


def test_a_connection_opened_to_every_role_is_drift(world: World) -> None:
    """Ours is named again beside the ``*``, which is told of and left: the operator's own roles may need it."""
    config = "database/config/orders"
    with Hands(world) as hands:
        before = hands.read(config)["allowed_roles"]
        world.apply()
        named = hands.read(config)["allowed_roles"]
        hands.write(config, allowed_roles=["*"], verify_connection=False)
        try:
            drift = world.json("drift", code=2)["resource_drift"]
            entries = [one for one in drift if one["type"] == "vault_database_connection_allowed_role"]
            assert len(entries) == len(named)
            assert [one["address"] for one in drift if one not in entries] == [
                f'vault.vault_database_connection["{config}"]'
            ]
            world.apply()
            plan = world.json("plan", "-detailed-exitcode")
            assert [one["code"] for one in plan["diagnostics"]] == ["W429"]
            # Each is written by a step of its own, in no order between them.
            assert sorted(hands.read(config)["allowed_roles"]) == sorted(["*", *named])
            world.ok("destroy", "-auto-approve")
            assert world.json("plan", "-destroy")["resource_changes"] == []
            assert hands.read(config)["allowed_roles"] == ["*"]
        finally:
            hands.write(config, allowed_roles=before, verify_connection=False)
