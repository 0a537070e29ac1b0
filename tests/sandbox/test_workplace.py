from __future__ import annotations

import stat
import tempfile
from pathlib import Path

import pytest

from reconciler.sandbox.workplace import Workplace, sweep


def test_the_socket_is_out_of_others_reach_and_its_path_short() -> None:
    workplace = Workplace()
    try:
        assert len(str(workplace.socket)) <= 100
        assert stat.S_IMODE(workplace.socket.parent.stat().st_mode) == 0o700
        assert not stat.S_IMODE(workplace.path.stat().st_mode) & 0o066
    finally:
        workplace.remove()
    assert not workplace.path.exists()


def test_a_sweep_spares_the_living_and_the_unlocked_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    living = Workplace()
    dead = tmp_path / "writ-dead"
    (dead / "data").mkdir(parents=True)
    (dead / "lock").touch()
    foreign = tmp_path / "writ-notes"
    foreign.mkdir()
    sweep(tmp_path)
    assert living.path.exists()
    assert foreign.exists()
    assert not dead.exists()
    living.remove()


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
