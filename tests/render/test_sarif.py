"""SARIF 2.1.0 against OASIS's schema, and GitLab's report.

sarif-schema-2.1.0.json: github.com/oasis-tcs/sarif-spec, sarif-2.1/schema, as it is there.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from reconciler.model import Plan
from reconciler.render.gitlab import gitlab_json
from reconciler.render.sarif import sarif_json
from specs.diagnostic import error, warning
from specs.source import SourceSpan
from tests.render.plans import HOSTILE, SPAN, created, hostile, plan, removed, updated, whole

ROOT = Path(__file__).parents[2]
SCHEMA: Any = json.loads((Path(__file__).parent / "sarif-schema-2.1.0.json").read_text())
VALIDATOR = Draft4Validator(SCHEMA)


def run(made: Plan) -> Any:
    document = json.loads(json.dumps(sarif_json(made)))
    assert [f"{one.json_path}: {one.message}" for one in VALIDATOR.iter_errors(document)] == []
    assert document["version"] == "2.1.0"
    (only,) = document["runs"]
    return only


def test_the_schema_refuses_what_is_wrong() -> None:
    made = sarif_json(whole())
    made["runs"][0]["results"][0]["level"] = "fatal"
    assert not VALIDATOR.is_valid(made)


def test_a_finding_with_a_place_is_a_result_and_any_other_a_notification() -> None:
    found = run(whole())
    (result,) = found["results"]
    assert result["ruleId"] == "W310"
    assert result["level"] == "error"
    assert result["message"]["text"] == "intents.x: guardrail baseline forbids this\nHelp: narrow it"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "specs/agents.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 12, "startColumn": 7, "endColumn": 19},
    }
    (told,) = found["invocations"][0]["toolExecutionNotifications"]
    assert (told["descriptor"]["id"], told["level"]) == ("W505", "warning")
    assert found["invocations"][0]["executionSuccessful"] is False


def test_every_rule_has_words_and_is_referred_to_by_its_place() -> None:
    codes = ("W001", "W104", "W302", "W310", "W331", "W415", "W422", "W435", "W455", "W501", "W610", "W702", "W614")
    found = run(plan(diagnostics=[error(code, "x", span=SPAN, help="do y") for code in codes]))
    rules = found["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted(codes)
    for rule in rules:
        assert rule["shortDescription"]["text"]
        assert rule["help"]["text"].startswith(rule["id"])
        assert "do y" in rule["help"]["text"]
    for result in found["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


DOCUMENTED = re.findall(r"^\| (W\d{3}) \| (.*) \|$", (ROOT / "docs" / "diagnostics.md").read_text(), re.MULTILINE)


@pytest.mark.parametrize(("code", "said"), DOCUMENTED)
def test_a_rule_says_what_its_code_is_documented_to_be_about(code: str, said: str) -> None:
    (rule,) = run(plan(diagnostics=[warning(code, "x", span=SPAN)]))["tool"]["driver"]["rules"]
    told = rule["shortDescription"]["text"]
    whole = re.sub(r"`([^`]*)`", r"'\1'", said)
    assert whole.startswith(told)
    assert re.fullmatch(r"|[:.] .*| \(a? ?warning.*\)|: .*", whole.removeprefix(told)), "not cut in the middle"
    assert rule["fullDescription"]["text"] == f"{told[0].upper()}{told[1:]}."
    assert code in rule["help"]["text"]


def test_a_rule_of_a_provider_that_is_not_ours_claims_nothing() -> None:
    (rule,) = run(plan(diagnostics=[error("W999", "x", span=SPAN)]))["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == "a finding of a provider of which Writ knows no more"


def test_fingerprints_tell_findings_apart_and_outlive_a_moved_line() -> None:
    def prints(*findings: Any) -> list[str]:
        return [one["partialFingerprints"]["writFinding/v1"] for one in run(plan(diagnostics=findings))["results"]]

    here, lower = SPAN, SPAN._replace(line=99, column=1)
    assert prints(error("W310", "a (specs/x.yaml:3:4)", span=here)) == prints(
        error("W310", "a (specs/x.yaml:5:6)", span=lower)
    )
    several = prints(
        error("W310", "a", span=here),
        error("W310", "a", span=here),
        error("W310", "b", span=here),
        error("W311", "a", span=here),
        error("W310", "a", span=here._replace(file="other.yaml")),
        error("W310", "a", subject="s", span=here),
    )
    assert len(set(several)) == len(several)


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("specs/a b.yaml", "specs/a%20b.yaml"),
        ("../x/y.yaml", "../x/y.yaml"),
        ("a:b.yaml", "a%3Ab.yaml"),
        ("/srv/specs/ä.yaml", "file:///srv/specs/%C3%A4.yaml"),
        ("?q#f", "%3Fq%23f"),
    ],
)
def test_files_are_uris(file: str, uri: str) -> None:
    found = run(plan(diagnostics=[warning("W310", "x", span=SourceSpan(file, 1, 1))]))
    assert found["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text(text: str) -> None:
    found = run(hostile(text))
    for told in (*found["results"], *found["invocations"][0]["toolExecutionNotifications"]):
        said = told["message"]["text"]
        assert "\x1b" not in said
        assert "\u202e" not in said
        assert "](" not in said.replace("\\[click](", "").replace("\\[x](", ""), "a link of its own"


def test_gitlabs_report() -> None:
    made = plan([created("a"), created("b"), updated("c", 1, 2), removed("d")])
    assert gitlab_json(made) == {"create": 2, "update": 1, "delete": 1}
