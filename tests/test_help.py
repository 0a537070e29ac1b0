"""Nothing is found wrong without a way out: every place in the code that makes a finding gives its line of help."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from reconciler.provider import Fenced, ProviderError, Unreachable

ROOT = Path(__file__).parents[1]
MAKERS = {"error": "specs.diagnostic", "warning": "specs.diagnostic"}
"""Functions whose ``help`` may be left out. The others (spec_error, complain, report) insist on it, as mypy sees."""


def silent(source: str) -> Iterator[int]:
    """Lines that make a finding without help, or with an empty one."""
    tree = ast.parse(source)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    makers = {name.name for one in imports for name in one.names if MAKERS.get(name.name) == one.module}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in makers:
            given = [word.value for word in node.keywords if word.arg == "help"]
            if not given or (isinstance(given[0], ast.Constant) and not given[0].value):
                yield node.lineno


def test_every_finding_has_help() -> None:
    files = [file for folder in ("specs", "reconciler", "providers") for file in sorted((ROOT / folder).rglob("*.py"))]
    found = [f"{file.relative_to(ROOT)}:{line}" for file in files for line in silent(file.read_text("utf-8"))]
    assert found == []


def test_one_without_it_is_seen() -> None:
    head = "from specs.diagnostic import error\n"
    assert list(silent(f"{head}error('W1', 'x')\nerror('W1', 'x', help='')\nerror('W1', 'x', help='y')\n")) == [2, 3]


def every(kind: type[ProviderError]) -> Iterator[type[ProviderError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from every(one)


def test_whatever_fails_at_a_system_has_a_way_out() -> None:
    plain = [kind for kind in every(ProviderError) if kind is not Fenced]
    assert len(plain) > 6
    assert [kind for kind in plain if not kind("it failed").help] == []
    assert Unreachable("it failed", help="do this").help == "do this"
