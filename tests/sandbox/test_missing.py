"""A machine that lacks a system's server: the sandbox does without, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from providers.ldap.local import LocalLdap
from reconciler.sandbox.folder import Folder
from reconciler.sandbox.hosting import options
from reconciler.sandbox.sandbox import Sandbox
from tests.servers import EXAMPLES


def test_its_systems_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LocalLdap, "missing", "slapd isn't installed: apt-get install slapd")
    folder = Folder(tmp_path / "sandbox")
    assert folder.claim()
    said: list[str] = []
    with Sandbox(options((str(EXAMPLES / "directory" / "specs"),), None, 0.0), folder, said.append) as sandbox:
        assert said == ["ldap is left out: slapd isn't installed: apt-get install slapd"]
        assert sandbox.status.servers == ()
        assert "ldap" not in Path(sandbox.status.connections).read_text()
