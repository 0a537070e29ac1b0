"""What a plan opens by what the specs say: no server is asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.connections import Connections
from reconciler.model import Action, Cause, Change, Escalation, Mover, Snapshot, State
from reconciler.workflow.escalating import Moves, escalations, told
from reconciler.workflow.graph import access_graph
from reconciler.workflow.specs import Prepared, Request, prepare
from tests.servers import copy_specs

NOWHERE = Connections(None, {})
DEPLOY = """---
apiVersion: writ/v1
kind: Intent
metadata: {name: functions.deploy}
spec:
  purpose: Deploy a function
  risk: high
  data: internal
  ttl: 10m
  access:
    - system: payments
      statements:
        - actions: [lambda:CreateFunction, lambda:InvokeFunction]
          resources: ["arn:aws:lambda:eu-central-1:123456789012:function:f"]
        - {actions: [iam:PassRole], resources: ["arn:aws:iam::123456789012:role/app/*"]}
"""
CRITICAL = """
  critical:
    - {system: payments, actions: ["s3:*"], resources: ["arn:aws:s3:::payroll/*"]}
"""


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    folder = tmp_path / "specs"
    copy_specs("quickstart", folder)
    return folder


def deploying(specs: Path) -> None:
    (specs / "guardrails.yaml").unlink()  # which forbid iam:*
    agents = specs / "agents.yaml"
    agents.write_text(agents.read_text().replace("    - {name: refunds.issue}", "    - {name: functions.deploy}"))
    with (specs / "intents.yaml").open("a") as file:
        file.write(DEPLOY)


def prepared(specs: Path) -> Prepared:
    return prepare(Request((str(specs),)), NOWHERE)


def opened(specs: Path) -> tuple[Escalation, ...]:
    compiled = prepared(specs).compiled
    assert compiled is not None
    changes = [
        Change(address, Action.CREATE, Cause.SPEC, None, one.resource, origin=one.origin)
        for address, one in compiled.desired.items()
    ]
    snapshots = {name: Snapshot({}) for name in compiled.systems}
    origins = {address: one.origin for address, one in compiled.desired.items()}
    state = State(compiled.environment, "", 0, {}, {})
    return escalations(Moves(compiled.systems, snapshots, compiled.criticals, origins, changes, (), state))


def test_the_quickstart_opens_none(specs: Path) -> None:
    assert opened(specs) == ()


def test_an_intent_that_may_open_one(specs: Path) -> None:
    deploying(specs)
    (one,) = opened(specs)
    assert (one.mover, one.agent, one.target, one.certain) == (
        Mover.PLAN,
        "support-bot",
        "administrator of payments",
        False,
    )
    assert [link.rule for link in one.links] == ["A9"]
    policy = 'payments.aws_iam_role_policy["writ-support-bot_functions.deploy:functions.deploy"]'
    assert one.opened_by == one.closed_by == (policy,)
    (finding,) = told([one], {})
    assert finding.message.startswith(
        "support-bot may come by this plan to administrator of payments: iam:PassRole on "
    )
    assert "[A9] (if a role that it can pass may do more, and trusts the service)" in finding.message
    assert finding.help == f"opened by {policy}; closed by taking back {policy}"
    (unknown,) = told([replace(one, closed_by=())], {})
    assert unknown.help == f"opened by {policy}; no single change is known that closes it"


def test_the_graph_of_the_specs_has_it_and_what_is_critical(specs: Path) -> None:
    deploying(specs)
    with (specs / "environment.yaml").open("a") as file:
        file.write(CRITICAL)
    graph, problems = access_graph(prepared(specs), NOWHERE, live=False)
    assert graph is not None
    assert problems == ()
    assert {one.target for one in graph.escalations} == {"administrator of payments"}, "it is told by that already"
    assert [one.kind.value for one in graph.nodes if one.title == "administrator of payments"] == ["target"]


def test_more_than_a_few_are_counted(specs: Path) -> None:
    deploying(specs)
    (one,) = opened(specs)
    found = list(told([one] * 25, {}))
    assert len(found) == 21
    assert found[-1].message == "5 more new escalation paths aren't told one by one"


@pytest.mark.parametrize(
    ("item", "code", "place"),
    [
        ("{system: paymants, actions: [a]}", "W203", "critical[0].system"),
        ("{system: payments}", "W101", "critical[0]"),
        ("{system: payments, actions: [s3]}", "W432", "critical[0].actions[0]"),
        ("{system: orders-db, tables: [public.orders], what: 1}", "W102", "critical[0]"),
    ],
)
def test_what_is_wrong_with_what_is_critical_has_its_place(item: str, code: str, place: str, specs: Path) -> None:
    with (specs / "environment.yaml").open("a") as file:
        file.write(f"  critical:\n    - {item}\n")
    (finding,) = [one for one in prepared(specs).diagnostics if one.code == code]
    assert place in finding.subject
    assert finding.span is not None
    assert finding.span.file.endswith("environment.yaml")


def test_the_graph_has_who_delegates_to_whom(specs: Path) -> None:
    agents = specs / "agents.yaml"
    text = agents.read_text()
    other = text.replace("support-bot", "summariser").replace("    - {name: refunds.issue}\n", "")
    agents.write_text(f"{text}  delegates: [{{to: summariser, intents: [orders.read]}}]\n---\n{other}")
    graph, problems = access_graph(prepared(specs), NOWHERE, live=False)
    assert graph is not None, problems
    titles = {one.id: one.title for one in graph.nodes}
    found = [(titles[one.source], titles[one.target], one.title) for one in graph.edges if one.kind == "delegates"]
    assert found == [("support-bot", "summariser", "delegates orders.read")]
