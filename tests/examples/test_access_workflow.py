"""The examples for continuous integration: how they are built, and what their steps do, with stand-ins for programs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.render.plan_json import plan_json
from reconciler.render.plan_markdown import plan_markdown
from tests.render.plans import GAIN, HOSTILE, created, hostile, plan, row, whole
from tests.servers import EXAMPLES

needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")

WORKFLOWS = sorted((EXAMPLES / "workflows").glob("*.yml"))
ACTION: Any = yaml.safe_load((EXAMPLES / "github" / "writ-plan" / "action.yml").read_text())
ACCESS: Any = yaml.safe_load((EXAMPLES / "workflows" / "access.yml").read_text())
GITLAB: Any = yaml.safe_load((EXAMPLES / "gitlab" / "writ.gitlab-ci.yml").read_text())
MARKER = "<!-- writ-plan: production -->"

WRIT = """
echo "$*" >> "$STAND_IN/called"
case "$1 $*" in
  plan*--out*) [ -e "$STAND_IN/saves" ] && out="$(sed 's/.*--out \\([^ ]*\\).*/\\1/' <<< "$*")" && : > "$out"
    cat "$STAND_IN/comment"; exit "$(cat "$STAND_IN/code")" ;;
  plan*sarif*) echo "{}"; exit "$(cat "$STAND_IN/code")" ;;
  plan*--json*) cat "$STAND_IN/now" ;;
  show*--json*) cat "$STAND_IN/reviewed" ;;
  *) echo shown ;;
esac
"""
GH = """
echo "$*" >> "$STAND_IN/gh"
filter="${@: -1}"
case "$*" in
  *--paginate*) jq -r "$filter" "$STAND_IN/comments" ;;
  *commits*) jq -r "$filter" "$STAND_IN/pulls" ;;
  *runs*) jq -r "$filter" "$STAND_IN/runs" ;;
esac
"""
CURL = """
echo "${@: -1} $*" >> "$STAND_IN/curl"
case "${@: -1}" in
  */user) echo '{"id": 7}' ;;
  */notes\\?*) cat "$STAND_IN/notes" ;;
  */merge_requests) cat "$STAND_IN/requests" ;;
  */pipelines) echo '[{"id": 2, "status": "failed"}, {"id": 3, "status": "success"}]' ;;
  */jobs) echo '[{"id": 8, "name": "other"}, {"id": 9, "name": "writ-plan"}]' ;;
esac
"""


class Runner:
    """A CI system's, as far as these steps go: bash, variables, files."""

    def __init__(self, folder: Path, **files: str) -> None:
        self.folder = folder
        (folder / "reviewed").mkdir()
        (folder / "bin").mkdir()
        (folder / "in").mkdir()
        for name, script in {"writ": WRIT, "gh": GH, "curl": CURL}.items():
            (folder / "bin" / name).write_text(f"#!/bin/bash\n{script}")
            (folder / "bin" / name).chmod(0o755)
        for name, text in ({"code": "0", "comment": f"{MARKER}\n", "called": "", "gh": "", "curl": ""} | files).items():
            (folder / "in" / name).write_text(text)

    def run(self, script: str, **env: str) -> subprocess.CompletedProcess[str]:
        given = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "STAND_IN": str(self.folder / "in"),
            "RUNNER_TEMP": str(self.folder),
            "GITHUB_WORKSPACE": str(self.folder),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "GITHUB_SHA": "abc",
            "GH_REPO": "o/r",
            "WRIT_ENVIRONMENT": "production",
            "WRIT_CONNECTIONS": "connections.yaml",
        }
        # As GitHub runs `shell: bash`, and GitLab its scripts.
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        return subprocess.run(
            command, env=given | env, cwd=self.folder, capture_output=True, text=True, check=False, timeout=30
        )

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()


def scripts() -> Iterator[tuple[str, str]]:
    """Every script of every example, with a name."""
    for step in ACTION["runs"]["steps"]:
        yield f"action: {step['name']}", step.get("run", "")
    for file in WORKFLOWS:
        for name, job in yaml.safe_load(file.read_text())["jobs"].items():
            for index, step in enumerate(job["steps"]):
                yield f"{file.name}: {name} {index}", step.get("run", "")
    for name in ("writ-plan", "writ-apply"):
        yield f"gitlab: {name}", "\n".join([*GITLAB[".writ"]["before_script"], *GITLAB[name]["script"]])


def step(name: str, steps: Any) -> str:
    return next(str(one["run"]) for one in steps if one.get("name") == name)


@pytest.mark.parametrize(("name", "script"), [*scripts()])
def test_a_script_is_bash_and_holds_no_expression(name: str, script: str) -> None:
    """An expression in a script is replaced before bash reads it: that is how a title becomes a command."""
    assert "${{" not in script, name
    done = subprocess.run(["bash", "-n", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_workflow_has_least_privilege(file: Path) -> None:
    text = file.read_text()
    assert "pull_request_target" not in text, "it would give a stranger's code this repository's secrets"
    workflow: Any = yaml.safe_load(text)
    assert isinstance(workflow["permissions"], dict)
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 30
        for used in (one["uses"] for one in job["steps"] if "uses" in one):
            assert used.startswith("./") or used.partition("@")[2].startswith("v"), used


def test_who_may_write_what() -> None:
    assert ACCESS["permissions"] == {}
    written = {
        name: {right for right, what in job["permissions"].items() if what == "write"} for name, job in JOBS.items()
    }
    assert written == {"plan": {"id-token", "pull-requests", "security-events"}, "apply": {"id-token"}}
    assert "head.repo.full_name == github.repository" in JOBS["plan"]["if"]
    assert JOBS["apply"]["if"] == "github.event_name == 'push'"
    assert JOBS["apply"]["environment"] == "production"
    assert not any("APPLY" in json.dumps(one) for one in JOBS["plan"]["steps"]), "the plan only reads"
    checkouts = [
        one for job in JOBS.values() for one in job["steps"] if one.get("uses", "").startswith("actions/checkout")
    ]
    assert [one["with"] for one in checkouts] == [{"persist-credentials": False}] * 2


JOBS: Any = ACCESS["jobs"]


def test_only_a_plan_that_passed_its_gate_is_kept() -> None:
    """The artifact's step comes after the gate's, and neither says `if: always()`."""
    names = [one.get("uses", one.get("name", "")) for one in JOBS["plan"]["steps"]]
    assert names.index("./.github/actions/writ-plan") < names.index("actions/upload-artifact@v4")
    assert "if" not in JOBS["plan"]["steps"][-1]
    assert [one["name"] for one in ACTION["runs"]["steps"]][-1] == "Gate"
    assert "if" not in ACTION["runs"]["steps"][-1]


@pytest.mark.parametrize(("code", "saves"), [(0, True), (3, True), (1, False)])
def test_the_plan_is_made_shown_and_its_code_kept(code: int, saves: bool, tmp_path: Path) -> None:
    runner = Runner(tmp_path, code=str(code), **({"saves": ""} if saves else {}))
    done = runner.run(step("Plan", STEPS), SPECS="specs", FAIL_ON="widening")
    assert done.returncode == 0, done.stderr
    assert runner.read("output") == f"code={code}\nplan={tmp_path}/writ.plan\n"
    assert runner.read("summary").startswith(MARKER)
    asked = f"plan --environment production --fail-on widening --out {tmp_path}/writ.plan --format markdown -- specs"
    first, *rest = runner.read("in/called").splitlines()
    assert first == asked
    assert any("--format sarif" in line for line in rest)
    assert (tmp_path / "writ.plan").exists() is saves
    assert runner.run(step("Gate", STEPS), CODE=str(code)).returncode == code


STEPS = ACTION["runs"]["steps"]


def test_inputs_are_no_commands(tmp_path: Path) -> None:
    runner = Runner(tmp_path, saves="")
    done = runner.run(step("Plan", STEPS), SPECS='$(touch "$RUNNER_TEMP/evil"); `id` --out x', FAIL_ON="")
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "evil").exists()
    assert "--fail-on" not in runner.read("in/called")
    assert runner.read("in/called").splitlines()[0].endswith('-- $(touch "$RUNNER_TEMP/evil"); `id` --out x')


def comments(*bodies: tuple[str, str]) -> str:
    return json.dumps([{"id": 10 + i, "user": {"login": who}, "body": body} for i, (who, body) in enumerate(bodies)])


BOT = "github-actions[bot]"


@needs_jq
@pytest.mark.parametrize(
    ("there", "called"),
    [
        (comments(), "api --silent --method POST repos/o/r/issues/5/comments"),
        (comments(("eve", MARKER), (BOT, f"see {MARKER}")), "api --silent --method POST repos/o/r/issues/5/comments"),
        (comments((BOT, "<!-- writ-plan: staging -->")), "api --silent --method POST repos/o/r/issues/5/comments"),
        (
            comments(("eve", MARKER), (BOT, f"{MARKER}\nold")),
            "api --silent --method PATCH repos/o/r/issues/comments/11",
        ),
        (comments((BOT, MARKER), (BOT, MARKER)), "api --silent --method PATCH repos/o/r/issues/comments/10"),
    ],
)
def test_one_comment_is_kept(there: str, called: str, tmp_path: Path) -> None:
    runner = Runner(tmp_path, comments=there)
    (tmp_path / "writ-comment.md").write_text("\n".join(plan_markdown(whole())))
    done = runner.run(step("Keep one comment", STEPS), NUMBER="5")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert runner.read("in/gh").splitlines()[1:] == [f"{called} -F body=@{tmp_path}/writ-comment.md"]


@needs_jq
@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_environment_finds_its_comment_and_does_no_more(text: str, tmp_path: Path) -> None:
    """The marker goes to jq as a variable, never as a part of the program."""
    body = "\n".join(plan_markdown(hostile(text)))
    runner = Runner(tmp_path, comments=comments((BOT, MARKER), (BOT, body)))
    (tmp_path / "writ-comment.md").write_text(body)
    assert runner.run(step("Keep one comment", STEPS), NUMBER="5").returncode == 0
    assert "/comments/11 " in runner.read("in/gh").splitlines()[-1]


NOW = plan([created("new")], [row(gains=[GAIN])])
SAME = json.dumps(plan_json(NOW) | {"timestamp": "another", "diagnostics": [{"code": "W505"}]})
APPLY = step("Apply what was reviewed, or nothing", JOBS["apply"]["steps"])


def other(**changed: Any) -> str:
    return json.dumps(plan_json(NOW) | changed)


DIFFERENT = [
    json.dumps(plan_json(plan([created("new"), created("more")], [row(gains=[GAIN])]))),
    json.dumps(plan_json(plan([created("new", size=2)], [row(gains=[GAIN])]))),
    json.dumps(plan_json(plan([created("new")], [row(gains=[GAIN, GAIN])]))),
    other(specs_digest="1" * 64),
    other(state={"lineage": "lineage", "serial": 4}),
    other(environment="staging"),
    other(complete=False),
    other(systems=[plan_json(NOW)["systems"][0] | {"settings": {"role_path": "/"}}]),
]


@needs_jq
@pytest.mark.parametrize(("reviewed", "applied"), [(SAME, True), *((text, False) for text in DIFFERENT)])
def test_what_was_reviewed_is_applied_or_nothing(reviewed: str, applied: bool, tmp_path: Path) -> None:
    runner = Runner(tmp_path, now=json.dumps(plan_json(NOW)), reviewed=reviewed)
    done = runner.run(APPLY)
    assert done.returncode == (0 if applied else 1), done.stderr
    calls = [line for line in runner.read("in/called").splitlines() if line.startswith("apply")]
    assert calls == ([f"apply --no-color {tmp_path}/reviewed/writ.plan"] if applied else [])
    assert ("Nothing was done." in done.stderr) is not applied


@needs_jq
@pytest.mark.parametrize(
    ("pulls", "runs", "says"),
    [
        ([], [], "no plan was reviewed"),
        ([{"merged_at": None, "base": {"ref": "main"}, "head": {"sha": "f00"}}], [], "no plan was reviewed"),
        ([{"merged_at": "now", "base": {"ref": "main"}, "head": {"sha": "f00"}}], [], "passed its gate"),
        ([{"merged_at": "now", "base": {"ref": "main"}, "head": {"sha": "f00"}}], [{"id": 4}, {"id": 3}], ""),
    ],
)
def test_the_plan_comes_from_the_pull_requests_last_run(pulls: Any, runs: Any, says: str, tmp_path: Path) -> None:
    runner = Runner(tmp_path, pulls=json.dumps(pulls), runs=json.dumps({"workflow_runs": runs}))
    done = runner.run(step("Fetch the plan that was reviewed", JOBS["apply"]["steps"]))
    assert done.returncode == bool(says)
    assert says in done.stderr
    fetched = [line for line in runner.read("in/gh").splitlines() if line.startswith("run download")]
    assert fetched == ([] if says else [f"run download 4 --name writ-plan --dir {tmp_path}/reviewed"])
    if not says:
        assert "status=success&head_sha=f00" in runner.read("in/gh")


@needs_jq
@pytest.mark.parametrize(
    ("notes", "method"),
    [
        ([], "POST"),
        ([{"id": 1, "author": {"id": 8}, "body": MARKER}], "POST"),
        (
            [{"id": 1, "author": {"id": 8}, "body": MARKER}, {"id": 2, "author": {"id": 7}, "body": f"{MARKER}\n"}],
            "PUT",
        ),
    ],
)
@pytest.mark.parametrize(("code", "saves"), [(0, True), (3, True), (1, False)])
def test_gitlab_plans(notes: Any, method: str, code: int, saves: bool, tmp_path: Path) -> None:
    runner = Runner(tmp_path, code=str(code), notes=json.dumps(notes), **({"saves": ""} if saves else {}))
    done = runner.run(GITLAB["writ-plan"]["script"][0], **GITLAB_SAYS)
    assert done.returncode == code, done.stderr
    last = runner.read("in/curl").splitlines()[-1]
    assert f"--request {method} --data-urlencode body@writ-comment.md" in last
    assert last.split(" ")[0] == f"https://gitlab/projects/1/merge_requests/5/notes{'/2' if method == 'PUT' else ''}"
    assert (tmp_path / "writ-report.json").exists() is saves


GITLAB_SAYS = {
    "CI_API_V4_URL": "https://gitlab",
    "CI_PROJECT_ID": "1",
    "CI_MERGE_REQUEST_IID": "5",
    "CI_COMMIT_SHA": "abc",
    "WRIT_FAIL_ON": "widening",
    "WRIT_GITLAB_TOKEN": "t",
    "WRIT_PLAN_CONNECTIONS": "c",
    "WRIT_APPLY_CONNECTIONS": "c",
    "AWS_PLAN_ROLE": "r",
    "AWS_APPLY_ROLE": "r",
}


@needs_jq
@pytest.mark.parametrize(
    ("requests", "reviewed", "says"),
    [
        ([], SAME, "no plan was reviewed"),
        ([{"iid": 5, "state": "opened"}], SAME, "no plan was reviewed"),
        ([{"iid": 5, "state": "merged"}], SAME, ""),
        *(([{"iid": 5, "state": "merged"}], text, "Nothing was done.") for text in DIFFERENT),
    ],
)
def test_gitlab_applies(requests: Any, reviewed: str, says: str, tmp_path: Path) -> None:
    runner = Runner(tmp_path, now=json.dumps(plan_json(NOW)), reviewed=reviewed, requests=json.dumps(requests))
    done = runner.run(GITLAB["writ-apply"]["script"][0], **GITLAB_SAYS)
    assert done.returncode == bool(says), done.stderr
    assert says in done.stderr
    applied = "apply --no-color reviewed.plan" in runner.read("in/called").splitlines()
    assert applied is not bool(says)
    if applied:
        assert "https://gitlab/projects/1/jobs/9/artifacts/writ.plan" in runner.read("in/curl")
