"""One step: what is tried again and what isn't, and how long is waited. No test here waits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.engine import step
from reconciler.engine.graph import Phase
from reconciler.engine.step import ATTEMPTS, StepRunner, Unconfirmed
from reconciler.model import Action, Cause, Change
from reconciler.provider import Denied, ProviderError, Throttled, UnknownOutcome, Unreachable
from tests.memory import Memory, at, live, resource, session

FIRST = step._FIRST_DELAY


@pytest.fixture(autouse=True)
def longest_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step.random, "uniform", lambda low, high: high)


class Run:
    """A runner whose pauses and retries are written down."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.reads = 0
        self.pauses: list[float] = []
        self.retried: list[str] = []
        reading = memory.reading

        def count(key: str) -> None:
            self.reads += 1
            reading(key)

        memory.reading = count

    def do(self, phase: Phase = Phase.CREATE) -> None:
        before = live("a", self.memory.objects["a"]) if "a" in self.memory.objects else None
        after = None if phase is Phase.DELETE else resource("a", size=1)
        change = Change(at("a"), Action.CREATE, Cause.SPEC, before, after)
        runner = StepRunner(lambda change, phase, failed: self.retried.append(failed.message), self.pauses.append)
        runner.run(session(self.memory).systems["mem"], change, phase)


def failing(*failures: ProviderError | None) -> Callable[..., None]:
    """A hook that raises these in turn, and then nothing."""
    left = list(failures)

    def hook(*_: str) -> None:
        if left and (failed := left.pop(0)) is not None:
            raise failed

    return hook


def test_the_pauses_grow() -> None:
    run = Run(Memory(before=failing(Unreachable("1"), Unreachable("2"))))
    run.do()
    assert run.pauses == [FIRST, FIRST * 2]
    assert run.retried == ["1", "2"]


def test_the_last_failure_is_raised_without_another_pause() -> None:
    run = Run(Memory(before=failing(*(Unreachable(str(number)) for number in range(1, 9)))))
    with pytest.raises(Unreachable, match=str(ATTEMPTS)):
        run.do()
    assert len(run.memory.calls) == ATTEMPTS
    assert len(run.pauses) == ATTEMPTS - 1


@pytest.mark.parametrize(("asked", "waited"), [(7.0, 7.0), (0.0, 0.0), (3600.0, step._LONGEST_DELAY)])
def test_what_a_system_asks_to_wait_is_waited_up_to_a_bound(asked: float, waited: float) -> None:
    run = Run(Memory(before=failing(Throttled("slow down", retry_after=asked))))
    run.do()
    assert run.pauses == [waited + FIRST]


def test_after_a_lost_reply_the_reading_is_tried_again_and_the_write_is_not() -> None:
    memory = Memory(after=failing(UnknownOutcome("cut")), reading=failing(Unreachable("1"), UnknownOutcome("2")))
    run = Run(memory)
    run.do()
    assert memory.calls == [("create", "a")]
    assert run.reads == 3
    assert run.pauses == [FIRST, FIRST * 2]
    assert run.retried == []


def test_while_an_outcome_cannot_be_read_nothing_is_written_again() -> None:
    memory = Memory(after=failing(UnknownOutcome("cut")), reading=failing(*[Unreachable("down", help="wait")] * 9))
    run = Run(memory)
    with pytest.raises(UnknownOutcome, match=r"cut; whether it was done is unknown.*down") as failed:
        run.do()
    assert failed.value.help == "wait"
    assert memory.calls == [("create", "a")]
    assert run.reads == ATTEMPTS
    assert run.pauses == [FIRST, FIRST * 2]


def test_an_outcome_that_may_not_be_read_is_unknown_at_once() -> None:
    run = Run(Memory(after=failing(UnknownOutcome("cut")), reading=failing(Denied("no"))))
    with pytest.raises(UnknownOutcome, match="is unknown"):
        run.do()
    assert (run.reads, run.pauses) == (1, [])


def test_what_was_lost_on_the_way_is_written_again() -> None:
    memory = Memory(before=failing(UnknownOutcome("cut")))
    run = Run(memory)
    run.do()
    assert memory.calls == [("create", "a")] * 2
    assert run.retried == ["cut"]
    memory = Memory({"a": {"size": 1}}, before=failing(UnknownOutcome("cut")))
    Run(memory).do(Phase.DELETE)
    assert memory.calls == [("delete", "a")] * 2


def test_confirming_tries_only_the_reading_again() -> None:
    memory = Memory(reading=failing(Unreachable("1"), Throttled("2", retry_after=5.0)))
    run = Run(memory)
    run.do()
    assert memory.calls == [("create", "a")]
    assert run.reads == 3
    assert run.pauses == [FIRST, 5.0 + FIRST * 2]


def test_what_reads_back_otherwise_is_read_again_and_then_fails() -> None:
    memory = Memory(after=lambda verb, key: memory.objects[key].update(size=2))
    run = Run(memory)
    with pytest.raises(Unconfirmed, match="size"):
        run.do()
    assert memory.calls == [("create", "a")]
    assert run.reads == ATTEMPTS
    assert run.pauses == [FIRST, FIRST * 2]


def test_a_system_that_shows_a_write_late_is_waited_for() -> None:
    memory = Memory(after=lambda verb, key: memory.objects[key].update(size=2))
    run = Run(memory)
    counted = memory.reading

    def settle(key: str) -> None:
        counted(key)
        if run.reads == 2:
            memory.objects[key].update(size=1)

    memory.reading = settle
    run.do()
    assert memory.calls == [("create", "a")]
    assert run.reads == 2
