"""That a sandbox is to end can be said by a signal's handler, whatever its thread is doing."""

from __future__ import annotations

import subprocess
import sys

from reconciler.sandbox.ending import Ending

# In a process of its own: whoever takes a lock twice stands still for good.
STORM = """
import signal, sys, time
from reconciler.sandbox.ending import Ending

said = [Ending()]
signal.signal(signal.SIGALRM, lambda *_: said[0].set())
until = time.monotonic() + 1.5
while time.monotonic() < until:
    said[0].close()
    said[0] = Ending()
    signal.setitimer(signal.ITIMER_REAL, 0.00002)
    while not said[0].wait(0.00001):
        pass
"""


def test_a_handler_says_it_while_its_thread_waits() -> None:
    subprocess.run([sys.executable, "-c", STORM], timeout=30, check=True)


def test_it_is_waited_for_until_it_is_said() -> None:
    ending = Ending()
    assert not ending.wait(0.001)
    assert not ending.is_set()
    ending.set()
    assert ending.is_set()
    assert all(ending.wait(30) for _ in range(2))
    ending.close()
    assert ending.wait(30)
    ending.set()
