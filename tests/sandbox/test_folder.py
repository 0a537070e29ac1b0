from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.sandbox.folder import Folder, ServerStatus, Status
from reconciler.state.holder import Noted, note


def status(supervisor: Noted, *processes: Noted, workplace: str = "/nowhere/writ-x") -> Status:
    server = ServerStatus("test", "vault", "vault", "OpenBao", "http://127.0.0.1:1", processes)
    return Status(
        supervisor, workplace, "/nowhere/control", "/c.yaml", ("specs",), "http://127.0.0.1:2", "", True, (server,)
    )


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / ".writ" / "sandbox")


def test_status_survives_the_file(folder: Folder) -> None:
    written = status(note(os.getpid()), Noted(7, "then"))
    assert folder.claim()
    folder.write_status(written)
    assert folder.status == written
    folder.release()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"version": 99}', '{"version": 1}', '{"version": 1, "x": 1}'])
def test_a_torn_status_is_none(text: str) -> None:
    assert Status.from_json(text) is None


def test_only_its_owner_reads_it(folder: Folder) -> None:
    assert folder.claim()
    folder.write_status(status(note(os.getpid())))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder.path, *folder.path.iterdir())}
    assert modes == {"sandbox": 0o700, "lock": 0o600, "status.json": 0o600}
    folder.release()


def test_one_holder_at_a_time(folder: Folder) -> None:
    other = Folder(folder.path)
    assert folder.claim()
    assert other.in_use
    assert not other.claim()
    folder.release()
    assert not other.in_use
    assert other.claim()
    other.release()
    assert not folder.path.exists()


def test_a_claim_removes_what_a_crash_left_and_spares_recycled_ids(folder: Folder) -> None:
    assert folder.claim()
    with (
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as left,
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as innocent,
    ):
        folder.write_status(status(Noted(os.getpid(), "before"), note(left.pid), Noted(innocent.pid, "before")))
        (folder.path / "connections.yaml").touch()
        (folder.path / "odd").mkdir()
        folder.let_go()  # as the kernel does when the holder dies

        again = Folder(folder.path)
        assert again.claim()
        assert left.wait(5) == -9
        assert innocent.poll() is None
        assert [path.name for path in again.path.iterdir()] == ["lock"]
        again.release()
        innocent.kill()
