"""``names``: decoded by the provider of the system, at their place in the YAML."""

from __future__ import annotations

from pathlib import Path

from reconciler.workflow.specs import Request, validate
from tests.servers import copy_specs

_GRANTED = "    - {name: orders.read, ttl: 10m}\n"


def _findings(folder: Path, names: str) -> list[tuple[str, str]]:
    copy_specs("quickstart", folder / "specs")
    agents = folder / "specs" / "agents.yaml"
    text = agents.read_text()
    assert _GRANTED in text
    agents.write_text(text.replace(_GRANTED, f"    - {{name: orders.read, ttl: 10m, names: {names}}}\n"))
    _, _, found = validate(Request((str(folder / "specs"),)))
    return [(one.code, one.message) for one in found]


def test_names_of_objects_that_stood_before(tmp_path: Path) -> None:
    vault = "{role: Orders, policy: orders-read, keeps: [default-policy]}"
    payments = "{role: orders-api, path: /apps/, policy: archive, tags: {team: orders}}"
    assert _findings(tmp_path, f"{{vault: {vault}, payments: {payments}}}") == []


def test_a_system_that_nobody_declares(tmp_path: Path) -> None:
    assert _findings(tmp_path, "{valt: {role: x}}") == [("W223", "system 'valt' is not declared")]


def test_a_system_whose_objects_have_derived_names_only(tmp_path: Path) -> None:
    (found,) = _findings(tmp_path, "{orders-db: {role: x}}")
    assert found[0] == "W223"
    assert "the names that Writ derives" in found[1]


def test_what_no_system_would_take_is_told_where_it_stands(tmp_path: Path) -> None:
    codes = [code for code, _ in _findings(tmp_path, '{vault: {policy: root}, payments: {role: "a b", policy: p}}')]
    assert codes == ["W428", "W431"]
    assert _findings(tmp_path / "2", "{payments: {role: x, policy: p, tags: {'writ:agent': y}}}")[0][0] == "W431"
