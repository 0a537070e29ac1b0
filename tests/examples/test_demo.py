"""``make demo`` from end to end, and however it is interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import EXAMPLES, processes_of

DEMO = (sys.executable, str(EXAMPLES / "demo" / "demo.py"))


@pytest.fixture
def place() -> Iterator[Path]:
    """The demo's temporary directory: short, because a socket's path is, and empty after it."""
    with tempfile.TemporaryDirectory(prefix="w", dir="/tmp") as temporary:
        Path(temporary).chmod(0o711)
        yield Path(temporary)


def start(place: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        DEMO,
        env=os.environ | {"TMPDIR": str(place)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def assert_nothing_left(place: Path) -> None:
    deadline = time.monotonic() + 10
    while processes_of(place) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_of(place) == []
    assert list(place.iterdir()) == []


def test_all_is_as_announced(place: Path) -> None:
    with start(place) as demo:
        printed, _ = demo.communicate(timeout=120)
    assert demo.returncode == 0, printed
    assert "All was as announced." in printed
    excerpt = (EXAMPLES.parent / "README.md").read_text().partition("```text\n")[2].partition("```")[0]
    shown = [line.strip() for line in excerpt.splitlines() if line.strip() not in {"", "…"}]
    said = {line.strip() for line in printed.splitlines()}
    assert [line for line in shown if line not in said and "All was" not in line] == [], "as the README tells it"
    assert_nothing_left(place)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("moment", "group", "number"),
    [
        pytest.param("writ sandbox up", True, signal.SIGINT, marks=pytest.mark.thorough),
        pytest.param("writ validate", False, signal.SIGTERM, marks=pytest.mark.thorough),
        ("writ apply", False, signal.SIGINT),
        pytest.param("bao read", True, signal.SIGHUP, marks=pytest.mark.thorough),
    ],
)
def test_interrupting_leaves_nothing(place: Path, moment: str, group: bool, number: signal.Signals) -> None:
    with start(place) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if moment in line:
                break
        time.sleep(0.3)
        if group:
            os.killpg(demo.pid, number)
        else:
            demo.send_signal(number)
        printed = demo.stdout.read()
        demo.wait(30)
    assert demo.returncode == 130, printed
    assert "Interrupted: everything that was started is stopped." in printed
    assert "failed" not in printed
    assert_nothing_left(place)


@pytest.mark.parametrize("after", [0.1, 0.25, 0.4])
def test_a_change_of_mind_in_the_first_moment_is_no_traceback(place: Path, after: float) -> None:
    with start(place) as demo:
        time.sleep(after)
        demo.send_signal(signal.SIGINT)
        printed, _ = demo.communicate(timeout=30)
    # Before Python listens to it, the signal itself ends the program: a shell says 130 of that too.
    assert (demo.returncode, printed) == (-signal.SIGINT, "") or demo.returncode == 130, printed
    assert "Interrupted: " in printed or not printed
    assert "Traceback" not in printed
    assert_nothing_left(place)


@pytest.mark.thorough
def test_killing_it_leaves_no_process_and_the_next_one_sweeps(place: Path) -> None:
    with start(place) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "writ plan" in line:
                break
        demo.kill()
    deadline = time.monotonic() + 20
    while processes_of(place):
        assert time.monotonic() < deadline, processes_of(place)
        time.sleep(0.05)
    left = set(place.glob("writ-*"))
    assert any(folder.name.startswith("writ-demo-") for folder in left)
    with start(place) as again:
        assert again.stdout is not None
        for line in again.stdout:
            if "writ validate" in line:
                break
        still = {folder for folder in left if folder.exists()}
        again.send_signal(signal.SIGINT)
        again.communicate(timeout=30)
    assert still == set(), "the next demo removes what a killed one left"
    assert_nothing_left(place)
