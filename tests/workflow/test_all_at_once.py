"""One mistake in a document doesn't hide the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.workflow.specs import Request, validate
from tests.servers import copy_specs

MISTAKES = {
    "intents.yaml": (
        ("risk: low", "risk: Low", "W104"),
        ("[SELECT], tables: [public.orders, public.order_items]", "[SELEKT], tables: [public.orders]", "W413"),
        ("capabilities: [read]}]}\n---", "capabilities: [reed]}]}\n---", "W422"),
        ("{system: payments,", "{system: paymints,", "W203"),
    ),
    "agents.yaml": (
        ("purpose: ", "purpose_: ", "W102"),
        ("issuer: ", "issuer: un", "W204"),
        ("name: orders.read", "name: orders.raed", "W202"),
    ),
}


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    copy_specs("quickstart", tmp_path / "specs")
    return tmp_path / "specs"


def codes(specs: Path) -> list[str]:
    return sorted(found.code for found in validate(Request((str(specs),)))[2])


@pytest.mark.parametrize("file", MISTAKES)
def test_all_mistakes_of_a_document_are_told_in_one_run(specs: Path, file: str) -> None:
    path = specs / file
    assert codes(specs) == []
    for old, new, _ in MISTAKES[file]:
        text = path.read_text()
        assert old in text, old
        path.write_text(text.replace(old, new, 1))
    assert codes(specs) == sorted(code for *_, code in MISTAKES[file])


def test_a_name_that_is_none_is_one_mistake(specs: Path) -> None:
    path = specs / "agents.yaml"
    path.write_text(path.read_text().replace("name: orders.read", 'name: "orders read"', 1))
    assert len(codes(specs)) == 1


@pytest.mark.parametrize(
    "broken",
    ["spec: 3", "spec: {access: 3}", "spec: {access: [3, {system: 4}, {system: payments}]}", "spec: {access: {a: b}}"],
)
def test_a_document_of_another_shape_is_no_crash(specs: Path, broken: str) -> None:
    for kind in ("Intent", "Agent", "Guardrail", "Environment"):
        (specs / f"{kind}.yaml").write_text(f"apiVersion: writ/v1\nkind: {kind}\nmetadata: {{name: x}}\n{broken}\n")
    assert set(codes(specs)) >= {"W101"} or set(codes(specs)) >= {"W103"}


def test_delegates_and_their_intents_are_looked_at_too(specs: Path) -> None:
    text = (
        "apiVersion: writ/v1\nkind: Agent\nmetadata: {name: other}\nspec:\n  owner: ''\n  purpose: x\n"
        "  identity: {issuer: nobody, subject: x}\n  intents: [{name: gone}]\n"
        "  delegates: [{to: stranger, intents: [lost]}]\n"
    )
    (specs / "other.yaml").write_text(text)
    assert codes(specs) == sorted(["W105", "W204", "W202", "W205", "W202"])
