from __future__ import annotations

import os
import subprocess
import sys

from reconciler.sandbox.processes import Noted, note, start_of


def test_this_process_is_alive() -> None:
    assert note(os.getpid()).alive


def test_a_recycled_id_is_another_process() -> None:
    assert not Noted(os.getpid(), "an earlier start").alive


def test_an_ended_process_is_not_alive_and_neither_is_its_zombie() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        noted = note(child.pid)
        assert noted.alive
        assert child.stdin is not None
        child.stdin.close()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not noted.alive
    assert start_of(child.pid) == ""


def test_kill_spares_a_process_that_only_has_the_same_id() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        Noted(child.pid, "an earlier start").kill()
        assert child.poll() is None
        note(child.pid).kill()
        assert child.wait(5) == -9


def test_no_process_was_never_alive() -> None:
    assert not Noted(4_000_000, "").alive
