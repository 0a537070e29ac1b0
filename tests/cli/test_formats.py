"""`plan` and `show`: every form, and the gate's exit codes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reconciler.render.plan_schema import plan_schema
from reconciler.state.planfile import save_plan
from tests.render.plans import HOSTILE, created, hostile, plan, removed, whole
from tests.servers import copy_specs, run_writ


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A plan that trips every condition."""
    made = whole()
    save_plan(made, tmp_path / "p")
    save_plan(replace(made, diagnostics=()), tmp_path / "sound")
    return tmp_path


def test_every_form_of_a_saved_plan(saved: Path) -> None:
    shown = {form: run_writ("show", "p", "-format", form, cwd=saved) for form in FORMS}
    assert {done.returncode for done in shown.values()} == {0}
    assert shown["human"].stdout.startswith("Access widened outside of Writ")
    assert shown["human"].stdout == run_writ("show", "p", cwd=saved).stdout
    assert Draft202012Validator(plan_schema()).is_valid(json.loads(shown["json"].stdout))
    assert shown["json"].stdout == run_writ("show", "--json", "p", cwd=saved).stdout
    assert shown["markdown"].stdout.startswith("<!-- writ-plan: production -->\n")
    assert json.loads(shown["sarif"].stdout)["version"] == "2.1.0"
    assert json.loads(run_writ("show", "sound", "-format", "gitlab", cwd=saved).stdout) == {
        "create": 1,
        "update": 2,
        "delete": 1,
    }
    assert {form for form, done in shown.items() if done.stderr} == {"human", "gitlab"}, "where findings are apart"
    assert "wording only" in shown["human"].stdout
    assert "wording only" not in run_writ("show", "-full", "p", cwd=saved).stdout


FORMS = ("human", "json", "markdown", "sarif", "gitlab")


@pytest.mark.parametrize("form", FORMS)
def test_a_form_of_what_is_no_plan(form: str, tmp_path: Path) -> None:
    (tmp_path / "p").write_text("no plan")
    done = run_writ("show", "p", "-format", form, "-fail-on", "drift", cwd=tmp_path)
    assert done.returncode == 1
    assert "W620" in done.stdout + done.stderr


@pytest.mark.parametrize("form", FORMS)
def test_the_gate(form: str, tmp_path: Path) -> None:
    save_plan(plan([removed("rogue"), created("new")]), tmp_path / "p")
    tripped = run_writ("show", "p", "-format", form, "-fail-on", "drift,unmanaged", cwd=tmp_path)
    assert tripped.returncode == 3
    assert tripped.stderr.splitlines()[-1] == 'Failed on unmanaged (payments.aws_iam_role["rogue"]).'
    passed = run_writ("show", "p", "-format", form, "-fail-on", "drift", "-fail-on", "widening", cwd=tmp_path)
    assert (passed.returncode, passed.stderr) == (0, "")


def test_an_error_wins(saved: Path) -> None:
    done = run_writ("show", "p", "-fail-on", "widening,may-widen,guardrail,unmanaged,drift", cwd=saved)
    assert done.returncode == 1
    line = done.stderr.splitlines()[-1]
    assert line.startswith("Failed on widening (")
    for word in ("may-widen (", "guardrail (W310 specs/agents.yaml:12:7)", "unmanaged (", "drift ("):
        assert f"; {word}" in line


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("-fail-on", "widenig"),
            "'widenig' is none of widening, may-widen, guardrail, escalation, unmanaged, drift. Did you mean",
        ),
        (("-fail-on", "drift,"), "'' is none of"),
        (("-fail-on", "drift,Widening"), "Did you mean 'widening'?"),
        (("-format", "html"), "'html' is not one of"),
        (("-json", "-format", "sarif"), "-json and -format sarif: which of the two?"),
    ],
)
def test_a_wrong_word_is_a_wrong_use(arguments: tuple[str, ...], says: str, saved: Path) -> None:
    for command in (("show", "p"), ("plan",)):
        done = run_writ(*command, *arguments, cwd=saved)
        assert done.returncode == 1
        assert says in done.stderr
        assert done.stdout == ""


def test_json_and_its_long_form_are_one(saved: Path) -> None:
    assert run_writ("show", "p", "-json", "-format", "json", cwd=saved).returncode == 0


@pytest.mark.parametrize("form", ["json", "markdown", "sarif", "gitlab"])
def test_plan_prints_at_most_one_document_where_something_is_in_the_way(form: str, tmp_path: Path) -> None:
    copy_specs("quickstart", tmp_path / "specs")
    file = tmp_path / "specs" / "agents.yaml"
    file.write_text(file.read_text().replace("issuer: cluster", "issuer: clutser"))
    done = run_writ("plan", "-format", form, "-fail-on", "widening", cwd=tmp_path)
    assert done.returncode == 1
    assert ("W204" in done.stdout) is (form != "gitlab")
    if form == "gitlab":
        assert done.stdout == "", "zeros would read as no changes"
    elif form != "markdown":
        json.loads(done.stdout)
    if form == "sarif":
        (result,) = json.loads(done.stdout)["runs"][0]["results"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "specs/agents.yaml"
        assert file.read_text().splitlines()[place["region"]["startLine"] - 1].find("clutser") >= 0


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_printed_holds_no_command_of_a_log(text: str, tmp_path: Path) -> None:
    save_plan(hostile(text), tmp_path / "p")
    for form in FORMS:
        done = run_writ("show", "p", "-format", form, "-fail-on", "widening,drift,guardrail", cwd=tmp_path)
        for line in (done.stdout + done.stderr).splitlines():
            assert not line.lstrip().startswith("::"), form
            assert "##[" not in line, form
            assert "##vso[" not in line, form
            assert "\x1b" not in line, form


NAMES = (
    "::error::a.yaml",
    "a\n::add-mask::b.yaml",
    "##[add-mask]c.yaml",
    "<!-- writ-plan: production -->.yaml",
    "```\n# @all.yaml",
    "\x1b[2J\u202e.yaml",
)


@pytest.mark.parametrize("form", FORMS)
def test_files_of_a_hostile_pull_request(form: str, tmp_path: Path) -> None:
    """Their names and what they say stand in findings."""
    copy_specs("quickstart", tmp_path / "specs")
    for index, name in enumerate(NAMES):
        wrong = json.dumps(f"{name}\n::set-output name=x::{index}")
        text = f"apiVersion: writ/v1\nkind: Agent\nmetadata: {{name: {wrong}}}\nspec: {{owner: {wrong}, {wrong}: 1}}\n"
        (tmp_path / "specs" / name).write_text(text)
    done = run_writ("plan", "-format", form, cwd=tmp_path)
    assert done.returncode == 1
    shown = done.stdout + done.stderr
    assert "W107" in shown
    for line in shown.splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
        assert "\x1b" not in line
        assert "\u202e" not in line
    if form == "markdown":
        assert shown.count("<!--") == 1


def test_the_schemas(tmp_path: Path) -> None:
    assert json.loads(run_writ("schema", "plan", cwd=tmp_path).stdout) == plan_schema()
    assert run_writ("schema", cwd=tmp_path).stdout == run_writ("schema", "specs", cwd=tmp_path).stdout
    assert "Agent" in run_writ("schema", cwd=tmp_path).stdout


@pytest.mark.parametrize("named", [("-environment", "quickstart"), ()])
def test_errors_leave_the_comment_its_name_and_nothing_passed(tmp_path: Path, named: tuple[str, ...]) -> None:
    copy_specs("quickstart", tmp_path / "specs")
    agents = tmp_path / "specs" / "agents.yaml"
    agents.write_text(agents.read_text().replace("orders.read", "orders.reed"))
    made = run_writ("plan", "specs", *named, "-format", "markdown", "-fail-on", "widening", cwd=tmp_path)
    assert made.returncode == 1
    assert made.stdout.startswith("<!-- writ-plan: quickstart -->\n")
    assert "Passed" not in made.stdout
    assert "- Not judged: with errors nobody knows what holds\n" in made.stdout
