"""The words of `inventory`, before any system is touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reconciler.render.inventory_schema import inventory_schema
from tests.servers import copy_specs, run_writ


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--fail-on", "stale,statik"), "'statik' is none of stale, shared, static, over-wide, never-expires"),
        (("--fail-on", "statik"), "Did you mean 'static'?"),
        (("--unused-for", "90"), "'90' is not a time such as 90d or 12h"),
        (("--unused-for", "40000d"), "not a time"),
        (("--unused-for", "-1d"), "not a time"),
        (("--format", "xml"), "'xml' is not one of"),
        (("--json", "--format", "csv"), "which of the two?"),
    ],
)
def test_what_is_no_word_of_it(arguments: tuple[str, ...], told: str, tmp_path: Path) -> None:
    done = run_writ("inventory", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr


@pytest.mark.parametrize("form", ["human", "json", "csv"])
def test_what_stands_in_the_way_is_told_in_every_form(form: str, tmp_path: Path) -> None:
    copy_specs("quickstart", tmp_path / "specs")
    done = run_writ("inventory", "--system", "valt", "-format", form, cwd=tmp_path)
    assert done.returncode == 1
    assert "W651" in done.stdout + done.stderr
    if form == "json":
        document = json.loads(done.stdout)
        assert list(Draft202012Validator(inventory_schema()).iter_errors(document)) == []
        assert (document["errored"], document["systems"], done.stderr) == (True, [], "")


def test_the_schema_is_printed() -> None:
    done = run_writ("schema", "inventory", cwd=Path())
    assert json.loads(done.stdout) == inventory_schema()
