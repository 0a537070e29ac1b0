"""Walking the graph in parallel: a bound for each system, failures contained, every outcome recorded."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Protocol

from reconciler.engine.graph import Order, Phase, Step, order
from reconciler.engine.session import GLANCE, Session
from reconciler.engine.step import StepRunner, Unconfirmed
from reconciler.model import ApplyResult, Change, Outcome, Plan, StepEvent
from reconciler.provider import ProviderError, UnknownOutcome, fenced
from specs.diagnostic import Diagnostic, error

_FIRST = "mend what failed: the next run does this step"
_AGAIN = "run it again: it does what is left"
DEFAULT_PARALLELISM = 10
"""Steps at once over all systems, as Terraform's ``-parallelism``."""


class Recorder(Protocol):
    """Where a run is recorded (the state): each step before its call and after it. Raises RecordFailed when it can't
    write.
    """

    def begin(self, steps: Sequence[tuple[Change, Phase]]) -> None:
        """These steps' calls are about to be made: should nothing more be recorded of them, nobody knows what they did.

        Where this fails none of them is made.
        """
        ...

    def ended(self, steps: Sequence[Ended]) -> None:
        """What these steps did, or that nobody knows."""
        ...


@dataclass(frozen=True, slots=True)
class Ended:
    """A step that isn't in flight any more."""

    change: Change
    event: StepEvent
    native_id: str = ""
    """The server's id of what is there then (Live.native_id)."""
    known: bool = True
    """False where nobody knows what its call did: it stays begun, until somebody has looked."""


class RecordFailed(Exception):  # noqa: N818
    """The state could not be written: ``diagnostic`` says why. What was done stays done."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


Listener = Callable[[StepEvent], None]


def apply_plan(
    plan: Plan,
    session: Session,
    recorder: Recorder,
    listen: Listener,
    *,
    interrupted: Callable[[], bool],
    held: Callable[[], bool] = lambda: True,
    parallelism: int = DEFAULT_PARALLELISM,
) -> ApplyResult:
    """Do all steps. What fails stops only what depends on it. No call that writes is sent once ``held`` says no.

    Once ``interrupted`` says yes, the calls in flight are finished and recorded, and nothing new is started.
    """
    return _Walk(plan, session, recorder, listen, held, parallelism).run(interrupted)


class _Walk:
    """One apply. Workers only make calls, and tell of retries; all else happens in the calling thread.

    The listener hears one event at a time, whichever thread it comes from.
    """

    def __init__(
        self,
        plan: Plan,
        session: Session,
        recorder: Recorder,
        listen: Listener,
        held: Callable[[], bool],
        parallelism: int,
    ) -> None:
        self._changes = plan.by_address()
        self._order: Order = order(plan.changes, session.marks)
        self._session, self._recorder, self._listen = session, recorder, listen
        self._runner = StepRunner(self._retrying)
        self._held = held
        self._limits: Mapping[str, int] = {
            name: min(parallelism, system.provider.write_concurrency) for name, system in session.systems.items()
        }
        self._parallelism = parallelism
        self._waiting = {step: sum(1 for _ in self._order.before(step)) for step in self._order.topological()}
        self._ready: dict[str, deque[Step]] = {name: deque() for name in session.systems}
        """By system, so that starting a step looks at no other that waits."""
        free = [step for step, count in self._waiting.items() if count == 0]
        # Access is taken away as early as the order allows.
        for step in sorted(free, key=lambda step: step.phase is not Phase.DELETE):
            self._ready_of(step).append(step)
        self._running: dict[Future[str], tuple[Step, float]] = {}
        self._results: dict[Step, StepEvent] = {}
        self._trouble: list[Diagnostic] = []
        self._stopping = False
        self._bug: Exception | None = None
        self._telling = threading.Lock()

    def run(self, interrupted: Callable[[], bool]) -> ApplyResult:
        pool = ThreadPoolExecutor(self._parallelism, thread_name_prefix="apply")
        try:
            while self._running or (any(self._ready.values()) and not self._stopping):
                self._stopping = self._stopping or interrupted()
                self._start(pool)
                self._collect()
        finally:
            # A second interrupt lands here: a call that hangs must not hold the program.
            pool.shutdown(wait=False, cancel_futures=True)
        if self._bug is not None:
            raise self._bug
        real = [step for step in self._waiting if not step.is_gate]
        stopped = interrupted() and len(self._results) < len(real)
        self._skip_rest(real, stopped)
        steps = tuple(self._results[step] for step in real)
        return ApplyResult(steps, stopped, tuple(self._trouble))

    def _start(self, pool: ThreadPoolExecutor) -> None:
        chosen: list[Step] = []
        while not self._stopping and (step := self._next(chosen)) is not None:
            chosen.append(step)
        if not self._begin([(self._changes[step.address], step.phase) for step in chosen if step.calls]):
            return
        for step in chosen:
            self._report(step, Outcome.STARTED)
            self._running[pool.submit(self._perform, step)] = (step, time.monotonic())

    def _begin(self, steps: Sequence[tuple[Change, Phase]]) -> bool:
        """Record what is about to be done; together, for each record is a write to the disk. False: do none of it."""
        if not steps:
            return True
        try:
            self._recorder.begin(steps)
        except RecordFailed as failed:
            self._trouble.append(failed.diagnostic)
            self._stopping = True
        return not self._stopping

    def _next(self, chosen: Sequence[Step]) -> Step | None:
        """A step that may start now, beside those chosen already; systems take turns."""
        for system, ready in self._ready.items():
            if ready and self._has_room(system, chosen):
                self._ready[system] = self._ready.pop(system)
                return ready.popleft()
        return None

    def _has_room(self, system: str, chosen: Sequence[Step]) -> bool:
        if len(self._running) + len(chosen) >= self._parallelism:
            return False
        begun = (*(step for step, _ in self._running.values()), *chosen)
        busy = sum(1 for step in begun if step.address.system == system)
        return busy < self._limits.get(system, 1)

    def _ready_of(self, step: Step) -> deque[Step]:
        return self._ready.setdefault(step.address.system, deque())

    def _perform(self, step: Step) -> str:
        """The server's id of what is there then."""
        if not step.calls:
            return ""
        system, change = self._session.systems[step.address.system], self._changes[step.address]
        with fenced(self._held):
            found = self._runner.run(system, change, step.phase)
        return found.native_id if found is not None else ""

    def _collect(self) -> None:
        if not self._running:
            return
        done, _ = wait(self._running, timeout=GLANCE, return_when=FIRST_COMPLETED)
        ended: dict[Step, Ended] = {}
        for future in done:
            step, started = self._running.pop(future)
            if (how := self._ended(step, time.monotonic() - started, future)) is not None:
                ended[step] = how
        # Together, for each record is a write to the disk, or to another machine.
        self._write_down(tuple(ended.values()))
        for step, how in ended.items():
            self._results[step] = how.event
            self._tell(how.event)
            if how.event.outcome is Outcome.DONE:
                self._done(step)
            else:
                self._skip_downstream(step)

    def _ended(self, step: Step, seconds: float, future: Future[str]) -> Ended | None:
        change = self._changes[step.address]
        try:
            native_id = future.result()
        except ProviderError as failed:
            span = change.origin.span if change.origin else None
            why = error("W601", failed.message, subject=str(step.address), help=failed.help, span=span)
            event = StepEvent(step.address, step.phase, Outcome.FAILED, seconds, why)
            return Ended(change, event, known=not isinstance(failed, UnknownOutcome | Unconfirmed))
        except Exception as bug:  # noqa: BLE001 - raised again once what is in flight is recorded
            self._bug, self._stopping = bug, True
            return None
        return Ended(change, StepEvent(step.address, step.phase, Outcome.DONE, seconds), native_id)

    def _done(self, step: Step) -> None:
        for later in self._order.after(step):
            self._waiting[later] -= 1
            if self._waiting[later] == 0 and later not in self._results:
                self._enqueue(later)

    def _release(self, undone: Step) -> None:
        """What only waited for the order's sake goes on."""
        for later in self._order.released(undone):
            self._waiting[later] -= 1
            if self._waiting[later] == 0 and later not in self._results:
                self._enqueue(later)

    def _enqueue(self, step: Step) -> None:
        if step.is_gate:
            self._done(step)
        elif step.phase is Phase.DELETE:  # as above
            self._ready_of(step).appendleft(step)
        else:
            self._ready_of(step).append(step)

    def _write_down(self, ended: Sequence[Ended]) -> None:
        if not ended:
            return
        try:
            self._recorder.ended(ended)
        except RecordFailed as failed:
            self._trouble.append(failed.diagnostic)
            self._stopping = True

    def _skip_downstream(self, step: Step) -> None:
        for later in self._order.downstream(step):
            if later not in self._results and not later.is_gate:
                because = error(
                    "W602", f"skipped: it depends on {step.address}", subject=str(later.address), help=_FIRST
                )
                self._results[later] = self._report(later, Outcome.SKIPPED, 0.0, because)
                self._release(later)
        self._release(step)

    def _skip_rest(self, steps: Iterable[Step], interrupted: bool) -> None:
        why = "the run was interrupted" if interrupted else "the run was stopped"
        for step in steps:
            if step not in self._results:
                because = error("W603", f"skipped: {why}", subject=str(step.address), help=_AGAIN)
                self._results[step] = self._report(step, Outcome.SKIPPED, 0.0, because)

    def _retrying(self, change: Change, phase: Phase, failed: ProviderError) -> None:
        why = error("W604", failed.message, subject=str(change.address), help=failed.help)
        self._tell(StepEvent(change.address, phase, Outcome.RETRYING, 0.0, why))

    def _report(self, step: Step, outcome: Outcome, seconds: float = 0.0, why: Diagnostic | None = None) -> StepEvent:
        event = StepEvent(step.address, step.phase, outcome, seconds, why)
        self._tell(event)
        return event

    def _tell(self, event: StepEvent) -> None:
        with self._telling:
            try:
                self._listen(event)
            except Exception as failed:  # noqa: BLE001 - raised again once what is in flight is recorded
                self._bug, self._stopping = failed, True
