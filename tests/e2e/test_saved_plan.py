"""What is planned is what is applied: saved plans, targets, exit codes, the question."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.hands import MOUNT, READER, Hands
from tests.servers import World, copy_specs, run_writ

ROLE = f'vault.vault_jwt_auth_backend_role["{MOUNT}/{READER}"]'


@pytest.fixture
def hands(world: World) -> Iterator[Hands]:
    with Hands(world) as made:
        yield made


def recorded(world: World) -> list[str]:
    """All that the state holds, but for its lock and the end of the audit record, which tells what was refused."""
    with closing(sqlite3.connect(world.state)) as db:
        return [line for line in db.iterdump() if '"locks"' not in line and '"ledger_ends"' not in line]


def rows(plan: Any) -> set[str]:
    return {row["address"] for row in plan["resource_changes"] if row["action"] not in {"no-op", "adopt"}}


def test_a_saved_plan_is_applied_once(world: World) -> None:
    planned = world.ok("plan", "-out", "p", "-detailed-exitcode", code=2)
    assert "writ apply p" in planned
    assert Path(world.cwd / "p").stat().st_mode & 0o077 == 0
    assert not world.state.exists(), "a plan writes no state"
    shown = world.ok("show", "p")
    assert planned.startswith(shown.partition("\nNot signed.")[0])
    assert "Not signed.\nTo be applied until 20" in shown
    assert {row["action"] for row in world.json("show", "p")["resource_changes"]} == {"create"}
    applied = world.ok("apply", "p")
    assert "Apply complete!" in applied
    assert "Enter a value" not in applied
    assert "No changes." in world.ok("plan", "-detailed-exitcode")
    before = recorded(world)
    again = world.writ("apply", "p")
    assert again.returncode == 1
    assert "error[W605]" in again.stderr
    assert "Saved plan is stale" in again.stderr
    assert "Creating" not in again.stdout
    assert recorded(world) == before


@pytest.mark.thorough
def test_what_a_saved_plan_says_of_access_must_still_be_so(world: World, hands: Hands) -> None:
    """The plan changes a policy; the role that its row of access is about is only read."""
    world.apply()
    world.edit(
        "intents.yaml",
        "path: kv/data/orders/*, capabilities: [read]",
        "path: kv/data/orders/*, capabilities: [read, list]",
    )
    world.ok("plan", "-out", "p", "-detailed-exitcode", code=2)
    names = ["writ-" + READER, "writ-support-bot_refunds.issue"]
    hands.rewrite(f"auth/{MOUNT}/role/{READER}", token_policies=names)
    refused = world.writ("apply", "p")
    assert refused.returncode == 1
    assert f"error[W606] {ROLE}: Saved plan is stale" in refused.stderr
    assert "has changed since: token_policies" in refused.stderr
    assert "Modifying" not in refused.stdout


@pytest.mark.thorough
def test_another_owner_is_another_access_where_a_policy_asks_for_it(world: World) -> None:
    statement = 'statements: [{actions: [s3:GetObject], resources: ["arn:aws:s3:::orders-archive/*"]'
    asked = f'{statement}, conditions: {{StringEquals: {{"aws:PrincipalTag/writ:owner": boss@example.com}}}}'
    world.edit("intents.yaml", statement, asked)
    world.apply()
    world.edit("agents.yaml", "team-support@example.com", "boss@example.com")
    told = world.ok("plan", "-fail-on", "widening", code=3)
    assert "+ s3:GetObject on arn:aws:s3:::orders-archive/" in told


def test_a_saved_plan_is_refused_after_a_change_outside(world: World, hands: Hands) -> None:
    world.apply()
    world.edit("agents.yaml", "ttl: 10m", "ttl: 9m")
    world.ok("plan", "-out", "p", "-detailed-exitcode", code=2)
    before = recorded(world)
    hands.rewrite(f"auth/{MOUNT}/role/{READER}", bound_subject="system:serviceaccount:evil:bot")
    refused = world.writ("apply", "p")
    assert refused.returncode == 1
    assert f"{ROLE} has changed since: bound_subject" in refused.stderr
    assert "specs/agents.yaml:" in refused.stderr
    assert "Modifying" not in refused.stdout
    found = hands.read(f"auth/{MOUNT}/role/{READER}")
    assert (found["token_ttl"], found["bound_subject"]) == (600, "system:serviceaccount:evil:bot")
    assert hands.read(f"database/roles/writ-{READER}_orders-db")["default_ttl"] == 600
    assert recorded(world) == before
    world.apply()
    assert hands.read(f"auth/{MOUNT}/role/{READER}")["token_ttl"] == 540


def test_a_saved_plan_is_refused_when_an_object_has_appeared(world: World, hands: Hands) -> None:
    world.ok("plan", "-out", "p")
    hands.write(f"sys/policies/acl/writ-{READER}", policy="# somebody else's")
    refused = world.writ("apply", "p")
    assert refused.returncode == 1
    assert f'vault.vault_policy["writ-{READER}"] has appeared since' in refused.stderr
    assert hands.sql("SELECT rolname FROM pg_roles WHERE starts_with(rolname, 'writ_')") == []
    assert hands.iam.list_roles(PathPrefix="/writ/")["Roles"] == []
    hands.delete(f"sys/policies/acl/writ-{READER}")


@pytest.mark.thorough
def test_a_target_narrows_plan_and_apply(world: World) -> None:
    whole = rows(world.json("plan"))
    narrowed = world.json("plan", "-target", "support-bot/orders.read")
    wanted = rows(narrowed)
    assert wanted < whole
    assert not narrowed["complete"]
    assert ROLE in wanted
    assert 'vault.vault_identity_entity["writ-support-bot"]' in wanted, "what it needs comes along"
    assert not any("refunds.issue" in address for address in wanted)
    world.apply("-target", "support-bot/orders.read")
    left = rows(world.json("plan"))
    assert left == (whole - wanted)
    refused = world.writ("plan", "-target", "nobody")
    assert refused.returncode == 1
    assert "error[W504] nobody: -target nobody names nothing in this plan" in refused.stderr


@pytest.mark.parametrize("answer", ["", "y\n"])
def test_only_yes_is_yes(ground_unapplied: World, answer: str) -> None:
    world = ground_unapplied
    refused = world.writ("apply", stdin=answer)
    assert refused.returncode == 1
    assert "Only 'yes' will be accepted to approve." in refused.stdout
    assert "Nothing was done: not approved." in refused.stdout
    assert "Creating" not in refused.stdout


def test_the_refusals_did_nothing_and_yes_does(ground_unapplied: World) -> None:
    world = ground_unapplied
    plan = world.json("plan")
    assert {row["action"] for row in plan["resource_changes"]} == {"create"}
    assert plan["state"] == {"lineage": "", "serial": 0}
    applied = world.writ("apply", stdin="yes\n")
    assert applied.returncode == 0, applied.stderr
    assert "Apply complete!" in applied.stdout
    assert world.writ("destroy", stdin="no\n").returncode == 1
    assert "No changes." in world.ok("plan", "-detailed-exitcode")
    assert world.writ("destroy", stdin="yes\n").returncode == 0
    assert world.ok("plan", "-destroy").startswith("No changes. Nothing to destroy.")


@pytest.fixture(scope="module")
def ground_unapplied(worlds: Any, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The quickstart, not applied."""
    made: World = worlds.world("quickstart", tmp_path_factory.mktemp("unapplied"))
    return made


def test_an_environment_must_be_named_where_there_are_several(tmp_path: Path) -> None:
    copy_specs("estate", tmp_path / "specs")
    for command in ("plan", "apply"):
        refused = run_writ(command, cwd=tmp_path)
        assert refused.returncode == 1
        assert "error[W221]: there are several environments: production, staging" in refused.stderr
        assert "--environment NAME" in refused.stderr
    refused = run_writ("plan", "-environment", "prodution", cwd=tmp_path)
    assert refused.returncode == 1
    assert "did you mean production?" in refused.stderr
    assert not (tmp_path / ".writ").exists()


def test_what_is_not_a_plan_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("{}")
    shown = run_writ("show", "p", cwd=tmp_path)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert "p is not a saved plan" in shown.stderr
