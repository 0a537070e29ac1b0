"""Apply: a plan to converged systems, under the state's lock, every step recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from reconciler.audit.journal import Journal
from reconciler.audit.record import NOT_SAID, Circumstances
from reconciler.connections import Connections
from reconciler.engine.apply import DEFAULT_PARALLELISM, Listener, apply_plan
from reconciler.engine.guard import stale_against_state, stale_against_world
from reconciler.engine.refresh import refresh
from reconciler.engine.retirables import look_again
from reconciler.engine.session import Session
from reconciler.model import (
    Action,
    ApplyResult,
    Change,
    Plan,
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
from reconciler.workflow.recorder import Book, RunRecorder, applied_of
from reconciler.workflow.refusing import refused, refused_early
from reconciler.workflow.retiring import not_due_any_more, retired_by_now
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
        lock_of(store, name, operation, execution, console) as mine,
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
        lock_of(store, plan.environment, operation, execution, console) as mine,
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
            going = look_again(session, plan)
            beside = {address: one.live for address, one in going.found.items()}
            stale = stale_against_world(plan, found.snapshots, marks_of(systems), named, beside)
            stale += not_due_any_more(plan, state, going)
            moved = (*found.failures, *going.failures, *stale)
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
    recorder = RunRecorder(book, plan, chronicle, dict(state.retirements))
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
        waiting = sum(row.is_refused(plan.created) for row in plan.retirements)
        result = chronicle.ended(replace(result, by_hand=plan.counts()[Action.BY_HAND], refused=waiting))
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


def lock_of(
    store: Store, environment: str, operation: str, execution: Execution, console: Console
) -> AbstractContextManager[Hold]:
    """The environment's lock for a run."""
    timeout, lease = execution.lock_timeout, execution.lease
    return locked(store, environment, operation, timeout=timeout, notice=console.notice, lease=lease)


def _record_found(plan: Plan, book: Book, state: State) -> None:
    """What is there as wanted, but recorded otherwise or not at all; and the systems as they are declared."""
    unwritten = (change for change in plan.changes if change.action in {Action.ADOPT, Action.NO_OP})
    found = [applied for change in unwritten if (applied := applied_of(change, _id_before(change))) is not None]
    news = [applied for applied in found if state.objects.get(applied.resource.address) != applied]
    systems = {record.name: _placed(record, plan, book, state) for record in plan.systems}
    settled = [one.address for one in state.unfinished if is_settled(plan, one.address)]
    if settled:
        book.store.settle(plan.environment, settled, lock=book.lock.id)
    for recorded in retired_by_now(plan, state):
        book.store.retire(plan.environment, recorded, lock=book.lock.id)
    if news or systems != dict(state.systems):
        book.store.put_all(plan.environment, tuple(systems.values()), news, whoami(), lock=book.lock.id)


def _placed(record: SystemRecord, plan: Plan, book: Book, state: State) -> SystemRecord:
    known = state.systems.get(record.name)
    # A plan to destroy shows nothing of what changed outside, so it takes nothing of it for known.
    found = {} if plan.destroy else book.found
    return watched(placed(record, plan.facts, known.place if known else ""), found, known)


def _id_before(change: Change) -> str:
    return change.before.native_id if change.before is not None else ""
