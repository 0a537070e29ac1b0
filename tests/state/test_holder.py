"""Telling a process from a later one, a zombie, and one of another place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.state import holder
from reconciler.state.holder import UNSEEN, Noted, has_ended, note, place, start_of


def test_this_process_is_alive() -> None:
    assert note(os.getpid()).alive
    assert not has_ended(os.getpid(), start_of(os.getpid()))


def test_a_recycled_id_is_another_process() -> None:
    assert not Noted(os.getpid(), "an earlier start").alive
    assert has_ended(os.getpid(), "an earlier start")


def test_an_ended_process_is_not_alive_and_neither_is_its_zombie() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        noted, started = note(child.pid), start_of(child.pid)
        assert noted.alive
        assert not has_ended(child.pid, started)
        assert child.stdin is not None
        child.stdin.close()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not noted.alive
        assert has_ended(child.pid, started)
    assert start_of(child.pid) == ""
    assert has_ended(child.pid, started)


def test_no_process_was_never_alive() -> None:
    assert not Noted(4_000_000, "").alive


def test_an_exit_between_looking_and_reading_is_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(self: Path, *_: object, **__: object) -> str:
        raise ProcessLookupError

    monkeypatch.setattr(Path, "read_text", gone)
    assert start_of(4_000_000) == ""


def test_of_a_process_that_cannot_be_looked_at_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    started = start_of(os.getpid())
    monkeypatch.setattr(holder, "_is_ours", lambda: False)
    assert start_of(os.getpid()) == UNSEEN
    assert not has_ended(os.getpid(), started)
    assert has_ended(4_000_000, UNSEEN)
    monkeypatch.undo()
    assert not has_ended(os.getpid(), UNSEEN)


def test_another_boot_or_another_pid_namespace_is_another_place(monkeypatch: pytest.MonkeyPatch) -> None:
    boot, namespace = place().split(":", 1)
    assert boot == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert namespace == str(Path("/proc/self/ns/pid").readlink())
    noted = note(os.getpid())
    monkeypatch.setattr(holder, "place", lambda: f"another:{namespace}")
    assert not noted.alive
    monkeypatch.setattr(holder, "place", lambda: f"{boot}:pid:[1]")
    assert not noted.alive
