"""With -json there is one document, or lines that end with a result, whatever stands in the way."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reconciler.model import Plan
from reconciler.state.lock import locked
from reconciler.state.opening import open_store
from reconciler.state.planfile import save_plan
from specs.diagnostic import error
from tests.servers import copy_specs, run_writ

NOTHING = {
    "type": "result",
    "ok": False,
    "interrupted": False,
    "done": 0,
    "failed": 0,
    "skipped": 0,
    "by_hand": 0,
    "refused": 0,
}
DOCUMENTS = ("plan", "drift")
RUNS = ("apply", "destroy")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy_specs("quickstart", tmp_path / "specs")
    return tmp_path


def document(folder: Path, *arguments: str) -> Any:
    done = run_writ(*arguments, "-json", cwd=folder)
    assert done.returncode == 1
    assert done.stderr == ""
    return json.loads(done.stdout)


def lines(folder: Path, *arguments: str) -> list[Any]:
    done = run_writ(*arguments, "-json", cwd=folder)
    assert done.returncode == 1
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def fails_with(found: Any, code: str) -> None:
    assert found["errored"]
    assert code in {one["code"] for one in found["diagnostics"] if one["severity"] == "error"}


def ends_with_nothing(found: list[Any], code: str) -> None:
    assert found[-1] == NOTHING
    assert {one["type"] for one in found[:-1]} == {"diagnostic"}
    assert code in {one["code"] for one in found[:-1] if one["severity"] == "error"}


@pytest.mark.parametrize("text", ["not yaml: [", "apiVersion: writ/v1\nkind: Connections\nspec: {systems: []}\n"])
def test_a_bad_connections_file(folder: Path, text: str) -> None:
    (folder / "connections.yaml").write_text(text)
    arguments = ("-connections", "connections.yaml")
    for command in DOCUMENTS:
        assert document(folder, command, *arguments)["errored"]
    for command in RUNS:
        found = lines(folder, command, "-auto-approve", *arguments)
        assert found[0]["type"] == "diagnostic"
        assert found[-1] == NOTHING


def test_specs_with_errors(folder: Path) -> None:
    file = folder / "specs" / "agents.yaml"
    file.write_text(file.read_text().replace("issuer: cluster", "issuer: clutser"))
    code = next(one["code"] for one in document(folder, "validate")["diagnostics"])
    for command in DOCUMENTS:
        fails_with(document(folder, command), code)
    for command in RUNS:
        ends_with_nothing(lines(folder, command, "-auto-approve"), code)
    assert document(folder, "validate")["valid"] is False


def test_specs_that_are_not_there(tmp_path: Path) -> None:
    for command in DOCUMENTS:
        fails_with(document(tmp_path, command, "nowhere"), "W001")
    for command in RUNS:
        ends_with_nothing(lines(tmp_path, command, "nowhere", "-auto-approve"), "W001")
    assert document(tmp_path, "validate", "nowhere")["valid"] is False


def test_a_state_that_cannot_be_used(folder: Path) -> None:
    (folder / "state.db").write_bytes(b"no database" * 100)
    for command in DOCUMENTS:
        found = document(folder, command, "-state", "state.db")
        fails_with(found, "W610")
        assert found["environment"]
    for command in RUNS:
        ends_with_nothing(lines(folder, command, "-auto-approve", "-state", "state.db"), "W610")


@pytest.mark.parametrize("kind", ["pipe", "device", "link"])
def test_a_state_that_is_no_file_is_told_at_once_by_every_command(folder: Path, kind: str) -> None:
    place = folder / "state.db"
    match kind:
        case "pipe":
            os.mkfifo(place)
        case "device":
            place.symlink_to("/dev/null")
        case _:
            place.symlink_to(folder / "gone.db")
    what = f"is a link to {folder}/gone.db, which isn't there" if kind == "link" else "is not a regular file"
    for command in (*DOCUMENTS, *RUNS):
        arguments = ("-auto-approve",) if command in RUNS else ()
        done = run_writ(command, *arguments, "-state", "state.db", cwd=folder, seconds=20)
        assert done.returncode == 1
        assert f"error[W610]: the state state.db {what}" in done.stderr
        assert "choose another place with -state PLACE" in done.stderr
    done = run_writ("force-unlock", "-state", "state.db", "some-id", cwd=folder, seconds=20)
    assert f"error[W610]: the state state.db {what}" in done.stderr
    assert not (folder / "gone.db").exists()


def test_a_state_that_is_locked(folder: Path) -> None:
    environment = document(folder, "plan")["environment"]
    with open_store(folder / "state.db") as store, locked(store, environment, "apply", timeout=0, notice=pytest.fail):
        for command in RUNS:
            ends_with_nothing(lines(folder, command, "-auto-approve", "-state", "state.db"), "W611")


@pytest.mark.parametrize("command", ["apply", "show"])
def test_a_saved_plan_that_is_damaged(tmp_path: Path, command: str) -> None:
    (tmp_path / "plan").write_text('{"format": "writ-plan/1"}')
    if command == "show":
        fails_with(document(tmp_path, "show", "plan"), "W620")
    else:
        ends_with_nothing(lines(tmp_path, "apply", "plan"), "W620")


def test_a_saved_plan_that_is_refused(tmp_path: Path) -> None:
    stale = Plan("production", datetime.now(UTC), "", "of another state", 3, (), ())
    save_plan(stale, tmp_path / "stale")
    ends_with_nothing(lines(tmp_path, "apply", "stale"), "W605")
    wrong = Plan("production", datetime.now(UTC), "", "", 0, (), (), (error("W501", "down"),))
    save_plan(wrong, tmp_path / "wrong")
    ends_with_nothing(lines(tmp_path, "apply", "wrong"), "W607")


def test_a_saved_plan_with_nothing_to_do_ends_well(tmp_path: Path) -> None:
    save_plan(Plan("production", datetime.now(UTC), "", "", 0, (), ()), tmp_path / "plan")
    done = run_writ("apply", "plan", "-json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == [NOTHING | {"ok": True}]


def test_a_plan_that_cannot_be_saved_says_so_in_its_document(folder: Path) -> None:
    """Without systems, so that nothing else is wrong."""
    for file in ("agents.yaml", "intents.yaml", "guardrails.yaml"):
        (folder / "specs" / file).unlink()
    environment = folder / "specs" / "environment.yaml"
    environment.write_text(
        "apiVersion: writ/v1\nkind: Environment\nmetadata: {name: e}\nspec: {issuers: {}, systems: {}}\n"
    )
    whole = run_writ("plan", "-json", cwd=folder)
    assert whole.returncode == 0, whole.stdout
    found = document(folder, "plan", "-out", "nowhere/plan")
    fails_with(found, "W620")
    assert not found["applyable"]


def test_for_people_findings_stay_on_standard_error(folder: Path) -> None:
    (folder / "connections.yaml").write_text("not yaml: [")
    for command in (*DOCUMENTS, *RUNS):
        done = run_writ(command, "-connections", "connections.yaml", cwd=folder)
        assert done.returncode == 1
        assert "error[" in done.stderr
        assert "error[" not in done.stdout
