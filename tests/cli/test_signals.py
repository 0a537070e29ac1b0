"""A signal is raised again only as long as it may have been dropped."""

from __future__ import annotations

import os
import signal

import pytest

from reconciler.cli.signals import Interrupts, terminable


def test_once_a_second_signal_unwinds_it_is_raised_no_more() -> None:
    said: list[str] = []
    interrupts = Interrupts(said.append)

    def stopped_twice() -> None:
        with interrupts.walking() as stopping:
            os.kill(os.getpid(), signal.SIGINT)
            assert stopping()
            assert signal.getitimer(signal.ITIMER_REAL)[0] == 0, "the first waits for what is in flight"
            os.kill(os.getpid(), signal.SIGINT)

    with terminable(), pytest.raises(KeyboardInterrupt):
        stopped_twice()
    assert len(said) == 1
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0, "it would cut off what gives back the lock"


def test_a_signal_within_the_writing_of_a_line_stops_the_run_all_the_same() -> None:
    def reentered(_: str) -> None:
        raise RuntimeError("reentrant call inside <_io.BufferedWriter name='<stderr>'>")

    with Interrupts(reentered).walking() as stopping:
        os.kill(os.getpid(), signal.SIGINT)
        assert stopping()
