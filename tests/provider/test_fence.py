"""What asks before it writes: within a step, in its thread, and all clients."""

from __future__ import annotations

import threading

import pytest

from reconciler.provider import Fenced, fenced, may_write


def test_who_is_in_no_step_may_write() -> None:
    may_write()


def test_within_a_step_the_lock_decides_at_each_call() -> None:
    held = [True, False]
    with fenced(lambda: held.pop(0)):
        may_write()
        with pytest.raises(Fenced, match="not sent"):
            may_write()
    may_write()


def test_a_step_in_another_thread_is_not_held_up() -> None:
    failed: list[BaseException] = []

    def other() -> None:
        try:
            may_write()
        except BaseException as why:  # noqa: BLE001
            failed.append(why)

    with fenced(lambda: False):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert failed == []
