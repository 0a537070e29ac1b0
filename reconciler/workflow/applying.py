"""Apply: a plan to converged systems, under the state's lock, every step recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace

from reconciler.audit.journal import Journal
from reconciler.audit.record import NOT_SAID, Circumstances
from reconciler.connections import Connections
from reconciler.engine.apply import DEFAULT_PARALLELISM, Ended, Listener, RecordFailed, apply_plan
from reconciler.engine.graph import Phase
from reconciler.engine.guard import stale_against_state, stale_against_world
from reconciler.engine.refresh import refresh
from reconciler.engine.session import Session
from reconciler.model import (
    Action,
    Address,
    Applied,
    ApplyResult,
    Change,
    Outcome,
    Outcomes,
    Plan,
    Snapshot,
    State,
    SystemRecord,
)
from reconciler.state.errors import LedgerError, LockLost, StateError
from reconciler.state.heartbeat import LEASE, Hold, Lease
from reconciler.state.lock import locked
from reconciler.state.lockinfo import whoami
from reconciler.state.opening import Place, open_store
from reconciler.state.store import Store
from reconciler.workflow.chronicle import Chronicle
from reconciler.workflow.planning import Options, plan_of
from reconciler.workflow.refusing import refused, refused_early
from reconciler.workflow.saved import Watch, out_of_time
from reconciler.workflow.situation import situation
from reconciler.workflow.sound import systems_of
from reconciler.workflow.specs import Prepared
from reconciler.workflow.systems import known_types, logged_in, marks_of, placed, watched
from reconciler.workflow.unfinished import is_settled
from specs.diagnostic import Diagnostic, Severity, error, has_errors

_LOCK_LOST = error("W613", "the lock was taken away while this run waited: nothing was done", help="run it again")


@dataclass(frozen=True, slots=True)
class Console:
    """How a run talks with whoever started it."""

    show: Callable[[Plan], None]
    """The plan, before anything is done."""
    approve: Callable[[Plan], bool]
    """Asks; False means that nothing is done."""
    listen: Listener
    notice: Callable[[str], None]
    walking: Callable[[], AbstractContextManager[Callable[[], bool]]]
    """Entered while steps are done; gives what says whether to begin no more of them."""


@dataclass(frozen=True, slots=True)
class Execution:
    """How to apply."""

    state_place: Place
    lock_timeout: float = 0.0
    parallelism: int = DEFAULT_PARALLELISM
    lease: Lease = LEASE
    circumstances: Circumstances = NOT_SAID
    """For the audit record."""


@dataclass(frozen=True, slots=True)
class Book:
    """The state of a run, and the lock that lets it write there."""

    store: Store
    lock: Hold
    found: Mapping[str, Snapshot] = field(default_factory=dict)
    """What was read for it, by system."""


@dataclass(frozen=True, slots=True)
class Application:
    """What came of it. ``result`` is None where nothing was tried."""

    plan: Plan
    result: ApplyResult | None
    diagnostics: tuple[Diagnostic, ...] = ()
    approved: bool = True


def apply_specs(
    prepared: Prepared, connections: Connections, options: Options, execution: Execution, console: Console
) -> Application:
    """Plan under the lock, show, ask, apply. Raises StateError."""
    if has_errors(prepared.diagnostics):
        with situation(prepared, connections, execution.state_place) as now:
            return Application(plan_of(now, options), None)
    name, operation = prepared.environment, "destroy" if options.destroy else "apply"
    with (
        open_store(execution.state_place, patience=execution.lock_timeout) as store,
        _locked(store, name, operation, execution, console) as mine,
        situation(prepared, connections, execution.state_place) as now,
    ):
        plan = plan_of(now, options)
        console.show(plan)
        how = execution.circumstances
        if plan.errored:
            wrong = [one for one in plan.diagnostics if one.severity is Severity.ERROR]
            return Application(plan, None, refused(plan, store, mine, how, wrong))
        if not plan.is_empty and not console.approve(plan):
            return Application(plan, None, refused(plan, store, mine, how), approved=False)
        found = now.refreshed.snapshots
        return execute(plan, now.session, Book(store, mine, found), now.state, execution, console)


def apply_saved(plan: Plan, connections: Connections, execution: Execution, console: Console) -> Application:
    """Apply exactly this plan, or refuse before the first write. Raises StateError."""
    systems, problems = systems_of(plan)
    watch = Watch()
    if problems or (problems := out_of_time(plan, watch.now())):
        return Application(plan, None, refused_early(plan, execution.state_place, execution.circumstances, problems))
    operation = "destroy" if plan.destroy else "apply"
    with (
        open_store(execution.state_place, patience=execution.lock_timeout) as store,
        _locked(store, plan.environment, operation, execution, console) as mine,
    ):

        def refusal(why: tuple[Diagnostic, ...]) -> Application:
            return Application(plan, None, (*why, *refused(plan, store, mine, execution.circumstances, why)))

        state = store.load(plan.environment)
        if stale := stale_against_state(plan, state):
            return refusal(stale)
        with logged_in(systems, connections) as (session, failed):
            if has_errors(failed):
                return refusal(failed)
            # As for the plan, also where it was narrowed: what is observed hangs on what is recorded.
            wanted, _ = known_types(systems, {*state.objects, *(change.address for change in plan.changes)})
            found = refresh(session, wanted)
            named = {name: binding.provider.named for name, binding in systems.items()}
            moved = (*found.failures, *stale_against_world(plan, found.snapshots, marks_of(systems), named))
            # Waiting for the lock, and reading, take time.
            if has_errors(moved) or (moved := out_of_time(plan, watch.now())):
                return refusal(moved)
            console.show(plan)
            facts = {name: snapshot.facts for name, snapshot in found.snapshots.items()}
            book = Book(store, mine, found.snapshots)
            return execute(plan, session, book, state, execution, console, facts=facts)


def execute(
    plan: Plan,
    session: Session,
    book: Book,
    state: State,
    execution: Execution,
    console: Console,
    *,
    facts: Mapping[str, Mapping[str, str]] | None = None,
) -> Application:
    """Do the plan and record it. The caller took the lock and has shown that nothing moved.

    Nothing is done where the lock was taken away meanwhile (while a person thought, or a system was slow), or where the
    audit record can't take it. ``facts``: who we are in each system now, where the plan doesn't say it.
    """
    try:
        book.lock.renew()
        chronicle = _begun(plan, book, execution, console, plan.facts if facts is None else facts)
    except LockLost:
        return Application(plan, None, (_LOCK_LOST,))
    except LedgerError as failed:
        message = f"nothing was done, for it can't be recorded: {failed.message}"
        return Application(plan, None, (error(failed.code, message, subject=plan.environment, help=failed.help),))
    recorder = _Recorder(book, plan.environment, chronicle)
    with chronicle.kept(), console.walking() as interrupted:
        try:
            _record_found(plan, book, state)
        except LockLost:
            chronicle.ended(ApplyResult((), diagnostics=(_LOCK_LOST,)))
            return Application(plan, None, (_LOCK_LOST,))
        result = apply_plan(
            plan,
            session,
            recorder,
            chronicle.hear,
            interrupted=interrupted,
            held=book.lock.stands,
            parallelism=execution.parallelism,
        )
        result = chronicle.ended(replace(result, by_hand=plan.counts()[Action.BY_HAND]))
    return Application(plan, result)


def _begun(
    plan: Plan, book: Book, execution: Execution, console: Console, facts: Mapping[str, Mapping[str, str]]
) -> Chronicle:
    """The run's first entry in the audit record. Raises LockLost, and LedgerError for whatever else is in the way."""
    try:
        chronicle = Chronicle(Journal(book.store, plan.environment, plan.lineage, book.lock.id), plan, console.listen)
        chronicle.begun(
            execution.circumstances, {name: found["identity"] for name, found in facts.items() if "identity" in found}
        )
    except (LockLost, LedgerError):
        raise
    except StateError as failed:
        raise LedgerError(failed.message, help=failed.help) from failed
    return chronicle


def _locked(
    store: Store, environment: str, operation: str, execution: Execution, console: Console
) -> AbstractContextManager[Hold]:
    timeout, lease = execution.lock_timeout, execution.lease
    return locked(store, environment, operation, timeout=timeout, notice=console.notice, lease=lease)


def _record_found(plan: Plan, book: Book, state: State) -> None:
    """What is there as wanted, but recorded otherwise or not at all; and the systems as they are declared."""
    unwritten = (change for change in plan.changes if change.action in {Action.ADOPT, Action.NO_OP})
    found = [applied for change in unwritten if (applied := _applied(change, _id_before(change))) is not None]
    news = [applied for applied in found if state.objects.get(applied.resource.address) != applied]
    systems = {record.name: _placed(record, plan, book, state) for record in plan.systems}
    settled = [one.address for one in state.unfinished if is_settled(plan, one.address)]
    if settled:
        book.store.settle(plan.environment, settled, lock=book.lock.id)
    if news or systems != dict(state.systems):
        book.store.put_all(plan.environment, tuple(systems.values()), news, whoami(), lock=book.lock.id)


def _placed(record: SystemRecord, plan: Plan, book: Book, state: State) -> SystemRecord:
    known = state.systems.get(record.name)
    # A plan to destroy shows nothing of what changed outside, so it takes nothing of it for known.
    found = {} if plan.destroy else book.found
    return watched(placed(record, plan.facts, known.place if known else ""), found, known)


def _id_before(change: Change) -> str:
    return change.before.native_id if change.before is not None else ""


def _applied(change: Change, native_id: str) -> Applied | None:
    if change.after is None or change.origin is None:
        return None
    return Applied(change.after, change.origin, change.depends_on, native_id)


@dataclass(frozen=True, slots=True)
class _Recorder:
    book: Book
    environment: str
    chronicle: Chronicle

    def begin(self, steps: Sequence[tuple[Change, Phase]]) -> None:
        """These steps' calls are about to be made. Raises RecordFailed."""
        first, more = steps[0][0].address, f" and {len(steps) - 1} more" if len(steps) > 1 else ""
        with _told(first, f"{first}{more} was not begun"):
            self.book.lock.check()
            self.chronicle.step_begun(steps)
            begun = [(change.address, phase.value) for change, phase in steps]
            self.book.store.begin(self.environment, begun, whoami(), lock=self.book.lock.id)

    def ended(self, steps: Sequence[Ended]) -> None:
        """These steps were done, or did nothing, or nobody knows. Raises RecordFailed."""
        outcomes = _outcomes(steps)
        try:
            if outcomes.ended:
                with _told(steps[0].change.address, _unrecorded(steps)):
                    self.book.store.record(self.environment, outcomes, whoami(), lock=self.book.lock.id)
        finally:
            self.chronicle.steps_ended(steps)


def _outcomes(steps: Sequence[Ended]) -> Outcomes:
    made: list[Applied] = []
    gone: list[Address] = []
    undone: list[Address] = []
    for one in steps:
        applied = _applied(one.change, one.native_id)
        if one.event.outcome is not Outcome.DONE:
            undone += [one.change.address] * one.known
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
