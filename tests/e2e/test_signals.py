"""Ctrl-C and SIGTERM: at once while nothing is written, with care while something is; the lock goes either way."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import sqlite3
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from reconciler.engine.session import PATIENCE
from tests.e2e.recorder import Recorder
from tests.e2e.wiring import rewired
from tests.servers import WRIT, World
from tests.thorough import sampled

PROMPT = 10.0
"""Seconds within which "at once" is, beside other tests on two cores; what is not waited for takes a minute."""
LOGOUT = "POST /v1/auth/token/revoke-self"
FOREIGN = ("WRIT_", "VAULT_", "AWS_", "PG")


@pytest.fixture
def vault(world: World) -> Iterator[Recorder]:
    """A recorder in front of the world's OpenBao."""
    with Recorder(world.connection("vault")["address"]) as recorder:
        yield recorder


class Terminal:
    """A command on a terminal that is its own: Ctrl-C typed there is a signal."""

    def __init__(self, world: World, vault: Recorder, *arguments: str) -> None:
        world.applied = True
        self._ours, theirs = pty.openpty()
        environ = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        self.process = subprocess.Popen(
            [*WRIT, *arguments],
            cwd=world.cwd,
            env=environ | {"NO_COLOR": "1", "WRIT_CONNECTIONS": rewired(world, vault={"address": vault.url})},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - one system call
        )
        os.close(theirs)
        self.shown = ""

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def read_until(self, text: str = "") -> None:
        """Read until this appears, or to the end."""
        while not text or text not in self.shown:
            try:
                self.shown += os.read(self._ours, 65536).decode()
            except OSError:  # EIO: the other side is closed (pty(7))
                return

    def ends(self, within: float = PROMPT) -> int:
        """Its exit code, which has to come at once. Read meanwhile: a terminal that is full would hold it up."""
        before = time.monotonic()
        self.read_until()
        code = self.process.wait(60)
        assert time.monotonic() - before < within
        assert "Traceback" not in self.shown
        return code

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


@contextmanager
def on_terminal(world: World, vault: Recorder, *arguments: str) -> Iterator[Terminal]:
    made = Terminal(world, vault, *arguments)
    try:
        yield made
    finally:
        vault.released.set()
        made.close()


def locks(world: World) -> int:
    with closing(sqlite3.connect(world.state)) as db:
        (count,) = db.execute("SELECT count(*) FROM locks").fetchone()
        return int(count)


def eventually(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it didn't become so"
        time.sleep(0.02)


@pytest.mark.parametrize(("by_signal", "code"), [(False, 130), (True, 143)], ids=["Ctrl-C", "SIGTERM"])
def test_at_the_question_nothing_is_done(world: World, vault: Recorder, *, by_signal: bool, code: int) -> None:
    with on_terminal(world, vault, "apply") as terminal:
        terminal.read_until("Enter a value:")
        assert locks(world) == 1
        if by_signal:
            terminal.process.send_signal(signal.SIGTERM)
        else:
            terminal.type("\x03")
        assert terminal.ends() == code
    assert "Nothing was done: interrupted." in terminal.shown
    assert "in flight" not in terminal.shown
    assert locks(world) == 0
    assert vault.requests[-1] == LOGOUT


@pytest.mark.parametrize("command", sampled(["apply", "plan", "drift -json"], 2))
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_while_a_system_hangs_nothing_is_waited_for(
    world: World, vault: Recorder, command: str, number: signal.Signals
) -> None:
    vault.hold_after = 0  # the login never gets an answer
    with on_terminal(world, vault, *command.split()) as terminal:
        eventually(lambda: bool(vault.requests))
        terminal.process.send_signal(number)
        assert terminal.ends() == 128 + number
    if command == "apply":
        assert "Nothing was done: interrupted." in terminal.shown
        assert locks(world) == 0
    else:
        assert not world.state.exists()


def opened(process: int, path: Path) -> bool:
    """Whether a process has this file open (proc(5))."""
    for link in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            if link.samefile(path):
                return True
    return False


@pytest.mark.thorough
def test_while_it_waits_for_the_lock_it_stops_at_once(world: World, vault: Recorder) -> None:
    with on_terminal(world, vault, "apply") as holder:
        holder.read_until("Enter a value:")
        with on_terminal(world, vault, "apply", "-auto-approve", "-json", "-lock-timeout", "1h30m") as waiting:
            eventually(lambda: opened(waiting.process.pid, world.state))
            waiting.type("\x03")
            assert waiting.ends() == 130
        (printed,) = re.findall(r"\{.*\}", waiting.shown)
        result = json.loads(printed)
        assert result == {
            "type": "result",
            "ok": False,
            "interrupted": True,
            "done": 0,
            "failed": 0,
            "skipped": 0,
            "by_hand": 0,
            "refused": 0,
        }
        assert locks(world) == 1
        holder.type("no\n")
        assert holder.ends() == 1
    assert locks(world) == 0


def test_sigterm_in_the_middle_finishes_what_is_in_flight(world: World, vault: Recorder) -> None:
    vault.hold_after = 3  # the login and two objects
    with on_terminal(world, vault, "apply", "-auto-approve", "-no-color") as terminal:
        terminal.read_until("Creation complete")
        eventually(lambda: vault.writes > 3)
        terminal.process.send_signal(signal.SIGTERM)
        terminal.read_until("Interrupted: finishing the calls in flight")
        assert terminal.process.poll() is None
        vault.released.set()
        assert terminal.ends() == 130
    assert "skipped: the run was interrupted" in terminal.shown
    assert "Apply incomplete." in terminal.shown
    assert locks(world) == 0
    assert vault.requests[-1] == LOGOUT


def test_a_second_ctrl_c_waits_for_nothing(world: World, vault: Recorder) -> None:
    vault.hold_after = 3
    with on_terminal(world, vault, "apply", "-auto-approve", "-no-color") as terminal:
        terminal.read_until("Creation complete")
        eventually(lambda: vault.writes > 3)
        terminal.type("\x03")
        terminal.read_until("Interrupted: finishing the calls in flight")
        terminal.type("\x03")
        assert terminal.ends(PATIENCE + PROMPT) == 130
    assert "Nothing was done" not in terminal.shown
    assert locks(world) == 0, terminal.shown
