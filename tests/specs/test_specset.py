"""The whole: digest, strictness, bounds, the order of findings."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from specs import escalate, read
from specs.diagnostic import has_errors
from specs.specset import LIMIT
from tests.specs.bad_input import AGENT, BASE, agent, intent


def put(folder: Path, **files: str) -> str:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return str(folder)


def test_good_specs_have_no_findings(tmp_path: Path) -> None:
    specs = read([put(tmp_path, base=BASE, a=AGENT)])
    assert specs.diagnostics == ()
    assert [*specs.catalog.environments, *specs.catalog.intents, *specs.catalog.agents] == [
        "production", "orders.read", "support-bot",
    ]  # fmt: skip
    access = specs.catalog.intents["orders.read"].value.spec.access[0]
    assert access.block == {"paths": [{"path": "kv/data/orders/x", "capabilities": ["read"]}]}
    assert specs.catalog.environments["production"].value.spec.systems["vault"].settings == {"policy_prefix": "writ-"}


def test_a_spiffe_id_is_the_subject(tmp_path: Path) -> None:
    text = agent('subject: "system:serviceaccount:support:support-bot"', "spiffe: spiffe://example.com/bot")
    specs = read([put(tmp_path, base=BASE, a=text)])
    assert specs.diagnostics == ()
    assert specs.catalog.agents["support-bot"].value.spec.identity.subject == "spiffe://example.com/bot"


def test_the_digest_is_of_what_is_said(tmp_path: Path) -> None:
    one, two, three = (tmp_path / name for name in "abc")
    for folder in (one, two, three):
        folder.mkdir()
    first = read([put(one, a=BASE, b=AGENT)]).digest
    head, _, tail = AGENT.partition("spec:\n")
    assert read([put(two, x=f"# comment\nspec:\n{tail}{head}---\n{BASE}")]).digest == first
    assert read([put(three, a=BASE, b=agent("10m", "9m"))]).digest != first
    assert len(first) == 64


def test_reviews_are_due_on_their_day(tmp_path: Path) -> None:
    path = put(tmp_path, base=BASE, a=agent("  purpose", "  review_by: 2027-03-31\n  purpose"))
    assert read([path], today=date(2027, 3, 31)).diagnostics == ()
    (found,) = read([path], today=date(2027, 4, 1)).diagnostics
    assert (found.code, found.message) == ("W330", "review was due on 2027-03-31, 1 day ago")
    assert not has_errors([found])
    assert has_errors(escalate([found]))


def test_other_warnings_stay_warnings(tmp_path: Path) -> None:
    text = agent("  intents: [{name: orders.read, ttl: 10m}]\n", "")
    specs = read([put(tmp_path, base=BASE, a=text)])
    assert [one.code for one in specs.diagnostics] == ["W331"]
    assert not has_errors(escalate(specs.diagnostics))


def test_findings_are_bounded_and_none_is_forgotten(tmp_path: Path) -> None:
    parts = [agent("ttl: 10m", "ttl: 1w").replace("support-bot", f"bot-{number}") for number in range(250)]
    specs = read([put(tmp_path, base=BASE, a="---\n".join(parts))])
    assert len(specs.diagnostics) == LIMIT + 1
    assert [one.message for one in specs.diagnostics[-1:]] == ["and at least 150 more"]


def test_errors_count_even_when_only_warnings_are_shown(tmp_path: Path) -> None:
    lonely = agent("  intents: [{name: orders.read, ttl: 10m}]\n", "")
    parts = [lonely.replace("support-bot", f"bot-{number}") for number in range(LIMIT)]
    specs = read([put(tmp_path, base=BASE, a="---\n".join(parts), z=intent("ttl: 15m", "ttl: 0"))])
    assert [one.code for one in specs.diagnostics if one.severity == "error"] == ["W099"]
    assert has_errors(specs.diagnostics)


def test_findings_come_in_the_order_of_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, a=agent("ttl: 10m", "ttl: 20m") + "---\n" + intent("low", "lwo"), b="kind: [", base=BASE)
    monkeypatch.chdir(tmp_path)
    places = [one.span for one in read(["b.yaml", "."]).diagnostics]
    assert places == sorted(place for place in places if place)
    assert len(places) == 3
