from __future__ import annotations

from pathlib import Path

from reconciler.provider.folder import ClaimedFolder


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
