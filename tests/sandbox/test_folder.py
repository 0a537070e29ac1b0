from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.folder import Folder, ServerStatus, Status
from reconciler.state.holder import Noted, note
from tests.provider.test_folder import crashed


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
        (folder.path / "log").touch()
        (folder.path / "status.new").touch()
        (folder.path / "notes").mkdir()
        folder.let_go()  # as the kernel does when the holder dies

        again = Folder(folder.path)
        assert again.claim()
        assert left.wait(5) == -9
        assert innocent.poll() is None
        assert {path.name for path in again.path.iterdir()} == {"lock", "notes"}
        again.release()
        assert [path.name for path in again.path.iterdir()] == ["notes"], "what no sandbox made stays"
        assert Folder(folder.path).claim()
        innocent.kill()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder that nothing may touch."""
    made = tmp_path / "home"
    (made / "notes").mkdir(parents=True)
    (made / ".profile").write_text("mine")
    (made / "status.json").write_text("{}")
    (made / "lock").touch()
    made.chmod(0o755)
    return made


def untouched(home: Path) -> bool:
    names = {path.name for path in home.iterdir()}
    return names == {"notes", ".profile", "status.json", "lock"} and stat.S_IMODE(home.stat().st_mode) == 0o755


@pytest.mark.parametrize("link", [".writ", ".writ/sandbox"])
@pytest.mark.parametrize("leads", ["to a folder", "nowhere"])
def test_a_link_in_its_place_is_refused_and_what_is_behind_it_stays(home: Path, link: str, leads: str) -> None:
    repository = home.parent / "repository"
    (repository / link).parent.mkdir(parents=True)
    if link == ".writ":
        (home.parent / "outer").mkdir()
        home = home.rename(home.parent / "outer" / "sandbox")
    target = home if link == ".writ/sandbox" else home.parent
    (repository / link).symlink_to(target if leads == "to a folder" else target.parent / "gone")
    folder = Folder(repository / ".writ" / "sandbox")
    for use in (folder.claim, lambda: folder.in_use, lambda: folder.status):
        with pytest.raises(SandboxError, match=f"can't use {repository / link}: it is a link") as refused:
            use()
        assert "move away what is in its place" in refused.value.help
    with pytest.raises(SandboxError, match="it is a link"):
        folder.write(folder.connections, "text")
    assert untouched(home)
    assert not (target.parent / "gone").exists()


@pytest.mark.parametrize("name", ["lock", "status.json", "log", "connections.yaml", "status.new"])
def test_a_linked_file_is_not_followed(folder: Folder, home: Path, name: str) -> None:
    folder.path.mkdir(parents=True)
    (folder.path / name).symlink_to(home / "status.json")
    with pytest.raises(SandboxError, match=name):
        folder.claim()
    assert untouched(home)
    assert (home / "status.json").read_text() == "{}"
    assert [path.name for path in folder.path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["lock", "status.json"])
def test_a_pipe_in_a_files_place_is_refused(folder: Folder, name: str) -> None:
    folder.path.mkdir(parents=True)
    os.mkfifo(folder.path / name)
    with pytest.raises(SandboxError, match=name):
        folder.claim()


def test_files_that_no_sandbox_made_here_are_neither_believed_nor_removed(folder: Folder, tmp_path: Path) -> None:
    """As a repository would carry them, a lock of another folder with them."""
    project, other = tmp_path / "project" / "writ-data", Folder(tmp_path / "other" / ".writ" / "sandbox")
    project.mkdir(parents=True)
    (project / "lock").touch()
    other.path.mkdir(parents=True)
    assert other.claim()
    for lock in (b"", (other.path / "lock").read_bytes()):
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as innocent:
            folder.path.mkdir(parents=True, exist_ok=True)
            (folder.path / "lock").write_bytes(lock)
            (folder.path / "status.json").write_text(status(note(innocent.pid), workplace=str(project)).to_json())
            with pytest.raises(SandboxError, match=r"status\.json.* in it was not made by a sandbox of this folder"):
                folder.claim()
            assert innocent.poll() is None
            innocent.kill()
        assert (folder.path / "status.json").exists()
        assert (project / "lock").exists()
    other.release()


@pytest.mark.parametrize("ours", [True, False])
def test_only_a_workplace_that_proves_itself_is_removed(folder: Folder, tmp_path: Path, *, ours: bool) -> None:
    neighbour = crashed(tmp_path, "writ-")
    workplace = crashed(tmp_path, "w-") if ours else tmp_path / "writ-project"
    if not ours:
        workplace.mkdir()
        (workplace / "lock").touch()
    assert folder.claim()
    folder.write_status(status(Noted(7, "then"), workplace=str(workplace)))
    folder.let_go()
    assert folder.claim()
    assert workplace.exists() is not ours
    assert neighbour.exists(), "a status names one folder, and no others beside it"
    folder.release()


def test_another_users_folder_is_refused(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.path.mkdir(parents=True)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(SandboxError, match="another user's"):
        folder.claim()
