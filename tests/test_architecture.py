"""The import rules bite: each violation planted in a copy of the tree is told, and the tree as it is passes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINT = Path(sys.executable).with_name("lint-imports")

PLANTED = (
    ("reconciler.engine.target", "networkx"),
    ("reconciler.workflow.planning", "networkx"),
    ("specs.fmt", "yaml"),
    ("reconciler.connections", "click"),
    ("reconciler.workflow.specs", "rich"),
    ("reconciler.engine.diff", "rich"),
    ("reconciler.render.plan_text", "reconciler.state.store"),
    ("reconciler.render.drift", "reconciler.engine.apply"),
    ("reconciler.render.values", "reconciler.workflow.planning"),
    ("reconciler.model.plan", "reconciler.engine.diff"),
    ("reconciler.access.comparison", "reconciler.provider"),
    ("reconciler.state.lock", "psycopg"),
    ("reconciler.state.s3", "boto3"),
    ("reconciler.workflow.keeping", "botocore"),
    ("reconciler.audit.journal", "psycopg"),
    ("reconciler.audit.chain", "reconciler.engine.apply"),
    ("reconciler.state.ledger_file", "reconciler.audit.entry"),
    ("reconciler.render.audit", "reconciler.workflow.auditing"),
    ("providers.aws.read", "boto3"),
    ("providers.vault.values", "providers.aws.values"),
    ("providers.postgres.sql", "reconciler.connections"),
    ("providers.postgres.names", "hvac"),
    ("specs.text", "reconciler.model"),
    ("reconciler.render.new", "networkx"),
    ("reconciler.render.new", "click"),
)
"""Into this module, an import of this one."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for package in ("specs", "reconciler", "providers"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(tree: Path) -> tuple[int, str]:
    done = subprocess.run([LINT, "--no-cache"], cwd=tree, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_every_planted_violation_is_told(tree: Path) -> None:
    assert lint(tree)[0] == 0
    for module, imported in PLANTED:
        with (tree / module.replace(".", "/")).with_suffix(".py").open("a") as file:
            file.write(f"\nimport {imported}\n")
    code, told = lint(tree)
    assert code == 1
    assert set(PLANTED) - set(re.findall(r"([\w.]+) -> ([\w.]+) \(l\.", told)) == set(), told


def test_a_new_package_has_to_find_its_layer(tree: Path) -> None:
    (tree / "reconciler" / "foo").mkdir()
    (tree / "reconciler" / "foo" / "__init__.py").write_text("import reconciler.cli\n")
    code, told = lint(tree)
    assert code == 1
    assert "reconciler.foo" in told
