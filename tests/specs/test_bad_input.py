"""Every bad input gives exactly its findings: position, code, message, help; in time; without a traceback."""

from __future__ import annotations

import os
import time
from datetime import date
from pathlib import Path

import pytest

from specs import CODES, SpecSet, read
from tests.specs.bad_input import _INPUTS, GOLDEN, read_golden, table

TODAY = date(2026, 11, 24)
UPDATE = bool(os.environ.get("WRIT_UPDATE_GOLDEN"))
SECRETS = ("hunter2", "CAESIJ", "IOSFODNN7", "MIIEpAIB", "aB3dEf6h", "eyJzdWIi", "0123456789abcdefghij")


def found(files: dict[str, bytes], folder: Path, monkeypatch: pytest.MonkeyPatch) -> SpecSet:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    monkeypatch.chdir(folder)
    return read(["."], today=TODAY)


def lines(specs: SpecSet) -> list[str]:
    made: list[str] = []
    for one in specs.diagnostics:
        place = f"{one.span}: " if one.span else ""
        subject = f" {one.subject}" if one.subject else ""
        made.append(f"{place}{one.severity}[{one.code}]{subject}: {one.message}")
        if one.help:
            made.append(f"  help: {one.help}")
    return made


@pytest.mark.parametrize(("name", "files"), _INPUTS, ids=[name.replace(" ", "-") for name, _ in _INPUTS])
def test_findings(name: str, files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = time.process_time()
    specs = found(files, tmp_path, monkeypatch)
    took = time.process_time() - started
    assert lines(specs) == read_golden().get(name), name
    assert [one for one in specs.diagnostics if not one.help.strip()] == []
    assert took < 3  # a second on a quiet machine
    assert {one.code for one in specs.diagnostics} <= CODES.keys()
    excerpts = [specs.sources.source_line(one.span) or "" for one in specs.diagnostics if one.span]
    shown = "\n".join([*lines(specs), *excerpts])
    assert [secret for secret in SECRETS if secret in shown] == []


def test_every_case_is_in_the_golden_file() -> None:
    names = [case.name for case in table()]
    assert len(names) == len(set(names)) == len(read_golden())
    assert len(names) >= 140


@pytest.mark.skipif(not UPDATE, reason="rewrites the golden file")
def test_update_golden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts: list[str] = []
    for number, (name, files) in enumerate(_INPUTS):
        folder = tmp_path / str(number)
        folder.mkdir()
        body = "".join(f"{line}\n" for line in lines(found(files, folder, monkeypatch)))
        parts.append(f"## {name}\n{body}")
    GOLDEN.write_text("\n".join(parts), "utf-8")
