from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.provider.folder import ClaimedFolder, remove_abandoned, sweep

_CRASH = """
import os, sys
from pathlib import Path
from reconciler.provider.folder import ClaimedFolder
made = ClaimedFolder(Path(sys.argv[1]), sys.argv[2], 0o700)
(made.path / "data").mkdir()
(made.path / "data" / "rows").touch()
print(made.path, flush=True)
os._exit(9)
"""


def crashed(root: Path, prefix: str = "writ-") -> Path:
    """What a process that claimed a folder and was killed left."""
    done = subprocess.run(
        [sys.executable, "-c", _CRASH, str(root), prefix], capture_output=True, text=True, check=False
    )
    return Path(done.stdout.strip())


def test_what_a_crashed_process_left_is_removed_and_what_is_in_use_stays(tmp_path: Path) -> None:
    left, others = crashed(tmp_path, "writ-pg-"), crashed(tmp_path, "another-")
    used = ClaimedFolder(tmp_path, "writ-pg-", 0o700)
    following = ClaimedFolder(tmp_path, "writ-pg-", 0o700)
    assert not left.exists()
    assert set(tmp_path.iterdir()) == {others, used.path, following.path}
    used.remove()
    used.remove()
    following.remove()
    assert set(tmp_path.iterdir()) == {others}


def test_a_folder_that_somebody_else_made_stays(tmp_path: Path) -> None:
    mine, copied, linked = (tmp_path / f"writ-{name}" for name in ("project", "copy", "link"))
    mine.mkdir()
    (mine / "lock").touch()
    left = crashed(tmp_path, "left-")
    shutil.copytree(left, copied)
    linked.symlink_to(left)
    (tmp_path / "writ-pipe").mkdir()
    os.mkfifo(tmp_path / "writ-pipe" / "lock")
    (tmp_path / "writ-lock").mkdir()
    (tmp_path / "writ-lock" / "lock").symlink_to(left / "lock")
    before = sorted(tmp_path.rglob("*"))
    sweep(tmp_path, "writ-")
    assert sorted(tmp_path.rglob("*")) == before
    remove_abandoned(left)
    assert not left.exists()


def test_a_sweep_while_it_is_made_leaves_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = fcntl.flock

    def swept_before(handle: int, how: int) -> None:
        monkeypatch.setattr("fcntl.flock", lock)
        sweep(tmp_path, "writ-")
        lock(handle, how)

    monkeypatch.setattr("fcntl.flock", swept_before)
    claimed = ClaimedFolder(tmp_path, "writ-", 0o711)
    sweep(tmp_path, "writ-")
    assert list(tmp_path.iterdir()) == [claimed.path]
    assert claimed.path.name.startswith("writ-")
    assert claimed.path.stat().st_mode & 0o777 == 0o711
    claimed.remove()
    assert list(tmp_path.iterdir()) == []
