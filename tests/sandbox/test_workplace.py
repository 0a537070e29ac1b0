from __future__ import annotations

import stat
import tempfile
from pathlib import Path

import pytest

from reconciler.sandbox.workplace import Workplace
from tests.provider.test_folder import crashed


def test_the_socket_is_out_of_others_reach_and_its_path_short() -> None:
    workplace = Workplace()
    try:
        assert len(str(workplace.socket)) <= 100
        assert stat.S_IMODE(workplace.socket.parent.stat().st_mode) == 0o700
        assert not stat.S_IMODE(workplace.path.stat().st_mode) & 0o066
    finally:
        workplace.remove()
    assert not workplace.path.exists()


def test_the_next_one_removes_what_dead_ones_left_and_spares_the_living(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="w", dir="/tmp") as temporary:
        root = Path(temporary)
        monkeypatch.setattr(tempfile, "tempdir", temporary)
        living = Workplace()
        dead = crashed(root)
        foreign = root / "writ-notes"
        foreign.mkdir()
        (foreign / "lock").touch()
        following = Workplace()
        assert not dead.exists()
        assert set(root.iterdir()) == {living.path, foreign, following.path}
        living.remove()
        following.remove()


def test_too_long_a_tmpdir_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    workplace = Workplace()
    assert workplace.path.parent == Path("/tmp")
    workplace.remove()


def test_removing_twice_is_harmless() -> None:
    workplace = Workplace()
    workplace.remove()
    workplace.remove()
    assert not workplace.path.exists()
