"""What a run writes down of its steps: what it is about to do, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from reconciler.engine.apply import Ended, RecordFailed
from reconciler.engine.graph import Phase
from reconciler.engine.quarantine import lapsed, marked
from reconciler.model import Address, Applied, Change, Deed, Outcome, Outcomes, Plan, Retired, Snapshot
from reconciler.state.errors import StateError
from reconciler.state.heartbeat import Hold
from reconciler.state.lockinfo import whoami
from reconciler.state.store import Store
from reconciler.workflow.chronicle import Chronicle
from specs.diagnostic import error


@dataclass(frozen=True, slots=True)
class Book:
    """The state of a run, and the lock that lets it write there."""

    store: Store
    lock: Hold
    found: Mapping[str, Snapshot] = field(default_factory=dict)
    """What was read for it, by system."""


@dataclass(frozen=True, slots=True)
class RunRecorder:
    """Writes down each step before its call and after it: in the state, and in the audit record."""

    book: Book
    plan: Plan
    chronicle: Chronicle
    retirements: dict[str, Retired]
    """As they are recorded, by name."""

    @property
    def environment(self) -> str:
        """Whose state is written."""
        return self.plan.environment

    def begin(self, steps: Sequence[tuple[Change, Phase]]) -> None:
        """These steps' calls are about to be made. Raises RecordFailed."""
        first, more = steps[0][0].address, f" and {len(steps) - 1} more" if len(steps) > 1 else ""
        with _told(first, f"{first}{more} was not begun"):
            self.book.lock.check()
            self.chronicle.step_begun(steps)
            for change, _ in steps:
                # What undoing needs, before it is the only place where it can be found.
                self._retire(change, done=False)
            begun = [(change.address, phase.value) for change, phase in steps]
            self.book.store.begin(self.environment, begun, whoami(), lock=self.book.lock.id)

    def ended(self, steps: Sequence[Ended]) -> None:
        """These steps were done, or did nothing, or nobody knows. Raises RecordFailed."""
        outcomes = _outcomes(steps, self.plan.retiring)
        try:
            if outcomes.ended:
                with _told(steps[0].change.address, _unrecorded(steps)):
                    for one in steps:
                        if one.event.outcome is Outcome.DONE:
                            self._retire(one.change, done=True)
                        elif one.known:
                            self._lapse(one.change)
                    self.book.store.record(self.environment, outcomes, whoami(), lock=self.book.lock.id)
        finally:
            self.chronicle.steps_ended(steps)

    def _retire(self, change: Change, *, done: bool) -> None:
        row = self.plan.retiring.get(change.address)
        if row is not None:
            recorded = marked(row, self.retirements.get(row.name), change, whoami(), done=done)
            self.book.store.retire(self.environment, recorded, lock=self.book.lock.id)
            self.retirements[row.name] = recorded

    def _lapse(self, change: Change) -> None:
        """A lock that was refused: should somebody else lock it later, that is no quarantine since now."""
        row = self.plan.retiring.get(change.address)
        if row is not None and row.deed is Deed.QUARANTINE and row.name in self.retirements:
            recorded = lapsed(self.retirements[row.name])
            self.book.store.retire(self.environment, recorded, lock=self.book.lock.id)
            self.retirements[row.name] = recorded


def _outcomes(steps: Sequence[Ended], retiring: Collection[Address]) -> Outcomes:
    """A principal that goes is recorded as such, and is none of our objects."""
    made: list[Applied] = []
    gone: list[Address] = []
    undone: list[Address] = []
    for one in steps:
        applied = applied_of(one.change, one.native_id)
        if one.event.outcome is not Outcome.DONE:
            undone += [one.change.address] * one.known
        elif one.change.address in retiring:
            undone.append(one.change.address)
        elif one.event.phase in {Phase.DELETE, Phase.RECORD} or applied is None:
            gone.append(one.change.address)
        else:
            made.append(applied)
    return Outcomes(tuple(made), tuple(gone), tuple(undone))


def _unrecorded(steps: Sequence[Ended]) -> str:
    done = [f"{one.event.phase} of {one.change.address}" for one in steps if one.event.outcome is Outcome.DONE]
    if not done:
        return f"nothing was done to {steps[0].change.address}, which is not recorded"
    return f"{', '.join(done)} {'were' if len(done) > 1 else 'was'} done, but not recorded"


@contextmanager
def _told(address: Address, what: str) -> Iterator[None]:
    try:
        yield
    except StateError as failed:
        message = f"{what}: {failed.message}"
        raise RecordFailed(error(failed.code, message, subject=str(address), help=failed.help)) from failed


def applied_of(change: Change, native_id: str) -> Applied | None:
    """An object as it is recorded, where the change leaves one."""
    if change.after is None or change.origin is None:
        return None
    return Applied(change.after, change.origin, change.depends_on, native_id)
