"""Guardrails over the specs alone: whom they are about, what they require and keep apart, whom they let off."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from specs import read
from specs.diagnostic import Diagnostic
from specs.glob import matches
from specs.grants import holdings
from specs.guardrails import Selection
from specs.selection import _owns, selected

TODAY = date(2026, 6, 1)
SPECS = """apiVersion: writ/v1
kind: Environment
metadata: {name: production}
spec:
  issuers: {cluster: {issuer: https://oidc.example.com/cluster, audiences: {vault: vault}}}
  systems: {vault: {provider: vault, policy_prefix: writ-}}
"""
INTENT = """---
apiVersion: writ/v1
kind: Intent
metadata: {{name: {name}}}
spec:
  purpose: Works
  risk: {risk}
  data: internal
  ttl: {ttl}
  access: [{{system: vault, paths: [{{path: kv/data/x, capabilities: [read]}}]}}]
  {more}
"""
AGENT = """---
apiVersion: writ/v1
kind: Agent
metadata: {{name: {name}, labels: {{tier: {name}}}}}
spec:
  owner: {name}-team@example.com
  purpose: Works
  identity: {{issuer: cluster, subject: {name}}}
  intents: {intents}
  delegates: {delegates}
  {more}
"""
GUARDRAIL = """---
apiVersion: writ/v1
kind: Guardrail
metadata: {{name: limits}}
spec: {{{spec}}}
"""
SIGNED = "reason: a migration, approver: ciso@example.com, expires: 2026-12-31"


def intent(name: str, risk: str = "high", more: str = "", ttl: str = "15m") -> str:
    return INTENT.format(name=name, risk=risk, more=more, ttl=ttl)


def agent(name: str, intents: str, delegates: str = "[]", more: str = "") -> str:
    return AGENT.format(name=name, intents=intents, delegates=delegates, more=more)


def found(folder: Path, *documents: str) -> list[Diagnostic]:
    (folder / "a.yaml").write_text(SPECS + "".join(documents))
    specs = read([str(folder)], today=TODAY)
    return [one for one in specs.diagnostics if one.code != "W331"]


def messages(folder: Path, spec: str, *documents: str) -> list[str]:
    guardrail = GUARDRAIL.format(spec=spec)
    return [f"{one.severity} {one.code} {one.message}" for one in found(folder, *documents, guardrail)]


REQUIRE = "require: [{risk: [high], of: [%s]}]"
APPROVED = "approval: {name: CHG-7, approver: ciso@example.com, date: 2026-05-01}"


@pytest.mark.parametrize(
    ("of", "documents", "expected"),
    [
        ("owner", [intent("a"), agent("x", "[a]"), agent("y", "[a]")], ["intent a has no owner, and x may hold it"]),
        ("owner", [intent("a", more="owner: data@example.com"), agent("x", "[a]")], []),
        ("owner", [intent("a", "low"), agent("x", "[a]")], []),
        ("review_by", [intent("a"), agent("x", "[a]")], ["x has no review_by, and may hold a"]),
        ("review_by", [intent("a"), agent("x", "[a]", more="review_by: 2026-06-01")], []),
        ("approval", [intent("a"), agent("x", "[a]")], ["nobody approved that x has a"]),
        ("approval", [intent("a", more=APPROVED), agent("x", "[a]")], []),
        ("approval", [intent("a"), agent("x", f"[{{name: a, {APPROVED}}}]")], []),
        (
            "approval",
            [intent("a"), agent("x", f"[{{name: a, {APPROVED}}}]", "[{to: y, intents: [a]}]"), agent("y", "[]")],
            ["nobody approved that x passes on a"],
        ),
        (
            "approval",
            [
                intent("a"),
                agent("x", f"[{{name: a, {APPROVED}}}]", f"[{{to: y, intents: [a], {APPROVED}}}]"),
                agent("y", "[]"),
            ],
            [],
        ),
    ],
)
def test_what_must_be_written_down(tmp_path: Path, of: str, documents: list[str], expected: list[str]) -> None:
    assert messages(tmp_path, REQUIRE % of, *documents) == [f"error W311 {one}" for one in expected]


def test_an_overdue_review_is_no_review(tmp_path: Path) -> None:
    late = agent("x", "[a]", more="review_by: 2026-05-31")
    told = messages(tmp_path, REQUIRE % "review_by", intent("a"), late)
    assert "error W311 x was due for review on 2026-05-31, and may hold a" in told


APART = "separate: [[request, approve, pay]]"
THREE = [intent("request"), intent("approve"), intent("pay")]


def test_intents_kept_apart(tmp_path: Path) -> None:
    assert messages(tmp_path, APART, *THREE, agent("x", "[request]"), agent("y", "[approve]")) == []
    told = messages(tmp_path, APART, *THREE, agent("x", "[pay, request]"))
    assert told == ["error W312 x holds both request and pay"]


def test_together_through_a_chain_of_hands(tmp_path: Path) -> None:
    hands = [
        agent("x", "[approve]", "[{to: y, intents: [approve]}]"),
        agent("y", "[]", "[{to: z, intents: [approve]}]"),
        agent("z", "[request]"),
    ]
    [one] = found(tmp_path, *THREE, *hands, GUARDRAIL.format(spec=APART))
    assert one.message == "z holds both request and approve (through x → y → z)"
    assert one.subject == "agents.y.spec.delegates[0].intents[0]"
    assert "guardrail limits at" in one.help
    assert "request is given at" in one.help


def test_the_place_is_where_it_is_given_and_both_are_named(tmp_path: Path) -> None:
    [one] = found(tmp_path, *THREE, agent("x", "[request, approve]"), GUARDRAIL.format(spec=APART))
    lines = (tmp_path / "a.yaml").read_text().split("\n")
    assert one.span is not None
    assert lines[one.span.line - 1][one.span.column - 1 :].startswith("approve")
    for place in (one.help.split(" at ")[1].split(" ")[0], one.help.split(" at ")[2]):
        _, line, column = place.rsplit(":", 2)
        assert lines[int(line) - 1][int(column) - 1 :].startswith(("[request", "request"))


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({}, {"bot-a", "bot-b", "job"}),
        ({"names": ("bot-*",)}, {"bot-a", "bot-b"}),
        ({"owners": ("job-team@*",)}, {"job"}),
        ({"owners": ("JOB-Team@Example.COM",)}, {"job"}),
        ({"labels": {"tier": "bot-a"}}, {"bot-a"}),
        ({"names": ("bot-*",), "owners": ("bot-b*",)}, {"bot-b"}),
        ({"names": ("bot-a",), "delegates": "true"}, {"bot-a", "bot-b", "job"}),
        ({"names": ("nobody",)}, set()),
    ],
)
def test_whom_it_is_about(tmp_path: Path, selection: dict[str, object], expected: set[str]) -> None:
    chain = [
        agent("bot-a", "[a]", "[{to: bot-b, intents: [a]}]"),
        agent("bot-b", "[]", "[{to: job, intents: [a]}]"),
        agent("job", "[]"),
    ]
    assert found(tmp_path, intent("a"), *chain) == []
    catalog = read([str(tmp_path)], today=TODAY).catalog
    assert selected(Selection.model_validate(selection), catalog, holdings(catalog)) == expected


@pytest.mark.parametrize("owner", ["team@example.com", "Team@EXAMPLE.com", "The Team <team@Example.com>"])
def test_an_owner_is_meant_however_it_is_written(owner: str) -> None:
    assert _owns("*@example.com", owner)
    assert not _owns("*@example.org", owner)


def test_a_pattern_is_whole_and_plain() -> None:
    assert matches("a*c", "abc")
    assert matches("*", "")
    assert not matches("a*a", "a")
    assert not matches("a.c", "abc")
    assert not matches("*a*b*", "b-a")


def test_only_selected_agents_are_told_of(tmp_path: Path) -> None:
    both = [agent("x", "[request, pay]"), agent("y", "[request, pay]")]
    told = messages(tmp_path, f"agents: {{names: [y]}}, {APART}", *THREE, *both)
    assert told == ["error W312 y holds both request and pay"]


def test_a_warning(tmp_path: Path) -> None:
    told = messages(tmp_path, f"severity: warn, {APART}", *THREE, agent("x", "[request, pay]"))
    assert told == ["warning W312 x holds both request and pay"]


@pytest.mark.parametrize(
    ("exemption", "expected"),
    [
        ("rule: separate, agent: x", []),
        ("rule: separate, agent: x, intent: pay", []),
        ("rule: separate, intent: request", []),
        ("rule: separate, agent: y", ["error W312"]),
        ("rule: separate, agent: x, intent: approve", ["error W312"]),
        ("rule: require, agent: x", ["error W312"]),
    ],
)
def test_exemptions(tmp_path: Path, exemption: str, expected: list[str]) -> None:
    spec = f"{APART}, exemptions: [{{{exemption}, {SIGNED}}}]"
    told = messages(tmp_path, spec, *THREE, agent("x", "[request, pay]"), agent("y", "[]"))
    assert [" ".join(one.split()[:2]) for one in told] == expected


@pytest.mark.parametrize(
    ("expires", "expected"),
    [
        ("2026-05-31", ["error W312 x holds", "error W316 the exemption from separate expired on 2026-05-31"]),
        ("2026-06-01", ["warning W317 the exemption from separate ends today, on 2026-06-01"]),
        ("2026-07-01", ["warning W317 the exemption from separate ends in 30 days, on 2026-07-01"]),
        ("2026-07-02", []),
        ("2027-06-02", []),
        (
            "2027-06-03",
            ["warning W319 the exemption from separate lasts until 2027-06-03, more than a year"],
        ),
        ("9999-12-31", ["warning W319 the exemption from separate lasts until 9999-12-31, more than a year"]),
    ],
)
def test_exemptions_end(tmp_path: Path, expires: str, expected: list[str]) -> None:
    spec = f"{APART}, exemptions: [{{rule: separate, agent: x, {SIGNED.replace('2026-12-31', expires)}}}]"
    told = messages(tmp_path, spec, *THREE, agent("x", "[request, pay]"))
    assert len(told) == len(expected)
    assert all(one.startswith(other) for one, other in zip(told, expected, strict=True))


def test_a_name_that_no_agent_has_is_told(tmp_path: Path) -> None:
    spec = "separate: [[request, pay]], agents: {names: [%s]}"
    told = messages(tmp_path, spec % "y, x, later-*", *THREE, agent("x", "[request]"))
    assert [one.partition(" is named")[0] for one in told] == ["warning W320 no agent"]
    assert messages(tmp_path, spec % "x", *THREE, agent("x", "[request]")) == []


def test_ttls_of_several_guardrails(tmp_path: Path) -> None:
    strict = GUARDRAIL.format(spec="severity: warn, max_ttl: {high: 5m}").replace("limits", "hint")
    told = messages(tmp_path, "max_ttl: {high: 10m}", intent("a"), agent("x", "[a]"), strict)
    assert told == ["error W302 ttl 15m is over 10m, the most for high risk"]
    told = messages(tmp_path, "max_ttl: {high: 15m}", intent("a"), agent("x", "[a]"), strict)
    assert told == ["warning W302 ttl 15m is over 5m, the most for high risk"]
    spec = f"max_ttl: {{high: 10m}}, exemptions: [{{rule: max_ttl, intent: a, {SIGNED}}}]"
    assert messages(tmp_path, spec, intent("a"), agent("x", "[a]")) == []
