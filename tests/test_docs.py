"""The documentation names what the program has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconciler.cli.main import COMMANDS

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


@pytest.mark.parametrize("file", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
def test_links_lead_somewhere(file: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", file.read_text())
    assert [name for name in targets if "://" not in name and not (file.parent / name).exists()] == []
