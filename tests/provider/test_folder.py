from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from reconciler.provider.folder import ClaimedFolder, sweep


def test_what_a_crashed_process_left_is_removed_and_what_is_in_use_stays(tmp_path: Path) -> None:
    crashed, others = tmp_path / "writ-pg-crashed", tmp_path / "another-crashed"
    for folder in (crashed, others):
        folder.mkdir()
        (folder / "lock").touch()
    used = ClaimedFolder(tmp_path, "writ-pg-", 0o700)
    following = ClaimedFolder(tmp_path, "writ-pg-", 0o700)
    assert set(tmp_path.iterdir()) == {others, used.path, following.path}
    used.remove()
    used.remove()
    following.remove()
    assert set(tmp_path.iterdir()) == {others}


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
