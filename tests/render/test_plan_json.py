"""The plan's JSON, its sums, and the schema that `writ schema plan` prints."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.access import Verdict
from reconciler.engine.gate import gate_of
from reconciler.model import Mover
from reconciler.model.gate import Condition
from reconciler.render.plan_json import plan_json
from reconciler.render.plan_schema import plan_schema
from tests.render.plans import GAIN, HOSTILE, LOSS, hostile, plan, row, verdict_row, whole


def strict(node: Any) -> Any:
    """The schema without its leave to have more keys: what the program prints must all be described."""
    if isinstance(node, dict):
        made = {name: strict(value) for name, value in node.items()}
        closed = "properties" in made and isinstance(made["properties"], dict)
        return made | ({"additionalProperties": False} if closed else {})
    return [strict(one) for one in node] if isinstance(node, list) else node


def errors(document: Any) -> list[str]:
    return [
        f"{one.json_path}: {one.message}" for one in Draft202012Validator(strict(plan_schema())).iter_errors(document)
    ]


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(plan_schema())


@pytest.mark.parametrize("text", HOSTILE)
def test_plans_are_valid(text: str) -> None:
    for made in (plan(), whole(), hostile(text)):
        assert errors(json.loads(json.dumps(plan_json(made)))) == []
        assert errors(json.loads(json.dumps(plan_json(made, gate_of(made, Condition))))) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("access_changes", 0, "verdict"), "wider"),
        (("access_changes", 0, "mover"), "somebody"),
        (("access_changes", 0, "gains", 0, "certain"), "yes"),
        (("access_summary", "agents", 0, "changes"), -1),
        (("resource_changes", 0, "action"), "make"),
        (("diagnostics", 0, "code"), "E1"),
        (("format_version",), "2.0"),
        (("systems",), None),
    ],
)
def test_what_is_wrong_is_refused(path: tuple[Any, ...], value: Any) -> None:
    made = json.loads(json.dumps(plan_json(whole())))
    node = made
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = value
    assert not Draft202012Validator(plan_schema()).is_valid(made)


def test_readers_take_keys_that_they_do_not_know() -> None:
    made = plan_json(whole()) | {"ttl_of_tomorrow": []}
    assert Draft202012Validator(plan_schema()).is_valid(json.loads(json.dumps(made)))


def test_a_row() -> None:
    made = plan_json(plan(access=[row("r", gains=[GAIN], loses=[LOSS], notes=["n"], mover=Mover.OUTSIDE, agent="")]))
    assert made["access_changes"] == [
        {
            "mover": "outside",
            "system": "payments",
            "address": 'payments.aws_iam_role["r"]',
            "aspect": "reach",
            "agent": None,
            "intent": "orders.read",
            "verdict": "incomparable",
            "gains": [{"request": "s3:PutObject on arn:aws:s3:::orders/x", "certain": True, "note": ""}],
            "loses": [{"request": "read kv/data/orders/secret", "certain": True, "note": "by its alias"}],
            "notes": ["n"],
        }
    ]


def test_sums_for_each_pair_and_system_and_mover() -> None:
    rows = [
        row("a", gains=[GAIN]),
        row("b", loses=[LOSS], system="vault"),
        row("c", loses=[LOSS], agent="other"),
        row("d", mover=Mover.OUTSIDE),
    ]
    pair = {"mover": "plan", "agent": "support-bot", "intent": "orders.read"}
    assert plan_json(plan(access=rows))["access_summary"] == {
        "agents": [
            {**pair, "verdict": "incomparable", "changes": 2},
            {**pair, "agent": "other", "verdict": "narrows", "changes": 1},
            {**pair, "mover": "outside", "verdict": "equal", "changes": 1},
        ],
        "systems": [
            {"mover": "plan", "system": "payments", "verdict": "incomparable", "changes": 2},
            {"mover": "plan", "system": "vault", "verdict": "narrows", "changes": 1},
            {"mover": "outside", "system": "payments", "verdict": "equal", "changes": 1},
        ],
    }


def test_the_gate_is_told_where_it_was_asked_for() -> None:
    made = plan(access=[verdict_row(Verdict.WIDENS)])
    assert "gate" not in plan_json(made)
    assert plan_json(made, gate_of(made, [Condition.DRIFT, Condition.WIDENING]))["gate"] == {
        "fail_on": ["widening", "drift"],
        "tripped": [{"condition": "widening", "rows": ['payments.aws_iam_role["widens"]']}],
    }
