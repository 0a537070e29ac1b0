"""Walking the graph: order, failures, retries, interrupts."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from reconciler.engine.apply import Ended, RecordFailed, apply_plan
from reconciler.engine.cascade import cascade_replacements
from reconciler.engine.graph import CyclicOrder, Phase, order
from reconciler.engine.planner import plan_changes
from reconciler.engine.target import narrowed
from reconciler.model import Applied, ApplyResult, Change, Desired, Origin, Outcome, Plan, Snapshot, State, StepEvent
from reconciler.provider import Denied, Rejected, UnknownOutcome, Unreachable
from specs.diagnostic import error
from tests.memory import MARKS, Memory, MemoryProvider, at, resource, session, wanted


class Recorder:
    def __init__(self, fail_at: str = "", not_begun: str = "") -> None:
        self.done: list[tuple[str, str]] = []
        self.open: set[tuple[str, str]] = set()
        self.fail_at, self.not_begun = fail_at, not_begun

    def begin(self, steps: Sequence[tuple[Change, Phase]]) -> None:
        keys = {(change.address.key, phase.value) for change, phase in steps}
        if self.not_begun in {key for key, _ in keys}:
            raise RecordFailed(error("W610", "disk full"))
        self.open |= keys

    def ended(self, steps: Sequence[Ended]) -> None:
        for one in steps:
            key, phase = one.change.address.key, one.event.phase.value
            if key == self.fail_at:
                raise RecordFailed(error("W610", "disk full"))
            if one.known:
                self.open.discard((key, phase))
            if one.event.outcome is Outcome.DONE:
                self.done.append((key, phase))


def plan_for(memory: Memory, desired: list[Desired], recorded: State | None = None) -> Plan:
    system = session(memory).systems["mem"]
    snapshot: Snapshot = system.provider.read(memory, system.scope, ())
    planned = plan_changes(
        {one.resource.address: one for one in desired},
        {"mem": snapshot},
        recorded or State("test", "", 0, {}, {}),
        MARKS,
    )
    return Plan("test", datetime.now(UTC), "", "", 0, (), planned.changes)


def run(
    memory: Memory, desired: list[Desired], *, interrupted: Callable[[], bool] = lambda: False, **more: Recorder
) -> ApplyResult:
    recorder = more.get("recorder", Recorder())
    return apply_plan(plan_for(memory, desired), session(memory), recorder, lambda event: None, interrupted=interrupted)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.engine.step._FIRST_DELAY", 0.0)


def test_what_is_needed_is_made_first_and_removed_last() -> None:
    memory = Memory()
    desired = [wanted("c", "b", size=1), wanted("b", "a", size=1), wanted("a", size=1)]
    assert run(memory, desired).ok
    assert memory.calls == [("create", "a"), ("create", "b"), ("create", "c")]
    memory.calls.clear()
    memory.parents = {"c": ("b",), "b": ("a",)}
    assert run(memory, []).ok
    assert memory.calls == [("delete", "c"), ("delete", "b"), ("delete", "a")]
    assert memory.objects == {}


def test_a_replaced_parent_is_removed_after_and_made_before_its_child() -> None:
    memory = Memory({"a": {"kind": "x"}, "b": {"kind": "x"}}, {"b": ("a",)})
    desired = [wanted("a", kind="y"), wanted("b", "a", kind="y")]
    assert run(memory, desired).ok
    assert memory.calls == [("delete", "b"), ("delete", "a"), ("create", "a"), ("create", "b")]


def test_an_object_moves_off_its_old_parent_before_that_goes() -> None:
    memory = Memory({"old": {"size": 1}, "child": {"size": 1}}, {"child": ("old",)})
    desired = [wanted("new", size=1), wanted("child", "new", size=2)]
    assert run(memory, desired).ok
    assert memory.calls == [("create", "new"), ("update", "child"), ("delete", "old")]


@pytest.mark.parametrize("stays", [False, True])
def test_what_hangs_on_an_object_goes_before_the_object_is_updated_and_holds_it_up_in_no_case(stays: bool) -> None:
    """What somebody hung on is removed first; where that fails, the update may take away more."""
    memory = Memory({"a": {"size": 1}, "rogue": {"size": 1}}, {"rogue": ("a",)})

    def refuse(verb: str, key: str) -> None:
        if key == "rogue" and stays:
            raise Rejected("no")

    memory.before = refuse
    result = run(memory, [wanted("a", size=2)])
    assert memory.calls == [("delete", "rogue"), ("update", "a")]
    assert {step.address.key: step.outcome for step in result.steps} == {
        "rogue": Outcome.FAILED if stays else Outcome.DONE,
        "a": Outcome.DONE,
    }


def test_a_failure_stops_only_what_depends_on_it() -> None:
    memory = Memory()

    def refuse(verb: str, key: str) -> None:
        if key == "a":
            raise Rejected("no")

    memory.before = refuse
    recorder = Recorder()
    result = run(memory, [wanted("a", size=1), wanted("b", "a", size=1), wanted("c", size=1)], recorder=recorder)
    assert not result.ok
    assert {step.address.key: step.outcome for step in result.steps} == {
        "a": Outcome.FAILED,
        "b": Outcome.SKIPPED,
        "c": Outcome.DONE,
    }
    assert recorder.done == [("c", "create")]
    memory.before = lambda verb, key: None
    assert run(memory, [wanted("a", size=1), wanted("b", "a", size=1), wanted("c", size=1)]).ok


def test_a_transient_failure_is_tried_three_times_at_most() -> None:
    memory = Memory()
    failures = itertools.count()

    def twice(verb: str, key: str) -> None:
        if next(failures) < 2:
            raise Unreachable("down")

    memory.before = twice
    assert run(memory, [wanted("a", size=1)]).ok
    assert len(memory.calls) == 3

    memory = Memory()

    def always(verb: str, key: str) -> None:
        raise Unreachable("down")

    memory.before = always
    assert not run(memory, [wanted("a", size=1)]).ok
    assert len(memory.calls) == 3


def test_a_refusal_is_not_tried_again() -> None:
    memory = Memory()

    def always(verb: str, key: str) -> None:
        raise Rejected("no")

    memory.before = always
    assert not run(memory, [wanted("a", size=1)]).ok
    assert len(memory.calls) == 1


def test_a_lost_reply_is_read_back_before_anything_else() -> None:
    memory = Memory()

    def lost(verb: str, key: str) -> None:
        raise UnknownOutcome("cut")

    memory.after = lost
    assert run(memory, [wanted("a", size=1)]).ok
    assert memory.calls == [("create", "a")]


def test_what_reads_back_otherwise_is_a_failure() -> None:
    memory = Memory()
    memory.after = lambda verb, key: memory.objects[key].update(size=9)
    result = run(memory, [wanted("a", size=1)])
    (step,) = result.of(Outcome.FAILED)
    assert step.diagnostic is not None
    assert "size" in step.diagnostic.message


def test_an_interrupt_finishes_what_runs_and_skips_the_rest() -> None:
    memory = Memory()
    recorder = Recorder()
    result = run(
        memory,
        [wanted("a", size=1), wanted("b", "a", size=1), wanted("c", "b", size=1)],
        interrupted=lambda: bool(memory.calls),
        recorder=recorder,
    )
    assert result.interrupted
    assert recorder.done == [("a", "create")]
    assert {step.address.key for step in result.of(Outcome.SKIPPED)} == {"b", "c"}


def test_a_state_that_cannot_be_written_stops_the_run_and_is_reported() -> None:
    memory = Memory()
    result = run(memory, [wanted("a", size=1), wanted("b", "a", size=1)], recorder=Recorder("a"))
    assert not result.ok
    assert [d.code for d in result.diagnostics] == ["W610"]
    assert "b" not in memory.objects


def test_a_step_is_recorded_before_its_call() -> None:
    memory, recorder = Memory(), Recorder()
    begun: list[bool] = []
    memory.before = lambda verb, key: begun.append((key, verb) in recorder.open)
    run(memory, [wanted("a", size=1), wanted("b", "a", size=1), wanted("c", size=1)], recorder=recorder)
    assert (begun, recorder.open) == ([True] * 3, set())


def test_what_can_not_be_recorded_as_begun_is_not_called() -> None:
    memory = Memory()
    result = run(memory, [wanted("a", size=1), wanted("b", "a", size=1)], recorder=Recorder(not_begun="b"))
    assert memory.objects.keys() == {"a"}
    assert [step.address.key for step in result.of(Outcome.SKIPPED)] == ["b"]
    assert [found.message for found in result.diagnostics] == ["disk full"]


def test_only_a_call_whose_outcome_is_unknown_stays_begun() -> None:
    memory, recorder = Memory(), Recorder()

    def before(verb: str, key: str) -> None:
        if key == "refused":
            raise Rejected("no")
        if key == "lost":
            raise UnknownOutcome("broke off")

    def reading(key: str) -> None:
        if key in {"lost", "unread"}:
            raise Denied("not for you")

    memory.before, memory.reading = before, reading
    run(memory, [wanted("refused", size=1), wanted("lost", size=1), wanted("unread", size=1)], recorder=recorder)
    assert recorder.open == {("lost", "create"), ("unread", "create")}


def test_a_bug_in_a_provider_is_raised_after_the_rest_was_recorded() -> None:
    memory = Memory()

    def bug(verb: str, key: str) -> None:
        if key == "a":
            raise ZeroDivisionError

    memory.before = bug
    with pytest.raises(ZeroDivisionError):
        run(memory, [wanted("a", size=1), wanted("b", "a", size=1)])


def test_objects_that_wait_for_each_other_are_refused() -> None:
    changes = plan_for(Memory(), [wanted("a", "b", size=1), wanted("b", "a", size=1)]).changes
    with pytest.raises(CyclicOrder, match="create"):
        order(changes)


def test_without_the_lock_no_call_is_made_and_what_waits_is_skipped() -> None:
    memory = Memory()
    plan = plan_for(memory, [wanted("a", size=1), wanted("b", "a", size=1)])
    recorder, held = Recorder(), [True, False]
    result = apply_plan(
        plan, session(memory), recorder, lambda event: None, interrupted=lambda: False, held=lambda: held.pop(0)
    )
    assert [step.outcome for step in result.steps] == [Outcome.DONE, Outcome.FAILED]
    assert memory.calls == [("create", "a")]
    failed = result.steps[1].diagnostic
    assert failed is not None
    assert "not sent: this run's lock was taken away" in failed.message
    assert recorder.open == set(), "nothing was done"


def test_writes_to_one_system_never_exceed_its_bound() -> None:
    memory = Memory()
    running, most = 0, 0
    lock = threading.Lock()
    gate = threading.Event()

    def enter(verb: str, key: str) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        gate.wait(0.02)

    def leave(verb: str, key: str) -> None:
        nonlocal running
        with lock:
            running -= 1

    memory.before, memory.after = enter, leave
    assert run(memory, [wanted(f"t{number}", size=1) for number in range(20)]).ok
    assert most == MemoryProvider.write_concurrency


def test_a_removal_comes_before_a_change_of_what_it_stands_on() -> None:
    memory = Memory({"mount": {"size": 1}, "role": {"size": 1}}, {"role": ("mount",)})
    assert run(memory, [wanted("mount", size=2)]).ok
    assert memory.calls == [("delete", "role"), ("update", "mount")]


def test_a_removal_that_reads_back_is_a_failure() -> None:
    memory = Memory({"a": {"size": 1}})
    memory.after = lambda verb, key: memory.objects.update({key: {"size": 1}})
    (step,) = run(memory, []).of(Outcome.FAILED)
    assert step.diagnostic is not None
    assert "still there" in step.diagnostic.message


def test_a_listener_that_fails_loses_no_record() -> None:
    memory = Memory()
    recorder = Recorder()

    def listen(event: StepEvent) -> None:
        if event.outcome is Outcome.DONE:
            raise BrokenPipeError

    plan = plan_for(memory, [wanted(f"t{number}", size=1) for number in range(8)])
    with pytest.raises(BrokenPipeError):
        apply_plan(plan, session(memory), recorder, listen, interrupted=lambda: False)
    assert {key for key, _ in recorder.done} == memory.objects.keys()


def test_a_listener_that_dies_of_a_retry_loses_no_record() -> None:
    memory = Memory()
    failures = itertools.count()

    def once(verb: str, key: str) -> None:
        if next(failures) == 0:
            raise Unreachable("down")

    def listen(event: StepEvent) -> None:
        if event.outcome is Outcome.RETRYING:
            raise BrokenPipeError

    memory.before = once
    recorder = Recorder()
    plan = plan_for(memory, [wanted("a", size=1), wanted("b", "a", size=1)])
    with pytest.raises(BrokenPipeError):
        apply_plan(plan, session(memory), recorder, listen, interrupted=lambda: False)
    assert recorder.done == [("a", "create")]
    assert memory.objects.keys() == {"a"}


def test_the_listener_hears_one_event_at_a_time() -> None:
    memory = Memory()
    tried: set[str] = set()
    hearing = threading.Lock()
    heard: list[Outcome] = []

    def once(verb: str, key: str) -> None:
        if key not in tried:
            tried.add(key)
            raise Unreachable("down")

    def listen(event: StepEvent) -> None:
        assert hearing.acquire(blocking=False), "two at once"
        time.sleep(0.005)
        heard.append(event.outcome)
        hearing.release()

    memory.before = once
    plan = plan_for(memory, [wanted(f"t{number}", size=1) for number in range(12)])
    assert apply_plan(plan, session(memory), Recorder(), listen, interrupted=lambda: False).ok
    assert heard.count(Outcome.RETRYING) == heard.count(Outcome.DONE) == 12


def test_access_is_taken_away_first() -> None:
    memory = Memory({"y": {"size": 1}, "z": {"size": 1}}, {"z": ("y",)})
    plan = plan_for(memory, [wanted("a", size=1), wanted("b", size=1)])
    result = apply_plan(plan, session(memory), Recorder(), lambda event: None, interrupted=lambda: False, parallelism=1)
    assert result.ok
    assert memory.calls == [("delete", "z"), ("delete", "y"), ("create", "a"), ("create", "b")]


def test_a_replacement_of_one_target_takes_what_stands_on_it() -> None:
    memory = Memory({"a": {"kind": "x"}, "b": {"size": 1}, "c": {"size": 1}}, {"b": ("a",), "c": ("a",)})
    desired = [wanted("a", kind="y"), wanted("b", "a", size=1), wanted("c", "a", size=1)]
    kept, unknown = narrowed(cascade_replacements(plan_for(memory, desired).changes), [str(at("b"))], MARKS)
    assert {change.address.key for change in kept} == {"a", "b", "c"}
    assert unknown == ()


def test_a_forgotten_object_is_recorded_without_a_call() -> None:
    memory = Memory()
    recorded = State("test", "L", 1, {at("a"): Applied(resource("a", size=1), Origin("a"))}, {})
    recorder = Recorder()
    result = apply_plan(
        plan_for(memory, [], recorded), session(memory), recorder, lambda event: None, interrupted=lambda: False
    )
    assert result.ok
    assert memory.calls == []
    assert recorder.done == [("a", "record")]


def test_a_removal_that_fails_holds_back_no_change_that_takes_access_away() -> None:
    memory = Memory({"mount": {"size": 9}, "rogue": {"size": 1}}, {"rogue": ("mount",)})

    def refuse(verb: str, key: str) -> None:
        if verb == "delete":
            raise Rejected("it owns something")

    memory.before = refuse
    result = run(memory, [wanted("mount", size=1)])
    assert [step.address.key for step in result.of(Outcome.FAILED)] == ["rogue"]
    assert result.of(Outcome.SKIPPED) == ()
    assert memory.objects["mount"] == {"size": 1}
    assert memory.calls == [("delete", "rogue"), ("update", "mount")]


def test_what_waits_for_a_skipped_removal_goes_on() -> None:
    memory = Memory(
        {"mount": {"size": 9}, "role": {"size": 1}, "rogue": {"size": 1}}, {"role": ("mount",), "rogue": ("role",)}
    )

    def refuse(verb: str, key: str) -> None:
        if key == "rogue":
            raise Rejected("it owns something")

    memory.before = refuse
    result = run(memory, [wanted("mount", size=1)])
    assert [step.address.key for step in result.of(Outcome.SKIPPED)] == ["role"]
    assert memory.objects["mount"] == {"size": 1}
