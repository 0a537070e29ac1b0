"""Signed plans through the command line: who may apply what, and until when."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.state.planfile import load_plan, save_plan
from reconciler.state.signing import read_public_key, read_signing_key
from tests.servers import World, copy_specs, run_writ
from tests.state.test_signing import write_pair


@pytest.fixture
def key(world: World) -> Path:
    """A private key in the folder; its public half beside it, and another pair."""
    write_pair(world.cwd, "other")
    return write_pair(world.cwd)[0]


def refused(world: World, *arguments: str, code: str, **env: str) -> str:
    done = world.writ("apply", *arguments, **env)
    assert done.returncode == 1
    assert f"error[{code}]" in done.stderr, done.stderr
    assert "Creating" not in done.stdout
    assert not world.state.exists(), "not even the state was made"
    return done.stderr


def test_only_what_the_required_key_signed_is_applied(world: World, key: Path) -> None:
    world.ok("plan", "-out", "unsigned")
    told = world.ok("plan", "-out", "p", "--sign", "key", "--expires", "1h")
    plan = load_plan(world.cwd / "p")
    assert plan.expires == plan.created + timedelta(hours=1)
    assert f"To be applied until {plan.expires.isoformat(timespec='seconds')}." in told
    for name, require in (("unsigned", "key.pub"), ("p", "other.pub")):
        refused(world, name, "--require-signature", require, code="W622")
        refused(world, name, code="W622", WRIT_REQUIRE_SIGNATURE=require)
    refused(world, "p", "--require-signature", "nowhere", code="W621")
    (world.cwd / "changed").write_bytes((world.cwd / "p").read_bytes().replace(b"support-bot", b"suppart-bot", 1))
    refused(world, "changed", code="W620")
    fingerprint = read_public_key(world.cwd / "key.pub")[0].fingerprint
    assert f"Signed by the key {fingerprint}, as required." in world.ok("show", "p", "--require-signature", "key.pub")
    assert f"Signed by the key {fingerprint}; whether" in world.ok("show", "p")
    assert world.writ("show", "p", "--require-signature", "other.pub").returncode == 1
    assert world.json("show", "p", "--require-signature", "key.pub")["applyable"]
    key.unlink()
    assert "Apply complete!" in world.ok("apply", "p", "specs", "--require-signature", "key.pub")
    assert "error[W605]" in world.writ("apply", "p", "--require-signature", "key.pub").stderr


def test_specs_can_not_go_past_a_required_signature(world: World, key: Path) -> None:
    for arguments in (("apply", "-auto-approve"), ("apply", "specs", "-auto-approve"), ("destroy", "-auto-approve")):
        done = world.writ(*arguments, WRIT_REQUIRE_SIGNATURE="key.pub")
        assert done.returncode == 1
        assert "writ apply FILE" in done.stderr
    assert not world.state.exists()


def test_a_plan_has_its_time(world: World, key: Path) -> None:
    world.ok("plan", "-out", "p", "--sign", "key")
    plan, (signing, _) = load_plan(world.cwd / "p"), read_signing_key(key)
    now = datetime.now(UTC)
    save_plan(
        replace(plan, created=now - timedelta(hours=25), expires=now - timedelta(hours=1)), world.cwd / "old", signing
    )
    save_plan(replace(plan, created=now + timedelta(hours=1)), world.cwd / "new", signing)
    assert "this plan expired at" in refused(world, "old", "--require-signature", "key.pub", code="W623")
    assert "made in the future" in refused(world, "new", "--require-signature", "key.pub", code="W623")
    for wrong in ("0s", "soon", "33d"):
        assert world.writ("plan", "-out", "q", "--expires", wrong).returncode == 1
    assert not (world.cwd / "q").exists()


def test_a_plan_named_with_specs_was_made_from_them(world: World) -> None:
    world.ok("plan", "-out", "p")
    elsewhere = world.cwd / "copy"
    copy_specs("quickstart", elsewhere)
    (elsewhere / "agents.yaml").write_text("# a comment\n" + (elsewhere / "agents.yaml").read_text())
    world.edit("agents.yaml", "ttl: 10m", "ttl: 9m")
    assert "wasn't made from specs as they are" in refused(world, "p", "specs", code="W624")
    (world.cwd / "broken.yaml").write_text("kind: [")
    refused(world, "p", "broken.yaml", code="W009")
    backwards = world.writ("apply", "specs", "p")
    assert backwards.returncode == 1
    assert "p is a saved plan: one is applied at a time, and it is named first" in backwards.stderr
    assert "Apply complete!" in world.ok("apply", "p", "copy")


def test_a_first_plan_is_applied_once_whoever_has_it(world: World, tmp_path: Path) -> None:
    """Two who planned before anything was there, with a state of their own each."""
    world.ok("plan", "-out", "p")
    world.ok("apply", "p")
    again = world.writ("apply", "p", "-state", "other.db")
    assert again.returncode == 1
    assert "has appeared since" in again.stderr
    assert "Creating" not in again.stdout


def test_keys_are_told_of_before_anything_is_saved(tmp_path: Path) -> None:
    copy_specs("quickstart", tmp_path / "specs")
    alone = run_writ("plan", "--sign", "key", cwd=tmp_path)
    assert "add -out FILE" in alone.stderr
    shown = run_writ("show", "p", "-json", "--require-signature", "no", cwd=tmp_path)
    assert json.loads(shown.stdout)["diagnostics"][0]["code"] == "W621"


def test_a_key_that_cannot_sign_leaves_no_plan(world: World, key: Path) -> None:
    done = world.writ("plan", "-out", "p", "--sign", "key.pub")
    assert done.returncode == 1
    assert "error[W621]" in done.stderr
    assert not (world.cwd / "p").exists()
    key.chmod(0o644)
    done = world.writ("plan", "-out", "p", "--sign", "key")
    assert done.returncode == 0
    assert "warning[W625]" in done.stderr
    assert "W625" not in (world.cwd / "p").read_text(), "where it was made is nobody's matter"
