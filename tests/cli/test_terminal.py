"""Colours and the live display: on a terminal, and nowhere else."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path

import pytest

from tests.servers import WRIT, World, copy_specs, run_writ

ESCAPE = "\x1b["
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CURSOR = re.compile(r"\x1b\[(\?25[lh]|[0-9]*[AK])")


def on_terminal(
    *arguments: str, cwd: Path, env: dict[str, str] | None = None, columns: int = 80, answer: str = ""
) -> tuple[int, str]:
    """Run ``writ`` on a terminal of its own. Returns exit code and all that appeared there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    foreign = ("WRIT_", "VAULT_", "AWS_", "PG", "NO_COLOR", "COLUMNS", "TERM", "FORCE_COLOR")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    with subprocess.Popen(
        [*WRIT, *arguments],
        cwd=cwd,
        env=environ | {"TERM": "xterm-256color"} | (env or {}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        os.write(ours, answer.encode())
        shown = _all(ours)
    os.close(ours)
    return process.returncode, shown


def _all(terminal: int) -> str:
    data = b""
    while True:
        try:
            more = os.read(terminal, 65536)
        except OSError:  # EIO: the other side is closed (pty(7))
            return data.decode()
        if not more:
            return data.decode()
        data += more


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    copy_specs("quickstart", tmp_path / "specs")
    file = tmp_path / "specs" / "agents.yaml"
    file.write_text(file.read_text().replace("issuer: cluster", "issuer: clutser"))
    return tmp_path


def test_colours_on_a_terminal(broken: Path) -> None:
    code, shown = on_terminal("validate", cwd=broken)
    assert code == 1
    assert COLOUR.search(shown)
    plain = run_writ("validate", cwd=broken).stderr
    assert COLOUR.sub("", shown).replace("\r\n", "\n") == plain


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        (("-no-color",), {}),
        (("--no-color",), {}),
        ((), {"NO_COLOR": "1"}),
        ((), {"TERM": "dumb"}),
    ],
)
def test_no_colours_where_they_are_not_wanted(broken: Path, arguments: tuple[str, ...], env: dict[str, str]) -> None:
    code, shown = on_terminal("validate", *arguments, cwd=broken, env=env)
    assert code == 1
    assert ESCAPE not in shown


def test_an_empty_no_color_is_none(broken: Path) -> None:
    _, shown = on_terminal("validate", cwd=broken, env={"NO_COLOR": ""})
    assert COLOUR.search(shown)


def test_no_colours_in_a_pipe(broken: Path) -> None:
    done = run_writ("validate", cwd=broken, env={"NO_COLOR": "", "TERM": "xterm-256color"})
    assert ESCAPE not in done.stdout + done.stderr


def test_the_width_of_the_terminal_breaks_no_line(broken: Path) -> None:
    _, wide = on_terminal("validate", "-no-color", cwd=broken, columns=200)
    _, narrow = on_terminal("validate", "-no-color", cwd=broken, columns=20)
    assert wide == narrow
    assert run_writ("validate", cwd=broken, env={"COLUMNS": "20"}).stderr == wide.replace("\r\n", "\n")


def test_plan_and_apply_on_a_terminal(world: World) -> None:
    env = {"WRIT_CONNECTIONS": str(world.connections)}
    world.applied = True
    code, shown = on_terminal("apply", cwd=world.cwd, env=env, answer="yes\n")
    assert code == 0, shown
    assert COLOUR.search(shown)
    assert CURSOR.search(shown), "no live display"
    text = CURSOR.sub("", COLOUR.sub("", shown))
    assert "Enter a value:" in text
    assert "done; now: create" in text
    assert "Creation complete after" in text
    assert "Apply complete! Resources: 29 added" in text
    piped = world.ok("apply", "-auto-approve")
    assert ESCAPE not in piped
    code, shown = on_terminal("plan", "-json", cwd=world.cwd, env=env)
    assert code == 0
    assert ESCAPE not in shown


def test_events_are_lines_where_there_is_no_terminal(world: World) -> None:
    lines = world.apply().splitlines()
    started = [line for line in lines if line.endswith(": Creating...")]
    done = [line for line in lines if re.search(r": Creation complete after \d+\.\ds$", line)]
    assert len(started) == len(done) == 29
    events = world.ok("destroy", "-auto-approve", "-json").splitlines()
    assert all(line.startswith('{"type": ') for line in events)
    assert '"type": "result", "ok": true' in events[-1]
