"""The documentation names what the program has."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler import registry
from reconciler.cli.main import COMMANDS
from reconciler.model import Class
from reconciler.model.frameworks import EVIDENCE, TITLES
from reconciler.render.inventory_schema import inventory_schema
from reconciler.render.plan_schema import plan_schema

ROOT = Path(__file__).parent.parent


def test_every_code_is_documented_and_no_other() -> None:
    used: set[str] = set()
    for package in ("specs", "reconciler", "providers"):
        for file in (ROOT / package).rglob("*.py"):
            used |= set(re.findall(r"[\"\[](W\d{3})[\"\]]", file.read_text()))
    assert set(re.findall(r"^\| (W\d{3}) \|", (ROOT / "docs" / "diagnostics.md").read_text(), re.MULTILINE)) == used


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [name for name in COMMANDS if f"writ {name}" not in readme] == []


@pytest.mark.parametrize("schema", [plan_schema, inventory_schema])
def test_every_key_of_a_document_is_documented(schema: Callable[[], Any]) -> None:
    said = (ROOT / "docs" / "json.md").read_text()
    assert sorted(name for name in _keys(schema()) if f"`{name}" not in said and f".{name}`" not in said) == []


def test_the_table_of_classes_says_what_each_gives_evidence_for() -> None:
    page = (ROOT / "docs" / "inventory.md").read_text()
    told = re.findall(r"^\| `([\w-]+)` \| .* \| ([\w:, ]+) \|$", page, re.MULTILINE)
    assert dict(told) == {name.value: ", ".join(EVIDENCE[name]) for name in Class}
    assert all(len(name) > 4 and title for name, title in TITLES.items())


def _keys(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = set(node["properties"]) if isinstance(node.get("properties"), dict) else set()
        return own.union(*(_keys(value) for value in node.values()))
    return set[str]().union(*(_keys(value) for value in node)) if isinstance(node, list) else set()


@pytest.mark.parametrize(
    "file", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *(ROOT / "docs").rglob("*.md")]
)
def test_links_lead_somewhere(file: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", file.read_text())
    assert [name for name in targets if "://" not in name and not (file.parent / name).exists()] == []


NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "SECURITY.md").read_text())


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_every_test_that_the_threat_model_names_is_there(file: str, name: str) -> None:
    assert re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE)


def test_every_threat_is_answered_by_a_test() -> None:
    rows = [row for row in (ROOT / "SECURITY.md").read_text().splitlines() if row.startswith("| ")]
    threats = [row for row in rows if not re.search(r"\| (shown by|stands in the way|what it is worth)", row)]
    assert len(threats) > 25
    assert [row for row in threats if "::test_" not in row] == []


def test_which_of_them_are_run_by_make_test_is_said() -> None:
    for file, name in NAMED:
        marks = re.search(rf"((?:^@.*\n(?:[ )].*\n)*)*)^def {name}\(", (ROOT / file).read_text(), re.MULTILINE)
        assert marks is not None
        # A row's dagger stands before its tests, where one of them is thorough.
        row = next(line for line in (ROOT / "SECURITY.md").read_text().splitlines() if f"{file}::{name}" in line)
        assert ("†" in row) is ("mark.thorough" in marks[1]), name


def test_the_catalogue_of_escalations_is_documented_and_no_other() -> None:
    page = (ROOT / "docs" / "escalation.md").read_text()
    told = {row[0]: row[1:] for row in re.findall(r"^\| ([A-Z]\d+) \| (.*) \| (.*) \| (.*) \|$", page, re.MULTILINE)}
    known = {key: rule for name in registry.names() for key, rule in registry.load(name).rules.items()}
    assert told.keys() == known.keys()
    assert all(told[key][2] == rule.source for key, rule in known.items())
    assert all(told[key][0].replace("`", "") == rule.needs for key, rule in known.items())
