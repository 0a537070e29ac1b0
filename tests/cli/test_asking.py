"""The question before a run, and a signal meanwhile."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator

import pytest

from reconciler.cli.run import ask
from reconciler.cli.signals import Terminated, terminable
from tests.render.plans import whole


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Where to write what somebody types."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield writing


@pytest.fixture
def deaf() -> Iterator[None]:
    """No signal interrupts a read in this thread, as none does that comes just before it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    yield
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


@pytest.mark.parametrize(("typed", "agreed"), [("yes\n", True), (" yes \n", True), ("y\n", False), ("", False)])
def test_only_yes_will_do(typing: int, typed: str, agreed: bool) -> None:
    os.write(typing, typed.encode())
    os.close(typing)
    assert ask(whole()) is agreed


@pytest.mark.usefixtures("deaf")
def test_a_signal_just_before_the_read_is_heard_without_an_answer(typing: int) -> None:
    def send() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        os.kill(os.getpid(), signal.SIGTERM)

    sending, hangs_up = threading.Timer(0.2, send), threading.Timer(10, os.close, [typing])
    sending.start()
    hangs_up.start()
    try:
        with terminable(), pytest.raises(Terminated):
            ask(whole())
        assert hangs_up.is_alive()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        hangs_up.cancel()
        sending.join()
