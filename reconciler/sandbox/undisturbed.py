"""Cleaning up that a second Ctrl-C doesn't cut short."""

from __future__ import annotations

import threading
from collections.abc import Callable


def undisturbed(work: Callable[[], None]) -> None:
    """Run ``work`` to its end; a KeyboardInterrupt meanwhile is raised afterwards."""
    failures: list[BaseException] = []
    worker = threading.Thread(target=_run, args=(work, failures), name="closing")
    interrupted: KeyboardInterrupt | None = None
    worker.start()
    while worker.is_alive():
        try:
            worker.join(0.1)
        except KeyboardInterrupt as again:
            interrupted = again
    for failure in failures:
        raise failure
    if interrupted is not None:
        raise interrupted


def _run(work: Callable[[], None], failures: list[BaseException]) -> None:
    try:
        work()
    except BaseException as failure:  # noqa: BLE001 - raised again by the waiting thread
        failures.append(failure)
