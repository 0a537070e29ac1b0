"""Plan: specs, state and systems to a plan. Takes no lock and writes nothing."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from reconciler.compile import SystemBinding, ttls_of
from reconciler.connections import Connections
from reconciler.engine.access import in_order, outside_access, planned_access
from reconciler.engine.byhand import left_by_hand, told_by_hand
from reconciler.engine.cascade import cascade_replacements
from reconciler.engine.closing import close_first
from reconciler.engine.destroy import destroy_changes
from reconciler.engine.drift import find_drift
from reconciler.engine.observed import digests, not_taken_back, observed_drift
from reconciler.engine.others import Strays
from reconciler.engine.planner import left_to_others, plan_changes
from reconciler.engine.refresh import Refreshed, refresh
from reconciler.engine.session import Session
from reconciler.engine.target import narrowed, needed_systems
from reconciler.engine.wording import wording_only
from reconciler.model import (
    PLACE,
    AccessRow,
    Address,
    Change,
    Desired,
    Drift,
    DriftItem,
    DriftKind,
    Escalation,
    Origin,
    Plan,
    State,
)
from reconciler.state.opening import Place, may_hold, open_store
from reconciler.workflow.escalating import Moves, escalations
from reconciler.workflow.escalating import told as told_of_paths
from reconciler.workflow.guarding import Found, guard_live
from reconciler.workflow.specs import Prepared
from reconciler.workflow.systems import known_types, logged_in, marks_of, with_recorded
from reconciler.workflow.unfinished import told
from specs.diagnostic import Diagnostic, Severity, error, has_errors, in_order_of_files, warning

log = logging.getLogger("writ")

_A_TARGET = 'name an address as plan shows it, such as vault.vault_policy["writ-a_b"], an agent or a system'
_OUT_OF_REACH = frozenset({"W501", "W702"})


@dataclass(frozen=True, slots=True)
class Options:
    """How to plan."""

    targets: tuple[str, ...] = ()
    destroy: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that a verb looks at: what is wanted, recorded and found."""

    prepared: Prepared
    systems: Mapping[str, SystemBinding]
    session: Session
    state: State
    refreshed: Refreshed
    diagnostics: tuple[Diagnostic, ...]

    @property
    def environment(self) -> str:
        """The environment's name; empty where none could be chosen."""
        return self.prepared.environment

    @property
    def desired(self) -> Mapping[Address, Desired]:
        """What the specs want."""
        return self.prepared.compiled.desired if self.prepared.compiled else {}


def load_state(place: Place, environment: str) -> State:
    """The recorded state; an empty one where there is no file. Writes nothing. Raises StateError."""
    if not may_hold(place):
        return State(environment, "", 0, {}, {})
    with open_store(place, reading=True) as store:
        return store.load(environment)


def _left_behind(prepared: Prepared, place: Place) -> tuple[Diagnostic, ...]:
    """Environments that left the specs with what they have in the systems. Writes nothing. Raises StateError."""
    if not may_hold(place):
        return ()
    with open_store(place, reading=True) as store:
        recorded = store.environments()
    declared = prepared.specs.catalog.environments.keys() | {prepared.environment}
    return tuple(
        warning(
            "W511",
            f"environment {name} is no longer declared, and {count} of its objects are still recorded",
            subject=f"environments.{name}",
            help=f"remove them with: writ destroy --environment {name}",
        )
        for name, count in recorded.items()
        if name not in declared and not prepared.specs.failed.may_declare("Environment", name)
    )


def _recorded(state: State) -> set[Address]:
    """What is to be looked at for the state's sake."""
    return {*state.objects, *(one.address for one in state.unfinished)}


@contextmanager
def situation(
    prepared: Prepared, connections: Connections, state_place: Place, *, afresh: bool = False
) -> Iterator[Situation]:
    """Log in and read all systems; log out at the end. Reads nothing where the specs have errors.

    ``afresh``: as if nothing were recorded.
    """
    compiled, environment = prepared.compiled, prepared.environment
    if compiled is None or has_errors(prepared.diagnostics):
        state = State(environment, "", 0, {}, {})
        yield Situation(prepared, {}, Session({}), state, Refreshed({}), prepared.diagnostics)
        return
    state = State(environment, "", 0, {}, {}) if afresh else load_state(state_place, environment)
    systems, more = with_recorded(compiled.systems, state)
    started = time.monotonic()
    environments = {name: found.value for name, found in prepared.specs.catalog.environments.items()}
    more += connections.strangers(environment, environments, systems)
    more += _left_behind(prepared, state_place)
    wanted, strange = known_types(systems, compiled.desired.keys() | _recorded(state))
    with logged_in(systems, connections) as (session, failed):
        refreshed = refresh(session, wanted)
        objects = sum(len(snapshot.objects) for snapshot in refreshed.snapshots.values())
        log.info("read %d objects in %d systems in %.2f s", objects, len(systems), time.monotonic() - started)
        everything = (*prepared.diagnostics, *more, *strange, *failed, *refreshed.failures)
        yield Situation(prepared, systems, session, state, refreshed, everything)


def plan_of(now: Situation, options: Options) -> Plan:
    """The plan for a situation."""
    changes, found = _changes(now, options)
    problems = (*_reported(now, options), *_elsewhere(now), *_marked_outside(now), *found)
    kept, unknown = narrowed(changes, options.targets, marks_of(now.systems))
    problems += tuple(
        error("W504", f"-target {name} names nothing in this plan", subject=name, help=_A_TARGET) for name in unknown
    )
    facts = {name: snapshot.facts for name, snapshot in now.refreshed.snapshots.items()}
    drift = () if options.destroy else _drift(now).items
    access = _access(now, kept, drift)
    problems += () if options.destroy else _guarded(now, kept, options)
    paths = _escalations(now, kept, drift)
    agents = {name: found.span() for name, found in now.prepared.specs.catalog.agents.items()} if paths else {}
    problems += (*not_taken_back(drift), *told_by_hand(kept), *told_of_paths(paths, agents))
    problems += tuple(told(now.state, now.refreshed.snapshots, {change.address: change for change in kept}))
    return Plan(
        environment=now.environment,
        created=datetime.now(UTC),
        specs_digest=now.prepared.specs.digest,
        lineage=now.state.lineage,
        serial=now.state.serial,
        systems=tuple(binding.record for binding in now.systems.values()),
        changes=kept,
        diagnostics=(*_of_concern(now, kept, options), *problems, *_cycles(now, kept)),
        targets=options.targets,
        facts=facts,
        destroy=options.destroy,
        drift=drift if now.state.lineage else (),
        access=access,
        wording=wording_only(kept, access, marks_of(now.systems)),
        left=_left(now, kept),
        observed=digests(now.refreshed.snapshots),
        ttls=() if options.destroy or now.prepared.compiled is None else tuple(ttls_of(now.prepared.compiled)),
        escalations=paths,
    )


def _marked_outside(now: Situation) -> Iterator[Diagnostic]:
    """One warning for each system that holds objects with our marker outside the scope, which nobody recorded here."""
    by_system: dict[str, list[Address]] = {}
    for address in sorted(Strays.of(now.refreshed.snapshots, now.state).marked - now.desired.keys()):
        by_system.setdefault(address.system, []).append(address)
    for system, found in by_system.items():
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        yield warning(
            "W513",
            f"{found[0]}{more}: marked as made by {now.environment}/{system}, outside its scope and not recorded; "
            "left alone",
            subject=system,
            help="another project may use the same names for environment and system; if it is none, remove them",
        )


def _left(now: Situation, kept: Sequence[Change]) -> tuple[Address, ...]:
    """What was seen and has no row."""
    rows = {change.address for change in kept}
    found = (item for snapshot in now.refreshed.snapshots.values() for item in snapshot.objects.items())
    return tuple(sorted(address for address, live in found if live.in_scope and address not in rows))


def _access(now: Situation, kept: Sequence[Change], drift: Sequence[DriftItem]) -> tuple[AccessRow, ...]:
    """What applying does to access, and what was done outside."""
    systems, snapshots = now.session.systems, now.refreshed.snapshots
    rows = planned_access(kept, systems, snapshots)
    return in_order(rows + outside_access(drift, systems, snapshots, now.desired, now.state))


def _origins(now: Situation) -> dict[Address, Origin]:
    found = {address: applied.origin for address, applied in now.state.objects.items()}
    return found | {address: wanted.origin for address, wanted in now.desired.items()}


def _escalations(now: Situation, kept: Sequence[Change], drift: Sequence[DriftItem]) -> tuple[Escalation, ...]:
    """New paths; of a destroy too, which may leave some open that a boundary closed."""
    criticals = now.prepared.compiled.criticals if now.prepared.compiled else ()
    snapshots = now.refreshed.snapshots
    return escalations(Moves(now.systems, snapshots, criticals, _origins(now), kept, drift, now.state))


def _guarded(now: Situation, kept: Sequence[Change], options: Options) -> tuple[Diagnostic, ...]:
    """What guardrails find in the systems, and in what the plan would leave."""
    compiled = now.prepared.compiled
    if compiled is None or not compiled.nevers.written:
        return ()
    origins = _origins(now)
    desired = {address: wanted.resource for address, wanted in now.desired.items()}
    snapshots = now.refreshed.snapshots
    found = Found(now.systems, snapshots, desired, origins, tuple(kept), narrowed=bool(options.targets))
    return tuple(guard_live(compiled.nevers, found))


def no_plan(environment: str, diagnostics: tuple[Diagnostic, ...]) -> Plan:
    """What there is instead of a plan where something stood in the way before anything could be planned."""
    return Plan(environment, datetime.now(UTC), "", "", 0, (), (), diagnostics)


def no_drift(environment: str, diagnostics: tuple[Diagnostic, ...]) -> Drift:
    """The same for drift."""
    return Drift(environment, datetime.now(UTC), (), 0, diagnostics)


def drift_of(now: Situation) -> Drift:
    """What changed outside. Without a state, the specs are the baseline, and a warning says so."""
    drift = _drift(now)
    if now.state.lineage or has_errors(now.diagnostics):
        return drift
    note = warning("W505", "there is no state: the systems are compared with the specs", help="apply records one")
    return Drift(drift.environment, drift.created, drift.items, drift.checked, (*drift.diagnostics, note))


def _drift(now: Situation) -> Drift:
    items = find_drift(now.desired, now.refreshed.snapshots, now.state, marks_of(now.systems))
    items += observed_drift(now.session.systems, now.refreshed.snapshots, now.state)
    checked = sum(
        live.in_scope or address in now.state.objects
        for snapshot in now.refreshed.snapshots.values()
        for address, live in snapshot.objects.items()
    )
    gone = {str(item.address) for item in items if item.kind is DriftKind.MISSING}
    # What is missing is named by its item, with what the system says of it: no reason to know nothing.
    reported = (
        replace(found, severity=Severity.WARNING) if found.subject in gone else found
        for found in _reported(now, Options())
    )
    shared = left_to_others(now.desired, now.refreshed.snapshots, now.state)
    begun = told(now.state, now.refreshed.snapshots, {})
    found = (*now.diagnostics, *_elsewhere(now), *_marked_outside(now), *reported, *shared, *begun)
    return Drift(now.environment, datetime.now(UTC), items, checked, (*found, *not_taken_back(items)))


def _changes(now: Situation, options: Options) -> tuple[Sequence[Change], tuple[Diagnostic, ...]]:
    snapshots = now.refreshed.snapshots
    if options.destroy:
        changes, left = destroy_changes(now.desired, snapshots, now.state)
        return left_by_hand(changes), tuple(_left_alone(address) for address in left)
    marks = marks_of(now.systems)
    planned = plan_changes(now.desired, snapshots, now.state, marks)
    return left_by_hand(cascade_replacements(close_first(planned.changes, marks))), planned.diagnostics


def _reported(now: Situation, options: Options) -> tuple[Diagnostic, ...]:
    """What systems report, in the order of the files. Of an object that is to go it's no reason not to remove it."""
    if not now.refreshed.reported:
        return ()
    going = {str(address) for address in now.state.objects.keys() - now.desired.keys()}
    spans = {
        (str(address), code): wanted.place(code)
        for code in {found.code for found in now.refreshed.reported}
        for address, wanted in now.desired.items()
    }
    reported = (
        replace(
            found,
            severity=Severity.WARNING if options.destroy or found.subject in going else found.severity,
            span=spans.get((found.subject, found.code)) or found.span,
        )
        for found in now.refreshed.reported
    )
    # Systems report in any order; every run tells it in the same one.
    return tuple(in_order_of_files(sorted(reported, key=lambda one: (one.subject, one.code))))


def _elsewhere(now: Situation) -> Iterator[Diagnostic]:
    """Systems that answer from another place than the one where their objects were applied. Servers are rebuilt, so it
    is no error; but whoever reached another one by accident must not take all for deleted.
    """
    for name in sorted({address.system for address in now.state.objects}):
        snapshot, record = now.refreshed.snapshots.get(name), now.state.systems.get(name)
        was, here = record.place if record else "", snapshot.facts.get(PLACE, "") if snapshot else ""
        if was and here and was != here:
            yield warning(
                "W512",
                f"{name} was {was} when its objects were applied, and is now {here}",
                subject=name,
                help="check the address and namespace in the connections; if it was moved or rebuilt, apply records it",
                span=now.systems[name].scope.span,
            )


def _of_concern(now: Situation, kept: Sequence[Change], options: Options) -> tuple[Diagnostic, ...]:
    """What was found before planning. A system that a narrowed plan doesn't need may be out of reach."""
    unread = now.systems.keys() - now.refreshed.snapshots.keys()
    if not options.targets or not unread:
        return now.diagnostics
    known = {address: applied.origin for address, applied in now.state.objects.items()}
    known |= {address: wanted.origin for address, wanted in now.desired.items()}
    spare = unread - needed_systems(kept, known, options.targets)
    return tuple(
        replace(found, severity=Severity.WARNING) if found.code in _OUT_OF_REACH and found.subject in spare else found
        for found in now.diagnostics
    )


def _left_alone(address: Address) -> Diagnostic:
    return warning(
        "W506",
        f"{address} isn't this environment's and is left alone",
        subject=str(address),
        help="remove it with the environment that made it, or by hand if none did",
    )


def _cycles(now: Situation, changes: Sequence[Change]) -> tuple[Diagnostic, ...]:
    if not any(change.writes for change in changes):
        return ()
    from reconciler.engine.graph import CyclicOrder, order  # noqa: PLC0415 - networkx, only where there is an order

    try:
        order(changes, marks_of(now.systems))
    except CyclicOrder as cycle:
        return (error("W507", f"these steps wait for each other: {cycle}", help="report it as a bug of the provider"),)
    return ()
