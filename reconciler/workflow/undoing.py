"""Undoing a quarantine: a principal as it was before it was locked, by what was recorded then."""

from __future__ import annotations

from datetime import UTC, datetime

from reconciler.connections import Connections
from reconciler.engine.quarantine import UNDOABLE, restoring
from reconciler.engine.refresh import refresh
from reconciler.engine.retirables import look
from reconciler.engine.session import Session, System
from reconciler.model import PLACE, Change, Marked, Plan, Retirable, Retired, RetirementRow, State, SystemRecord
from reconciler.provider import Retirement, Retiring
from reconciler.state.opening import open_store
from reconciler.workflow.applying import Application, Console, Execution, execute, lock_of
from reconciler.workflow.planning import no_plan
from reconciler.workflow.recorder import Book
from reconciler.workflow.specs import Prepared
from reconciler.workflow.systems import logged_in, marks_of
from specs.diagnostic import Diagnostic, error, has_errors
from specs.suggest import hint


def undo(
    prepared: Prepared, connections: Connections, name: str, execution: Execution, console: Console
) -> Application:
    """Show what is restored, ask, do it, under the lock and recorded as an apply is. Raises StateError.

    The Retirement itself may have left the specs; its system may not.
    """
    environment = prepared.environment

    def refused(*why: Diagnostic) -> Application:
        return Application(no_plan(environment, why), None, why)

    if prepared.compiled is None or has_errors(prepared.diagnostics):
        return refused(*prepared.diagnostics)
    with (
        open_store(execution.state_place, patience=execution.lock_timeout) as store,
        lock_of(store, environment, "retire", execution, console) as mine,
    ):
        state = store.load(environment)
        recorded = state.retirements.get(name)
        if recorded is None or recorded.marked not in UNDOABLE:
            return refused(_nothing(name, recorded, state))
        system = recorded.address.system
        if system not in prepared.compiled.systems:
            message = f"{recorded.address.key} is in {system}, which the specs don't declare"
            return refused(_impossible(name, message, f"declare {system} again, as it was"))
        systems = {system: prepared.compiled.systems[system]}
        with logged_in(systems, connections) as (session, failed):
            elsewhere = () if failed else _elsewhere(session, name, state.systems.get(system))
            found, problems = (None, elsewhere) if failed or elsewhere else _found(session, recorded)
            if found is None:
                return refused(*(failed or problems))
            row, change = restoring(recorded, found, marks_of(systems))
            plan = _plan(prepared, session.systems[system], state, row, change)
            console.show(plan)
            if not console.approve(plan):
                return Application(plan, None, approved=False)
            return execute(plan, session, Book(store, mine), state, execution, console)


def _plan(prepared: Prepared, system: System, state: State, row: RetirementRow, change: Change) -> Plan:
    return Plan(
        prepared.environment,
        datetime.now(UTC),
        prepared.specs.digest,
        state.lineage,
        state.serial,
        tuple(state.systems.values()),
        (change,),
        facts={system.scope.system: {"identity": system.provider.identity(system.client)}},
        # Of this system nothing else was looked at.
        targets=(str(change.address),),
        retirements=(row,),
    )


def _nothing(name: str, recorded: Retired | None, state: State) -> Diagnostic:
    if recorded is None:
        way_out = hint(name, tuple(state.retirements), "recorded") or "writ plan shows what is to be retired"
        return error("W656", f"nothing is recorded of a retirement {name!r}", subject=name, help=way_out)
    who = f"{recorded.address.key} of {recorded.address.system}"
    if recorded.marked is Marked.DELETED:
        when = f" on {recorded.since:%Y-%m-%d %H:%M} UTC" if recorded.since is not None else ""
        return _impossible(name, f"{who} was deleted{when}: a deletion can't be undone")
    return _impossible(name, f"{who} isn't locked: there is nothing to undo", "writ plan shows where it stands")


def _elsewhere(session: Session, name: str, record: SystemRecord | None) -> tuple[Diagnostic, ...]:
    """Whether this is another place than the one where it was locked: a login of the same name is there as well."""
    seen = refresh(session, ())
    for system, snapshot in seen.snapshots.items():
        was, here = record.place if record is not None else "", snapshot.facts.get(PLACE, "")
        if was and here and was != here:
            message = f"{system} was {was} when its objects were applied, and is now {here}"
            return (_impossible(name, message, "check the connections; where it was moved, apply records that"),)
    return seen.failures


def _found(session: Session, recorded: Retired) -> tuple[Retirable | None, tuple[Diagnostic, ...]]:
    """The very principal that was locked."""
    name, address = recorded.name, recorded.address
    seen = look(session, [Retirement(name, address, Retiring(address.key), (), 0, 0, None)], {name: recorded})
    found = seen.found.get(address)
    if seen.failures:
        return None, seen.failures
    if found is None:
        return None, (_impossible(name, f"{address.key} isn't in {address.system} any more: it can't be brought back"),)
    if found.live.native_id != recorded.native_id:
        message = f"{address.key} of {address.system} isn't the one that was locked: somebody made it anew"
        return None, (_impossible(name, message),)
    return found, ()


def _impossible(name: str, message: str, way_out: str = "whoever needs it gets a new one") -> Diagnostic:
    return error("W656", message, subject=f"retirements.{name}", help=way_out)
