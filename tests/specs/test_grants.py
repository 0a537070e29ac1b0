"""Who holds what: own intents and those passed on, transitively, each for the time that remains."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from specs import Grant, grants, load, read
from specs.grants import holdings
from tests.specs.bad_input import BASE

AGENT = """---
apiVersion: writ/v1
kind: Agent
metadata: {{name: {name}}}
spec:
  owner: team
  purpose: Works
  identity: {{issuer: cluster, subject: {name}}}
  intents: {intents}
  delegates: {delegates}
"""


def given(folder: Path, *agents: tuple[str, str, str]) -> list[str]:
    made = (AGENT.format(name=name, intents=intents, delegates=delegates) for name, intents, delegates in agents)
    (folder / "a.yaml").write_text(BASE + "".join(made))
    specs = read([str(folder)], today=date(2026, 1, 1))
    assert [one.message for one in specs.diagnostics if one.severity == "error"] == []
    return [text(grant) for grant in grants(specs.catalog)]


def text(grant: Grant) -> str:
    passed = f" from {', '.join(grant.delegators)}" if grant.delegators else ""
    return f"{grant.agent} {grant.intent} {grant.ttl}{passed}"


def test_own_intents(tmp_path: Path) -> None:
    assert given(tmp_path, ("a", "[{name: orders.read, ttl: 5m}]", "[]"), ("b", "[orders.read]", "[]")) == [
        "a orders.read 300",
        "b orders.read 900",
    ]


def test_a_delegation_lasts_as_long_as_the_shorter(tmp_path: Path) -> None:
    found = given(
        tmp_path,
        ("c", "[]", "[]"),
        ("b", "[]", "[{to: c, intents: [orders.read]}]"),
        ("a", "[{name: orders.read, ttl: 10m}]", "[{to: b, intents: [orders.read], ttl: 2m}]"),
    )
    assert found == ["c orders.read 120 from b", "b orders.read 120 from a", "a orders.read 600"]


def test_passed_on_by_several_the_longest_counts_up_to_its_own(tmp_path: Path) -> None:
    found = given(
        tmp_path,
        ("a", "[orders.read]", "[{to: c, intents: [orders.read]}]"),
        ("b", "[{name: orders.read, ttl: 1m}]", "[{to: c, intents: [orders.read]}]"),
        ("c", "[{name: orders.read, ttl: 5m}]", "[{to: d, intents: [orders.read]}]"),
        ("d", "[]", "[]"),
    )
    assert found[2:] == ["c orders.read 300 from a, b", "d orders.read 300 from c"]


def test_passed_on_by_several_the_longest_counts(tmp_path: Path) -> None:
    found = given(
        tmp_path,
        ("a", "[orders.read]", "[{to: c, intents: [orders.read]}]"),
        ("b", "[{name: orders.read, ttl: 1m}]", "[{to: c, intents: [orders.read]}]"),
        ("c", "[]", "[]"),
    )
    assert found[2:] == ["c orders.read 900 from a, b"]


@pytest.mark.parametrize("order", ["abcd", "dcba", "bdac"])
def test_the_order_of_documents_does_not_matter(order: str, tmp_path: Path) -> None:
    agents = {
        "a": (
            "a",
            "[orders.read]",
            "[{to: b, intents: [orders.read], ttl: 9m}, {to: c, intents: [orders.read], ttl: 8m}]",
        ),
        "b": ("b", "[]", "[{to: d, intents: [orders.read]}]"),
        "c": ("c", "[]", "[{to: d, intents: [orders.read]}]"),
        "d": ("d", "[]", "[]"),
    }
    found = given(tmp_path, *(agents[name] for name in order))
    assert {line.split(" from")[0] for line in found} == {
        "a orders.read 900", "b orders.read 540", "c orders.read 480", "d orders.read 540",
    }  # fmt: skip


def test_grants_point_at_where_they_are_given(tmp_path: Path) -> None:
    given(tmp_path, ("a", "[orders.read]", "[{to: b, intents: [orders.read]}]"), ("b", "[]", "[]"))
    specs = read([str(tmp_path)])
    assert [(grant.agent, str(grant.span).rsplit("/", 1)[1]) for grant in grants(specs.catalog)] == [
        ("a", "a.yaml:28:13"),
        ("b", "a.yaml:29:33"),
    ]


def test_cycles_end(tmp_path: Path) -> None:
    agents = [
        ("a", "[orders.read]", "[{to: b, intents: [orders.read]}]"),
        ("b", "[]", "[{to: c, intents: [orders.read]}]"),
        ("c", "[]", "[{to: a, intents: [orders.read]}]"),
    ]
    (tmp_path / "a.yaml").write_text(BASE + "".join(AGENT.format(name=n, intents=i, delegates=d) for n, i, d in agents))
    specs = read([str(tmp_path)])
    assert [one.code for one in specs.diagnostics] == ["W307"]
    assert {name: held["orders.read"].depth for name, held in holdings(specs.catalog).items()} == {
        "a": 0,
        "b": 1,
        "c": 2,
    }


def test_the_cap_itself_is_allowed(tmp_path: Path) -> None:
    chain = [("b0", "[orders.read]", "[{to: b1, intents: [orders.read]}]")]
    chain += [(f"b{n}", "[]", f"[{{to: b{n + 1}, intents: [orders.read]}}]") for n in range(1, 4)]
    assert len(given(tmp_path, *chain, ("b4", "[]", "[]"))) == 5


def test_load_is_what_read_builds_on(tmp_path: Path) -> None:
    given(tmp_path, ("a", "[orders.read]", "[]"))
    assert [document.kind for document in load([str(tmp_path)]).documents] == ["Environment", "Intent", "Agent"]
