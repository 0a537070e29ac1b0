"""The audit record of a signed plan on the quickstart: verified, shown, exported; and where it was tampered with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.state.ledger_file import LedgerFiles
from reconciler.state.planfile import load_plan, save_plan
from tests.servers import World
from tests.state.test_signing import write_pair

CI = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_RUN_ID": "4711",
    "GITHUB_SHA": "c0ffee" * 6,
    "GITHUB_REPOSITORY": "acme/iam",
    "GITHUB_REF": "refs/heads/main\x1b[31m",
    "GITHUB_ACTOR": "jo",
    "GITHUB_TOKEN": "canary-of-github-token-41b2",
}


@pytest.fixture
def ledger(world: World) -> Path:
    """Where the record of the world's environment will be."""
    environment = world.json("plan")["environment"]
    return LedgerFiles(world.state).path(environment)


def test_a_signed_run_and_what_is_found_when_it_is_tampered_with(world: World, ledger: Path) -> None:
    key, public = write_pair(world.cwd)
    world.ok("plan", "-out", "p", "--sign", str(key))
    assert not ledger.exists(), "a plan writes nothing"
    world.ok("apply", "p", **CI)

    assert "is intact: " in world.ok("audit", "verify")
    told = world.ok("audit", "show")
    found = entries(world)
    begun, ended = found[0]["body"], found[-1]["body"]
    assert (
        begun["plan_digest"] == hashlib.sha256(json.loads((world.cwd / "p").read_text())["plan"].encode()).hexdigest()
    )
    assert (begun["approval"], begun["operation"]) == ("saved plan", "apply")
    assert begun["signed_by"] in told
    assert begun["ci"]["commit"] == CI["GITHUB_SHA"]
    assert f"commit {CI['GITHUB_SHA']} of refs/heads/main\\x1b[31m" in told, "nothing of it is a terminal's command"
    assert begun["identities"].keys() == {"vault", "payments", "orders-db"}
    assert all(begun["identities"].values())
    assert (ended["failed"], ended["skipped"], ended["exit"]) == (0, 0, 0)
    steps = [one["body"] for one in found if one["kind"] == "step.ended"]
    assert {one["outcome"] for one in steps} == {"done"}
    assert len(steps) == ended["done"]
    witnesses = [one["body"] for one in found if one["kind"] == "access"]
    assert any(one["gains"] for one in witnesses)
    assert "canary-of-github" not in ledger.read_text()

    check_exports(world, ledger, found)
    check_tampering(world, ledger, key, public, len(found))


def entries(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.json("audit", "show")["entries"]
    return found


def check_exports(world: World, ledger: Path, found: list[dict[str, Any]]) -> None:
    assert world.ok("audit", "export") == ledger.read_text()
    events = [json.loads(line) for line in world.ok("audit", "export", "-format", "ocsf").splitlines()]
    assert [event["unmapped"] for event in events] == found
    assert {event["class_uid"] for event in events} == {3005, 6002, 6003}
    assert {event["actor"]["user"]["name"] for event in events} == {found[0]["body"]["who"].rpartition("@")[0]}
    for event in events:
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
        assert event["metadata"]["correlation_uid"] == found[0]["run"]


def check_tampering(world: World, ledger: Path, key: Path, public: Path, count: int) -> None:
    (world.cwd / "mark").write_text(world.ok("audit", "checkpoint", "--sign", str(key)))
    held = world.ok("audit", "verify", "-checkpoint", "mark", "-key", str(public))
    assert f"It holds the checkpoint at entry {count}, signed by the key " in held
    whole = ledger.read_bytes()
    lines = whole.splitlines(keepends=True)
    at = len(b"".join(lines[:4])) + 40
    ledger.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    done = world.writ("audit", "verify")
    assert done.returncode == 1
    assert "error[W619]" in done.stderr
    assert "entry 5 was edited" in done.stderr
    assert world.json("audit", "verify", code=1)["flaw"]["number"] == 5
    assert "W619" in world.writ("audit", "export").stderr
    ledger.write_bytes(b"".join(lines[:-2]))
    refused = world.writ("destroy", "-auto-approve")
    assert refused.returncode == 1
    assert "error[W619]" in refused.stderr
    assert "nothing was done" in refused.stderr
    cut = world.writ("audit", "verify", "-checkpoint", "mark")
    assert cut.returncode == 1
    assert f"entries {count - 1} to {count} are gone from the end" in cut.stderr
    ledger.unlink()
    assert "are gone from the end" in world.writ("audit", "verify", "-checkpoint", "mark").stderr
    assert world.json("audit", "verify", code=1)["known"] == count
    assert f"goes on with 0 of {count} entries" in world.ok("audit", "accept")
    assert "It goes as far as the state knows" in world.ok("audit", "verify")
    assert f"the record goes on with 0 of {count} entries" in world.ok("audit", "show")
    assert "Nothing to accept" in world.ok("audit", "accept")
    ledger.unlink()
    world.state.unlink()
    assert "W615" in world.writ("audit", "verify").stderr


def test_what_was_refused_is_told(world: World) -> None:
    key, public = write_pair(world.cwd)
    world.ok("plan", "-out", "unsigned")
    assert world.writ("apply", "unsigned", "--require-signature", str(public)).returncode == 1
    assert not world.state.parent.exists(), "what was refused unread begins no record"
    assert "not approved" in world.writ("apply", stdin="no\n").stdout
    world.ok("plan", "-out", "p", "--sign", str(key))
    world.ok("apply", "p")
    assert world.writ("apply", "unsigned", "--require-signature", str(public)).returncode == 1
    assert world.writ("apply", "p", **CI).returncode == 1
    plan = load_plan(world.cwd / "p")
    save_plan(replace(plan, expires=plan.created), world.cwd / "old")
    assert world.writ("apply", "old").returncode == 1

    found = entries(world)
    told = [one["body"] for one in found if one["kind"] == "run.refused"]
    assert [one["codes"] for one in told] == [[], ["W622"], ["W605"], ["W623"]]
    assert [one["approval"] for one in told] == ["refused", *["saved plan"] * 3]
    digest = hashlib.sha256(json.loads((world.cwd / "unsigned").read_text())["plan"].encode()).hexdigest()
    assert told[1]["plan_digest"] == digest
    assert told[2]["ci"]["commit"] == CI["GITHUB_SHA"]
    assert told[2]["signed_by"]
    shown = world.ok("audit", "show")
    assert "apply by " in shown
    assert "was refused, and did nothing: W605" in shown
    assert "was refused, and did nothing: not approved" in shown
    assert "is intact: " in world.ok("audit", "verify")
