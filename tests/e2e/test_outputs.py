"""What a reviewer and a gate are told, on real servers: rogue grants, wording, hostile names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.render.plan_schema import plan_schema
from tests.e2e.conftest import Ground
from tests.e2e.hands import ADMINISTRATOR, READER
from tests.e2e.vandalisms import ALL
from tests.e2e.vandalisms_aws import ANYTHING, IAM_NAME
from tests.servers import World

ANYBODY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
)
EVERYTHING = ("-fail-on", "widening,may-widen,guardrail,unmanaged,drift")


@contextmanager
def edited(world: World, file: str, old: str, new: str) -> Iterator[None]:
    kept = (world.specs / file).read_text()
    world.edit(file, old, new)
    try:
        yield
    finally:
        (world.specs / file).write_text(kept)


def valid(document: Any) -> Any:
    assert [one.message for one in Draft202012Validator(plan_schema()).iter_errors(document)] == []
    return document


def test_nothing_is_wrong_with_what_was_applied(ground: Ground) -> None:
    done = ground.world.writ("plan", "-detailed-exitcode", *EVERYTHING)
    assert (done.returncode, done.stderr) == (0, "")


def test_wording_is_folded_and_passes_the_gate(ground: Ground) -> None:
    world = ground.world
    archive, orders = "arn:aws:s3:::orders-archive/", "kv/data/orders/*, capabilities: [read]}"
    with (
        edited(world, "intents.yaml", f'["{archive}*"]', f'["{archive}", "{archive}?*"]'),
        edited(world, "intents.yaml", orders, f"{orders}, {{path: kv/data/orders/x/*, capabilities: [read]}}"),
    ):
        folded = world.ok("plan", "-detailed-exitcode", "-fail-on", "widening,may-widen", code=2)
        reworded = [f'payments.aws_iam_role_policy["{IAM_NAME}:orders.read"]', f'vault.vault_policy["{IAM_NAME}"]']
        for address in reworded:
            assert f"  ~ {address}: wording only, no change of access" in folded
        assert "Access widens" not in folded
        assert archive not in folded
        assert archive in world.ok("plan", "-full")
        rows = valid(world.json("plan"))["resource_changes"]
        assert [row["address"] for row in rows if row["wording_only"]] == reworded


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("intents.yaml", "actions: [s3:GetObject]", "actions: [s3:GetObject, s3:PutObject]"),
        ("intents.yaml", "kv/data/orders/*", "kv/data/order*"),
        ("intents.yaml", "[public.orders, public.order_items]", "[public.orders, public.order_items, public.refunds]"),
        ("agents.yaml", "{name: orders.read, ttl: 10m}", "{name: orders.read, ttl: 15m}"),
    ],
)
def test_what_gains_is_never_wording(ground: Ground, file: str, old: str, new: str) -> None:
    world = ground.world
    with edited(world, file, old, new):
        done = world.writ("plan", "-detailed-exitcode", "-fail-on", "widening")
        assert done.returncode == 3, done.stdout
        assert done.stdout.startswith("Access widens by this plan, or may:\n  support-bot may orders.read: widens\n")
        assert "      + " in done.stdout
        assert "wording only" not in done.stdout
        assert done.stderr.splitlines()[-1].startswith("Failed on widening (")


def test_rogue_grants_are_widenings_on_top_and_stop_the_gate(ground: Ground) -> None:
    """The three that Terraform calls "No changes"."""
    world, iam = ground.world, ground.hands.iam
    iam.attach_role_policy(RoleName=IAM_NAME, PolicyArn=ADMINISTRATOR)
    iam.put_role_policy(RoleName=IAM_NAME, PolicyName="more", PolicyDocument=ANYTHING)
    iam.create_role(RoleName="rogue", Path="/writ/", AssumeRolePolicyDocument=ANYBODY)
    try:
        done = world.writ("plan", "-detailed-exitcode", "-out", "rogue.plan", *EVERYTHING)
        assert done.returncode == 3, done.stdout
        assert done.stdout.startswith("Access widened outside of Writ since the last apply, or may have:\n")
        found = {
            row["address"]
            for row in valid(world.json("show", "rogue.plan"))["access_changes"]
            if row["mover"] == "outside" and row["verdict"] in {"widens", "incomparable"} and row["gains"]
        }
        assert {f'payments.aws_iam_role["{IAM_NAME}"]', 'payments.aws_iam_role["rogue"]'} <= found
        told = done.stderr.splitlines()[-1]
        for word in ("widening", "unmanaged", "drift"):
            assert f"{word} (" in told
        comment = world.ok("show", "rogue.plan", "-format", "markdown")
        assert comment.index('aws_iam_role["rogue"]') < comment.index("<details")
        assert json.loads(world.ok("show", "rogue.plan", "-format", "gitlab"))["delete"] >= 3
    finally:
        world.apply()


@pytest.mark.parametrize("name", ["vault-policy-widened", "postgres-another-table"])
def test_the_same_kinds_elsewhere(name: str, ground: Ground) -> None:
    vandalism = ALL[name]
    vandalism.do(ground.hands)
    try:
        done = ground.world.writ("plan", *EVERYTHING)
        assert done.returncode == 3, done.stdout
        assert done.stdout.startswith("Access widened outside of Writ since the last apply, or may have:\n")
        assert "Failed on widening (" in done.stderr
    finally:
        ground.world.apply()
        vandalism.tidy(ground.hands)


@pytest.mark.thorough
def test_names_that_somebody_made_at_the_servers(ground: Ground) -> None:
    """Whoever may create a role names it: into the comment, the terminal and the log go names, and nothing else."""
    world, hands = ground.world, ground.hands
    hostile = 'writ_x"\n::error::y\n##[add-mask]z`` @all </details><!-- -->'
    hands.sql('CREATE ROLE "{}"'.format(hostile.replace('"', '""')))
    try:
        for form in ("human", "markdown", "json", "sarif"):
            done = world.writ("plan", "-format", form, "-fail-on", "unmanaged")
            assert done.returncode == 3
            for line in (done.stdout + done.stderr).splitlines():
                assert not line.lstrip().startswith("::"), form
                assert "##[" not in line, form
        comment = world.ok("plan", "-format", "markdown")
        assert comment.count("<!--") == 1
        assert comment.count("\n</details>") == comment.count("<details")
        held = [row["name"] for row in world.json("plan")["resource_changes"] if row["action"] == "delete"]
        assert held == [hostile]
    finally:
        world.apply()


def test_a_reader_may_plan_into_every_form(ground: Ground) -> None:
    assert READER in ground.world.ok("plan", "-format", "json")
    assert ground.world.ok("plan", "-format", "markdown").startswith("<!-- writ-plan: ")
