"""examples/workflows/drift.yml: what its steps do, with stand-ins for writ, gh and curl."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.servers import EXAMPLES

WORKFLOW: Any = yaml.safe_load((EXAMPLES / "workflows" / "drift.yml").read_text())
STEPS = {step.get("name", ""): step for step in WORKFLOW["jobs"]["drift"]["steps"]}
MARKER = "<!-- writ-drift: production -->"
PROGRAMS = {
    "curl": 'echo \'{"value": "a-token"}\'',
    "jq": "echo a-token",
    "writ": 'cat "$STAND_IN/said"; exit "$(cat "$STAND_IN/code")"',
    "gh": 'if [ "$2" = list ]; then cat "$STAND_IN/number"; else echo "$*" >> "$STAND_IN/called"; '
    'case "$*" in *--body-file*) cp "$RUNNER_TEMP/body.md" "$STAND_IN/body";; esac; fi',
}


class Runner:
    """GitHub's, as far as these steps go."""

    def __init__(self, folder: Path, code: int, said: str, number: str) -> None:
        self.folder = folder
        for name, script in PROGRAMS.items():
            (folder / name).write_text(f"#!/bin/bash\n{script}\n")
            (folder / name).chmod(0o755)
        for name, text in {"code": str(code), "said": said, "number": number, "called": ""}.items():
            (folder / name).write_text(text)

    def step(self, name: str, **env: str) -> int:
        given = {
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "STAND_IN": str(self.folder),
            "RUNNER_TEMP": str(self.folder),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "WRIT_ENVIRONMENT": "production",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x",
            "ACTIONS_ID_TOKEN_REQUEST_URL": "https://example.com/?x",
            "CONNECTIONS": "kind: Connections",
        }
        # As GitHub runs a step without a shell of its own: bash -e.
        return subprocess.run(["bash", "-e", "-c", STEPS[name]["run"]], env=given | env, check=False).returncode

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()


@pytest.mark.parametrize(("code", "exits"), [(0, 0), (2, 0), (1, 1), (130, 130)])
def test_an_error_is_never_no_drift(code: int, exits: int, tmp_path: Path) -> None:
    runner = Runner(tmp_path, code, "", "")
    assert runner.step("Look for drift") == exits
    assert runner.read("output") == f"code={code}\n"
    assert runner.read("connections.yaml") == "kind: Connections\n"


@pytest.mark.parametrize(
    ("code", "number", "called"),
    [
        (2, "", "issue create --title Access drifted in production"),
        (2, "7", "issue edit 7 --body-file"),
        (0, "7", "issue close 7"),
        (0, "", ""),
    ],
)
def test_one_issue_is_kept(code: int, number: str, called: str, tmp_path: Path) -> None:
    runner = Runner(tmp_path, code, "Drift: 1 changed\n```\n@everyone\n", number)
    runner.step("Look for drift")
    assert runner.step("Keep one issue", CODE=str(code), RUN="https://run") == 0
    assert runner.read("called").startswith(called)
    assert len(runner.read("called").splitlines()) == bool(called)
    if code == 2:
        body = runner.read("body")
        assert body.startswith(MARKER)
        assert "    @everyone" in body


def test_a_long_body_is_cut_and_says_so(tmp_path: Path) -> None:
    runner = Runner(tmp_path, 2, "ä" * 100_000 + "\n", "")
    runner.step("Look for drift")
    assert runner.step("Keep one issue", CODE="2", RUN="https://run") == 0
    body = runner.read("body")
    assert len(body) < 65_536
    assert "Cut here: the first 60000 of 200005 bytes" in body


def test_it_may_do_no_more_than_it_needs() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read", "id-token": "write", "issues": "write"}
