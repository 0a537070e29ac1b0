"""Plan: specs, state and systems to a plan. Takes no lock and writes nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from reconciler.compile import ttls_of
from reconciler.engine.access import in_order, outside_access, planned_access
from reconciler.engine.adopting import adopted
from reconciler.engine.byhand import left_by_hand, told_by_hand
from reconciler.engine.cascade import cascade_replacements
from reconciler.engine.closing import close_first
from reconciler.engine.destroy import destroy_changes
from reconciler.engine.observed import digests, not_taken_back
from reconciler.engine.planner import plan_changes
from reconciler.engine.retirement import Retirements
from reconciler.engine.target import narrowed, needed_systems
from reconciler.engine.wording import wording_only
from reconciler.model import (
    AccessRow,
    Address,
    Change,
    DriftItem,
    Escalation,
    Origin,
    Plan,
    RetirementRow,
)
from reconciler.workflow.concerns import elsewhere, marked_outside, reported
from reconciler.workflow.drifting import found_drift
from reconciler.workflow.escalating import Moves, escalations
from reconciler.workflow.escalating import told as told_of_paths
from reconciler.workflow.guarding import Found, guard_live
from reconciler.workflow.retiring import left_locked, meter_of, retirements_of
from reconciler.workflow.retiring import told as told_of_retirements
from reconciler.workflow.situation import Situation
from reconciler.workflow.systems import marks_of
from reconciler.workflow.unfinished import told
from specs.diagnostic import Diagnostic, Severity, error, warning

log = logging.getLogger("writ")

_A_TARGET = 'name an address as plan shows it, such as vault.vault_policy["writ-a_b"], an agent or a system'
_OUT_OF_REACH = frozenset({"W501", "W702"})


@dataclass(frozen=True, slots=True)
class Options:
    """How to plan."""

    targets: tuple[str, ...] = ()
    destroy: bool = False


def plan_of(now: Situation, options: Options) -> Plan:
    """The plan for a situation."""
    changes, found = _changes(now, options)
    retiring = Retirements() if options.destroy else retirements_of(now, changes)
    problems = (*reported(now, destroy=options.destroy), *elsewhere(now), *marked_outside(now), *found)
    everything, unknown = narrowed((*changes, *retiring.changes), options.targets, marks_of(now.systems))
    rows = tuple(row for row in retiring.rows if not options.targets or _is_kept(row, everything))
    # A principal that goes is in nobody's scope: what is said of access, and of what is ours, isn't about it.
    going = {row.address for row in rows}
    kept = tuple(change for change in everything if change.address not in going)
    problems += tuple(
        error("W504", f"-target {name} names nothing in this plan", subject=name, help=_A_TARGET) for name in unknown
    )
    facts = {name: snapshot.facts for name, snapshot in now.refreshed.snapshots.items()}
    drift = () if options.destroy else found_drift(now).items
    access = _access(now, kept, drift)
    marks = marks_of(now.systems)
    kept, differing = adopted(kept, now.desired, now.state, wording_only(kept, access, marks, words=True), marks)
    leaving = tuple(change for change in everything if change.address in going)
    everything = tuple(sorted((*kept, *leaving), key=lambda change: change.address))
    problems += () if options.destroy else differing
    problems += () if options.destroy else _guarded(now, kept, options)
    paths = _escalations(now, kept, drift)
    agents = {name: found.span() for name, found in now.prepared.specs.catalog.agents.items()} if paths else {}
    problems += (*not_taken_back(drift), *told_by_hand(kept), *told_of_paths(paths, agents))
    problems += tuple(told(now.state, now.refreshed.snapshots, {change.address: change for change in everything}, rows))
    if options.destroy:
        problems += tuple(left_locked(now.state))
    elif not options.targets:
        problems += tuple(told_of_retirements(now, rows))
    ttls = () if options.destroy or now.prepared.compiled is None else tuple(ttls_of(now.prepared.compiled))
    return Plan(
        environment=now.environment,
        created=datetime.now(UTC),
        specs_digest=now.prepared.specs.digest,
        lineage=now.state.lineage,
        serial=now.state.serial,
        systems=tuple(binding.record for binding in now.systems.values()),
        changes=everything,
        diagnostics=(*_of_concern(now, kept, options), *problems, *_cycles(now, everything)),
        targets=options.targets,
        facts=facts,
        destroy=options.destroy,
        drift=drift if now.state.lineage else (),
        access=access,
        wording=wording_only(kept, access, marks),
        left=_left(now, kept),
        observed=digests(now.refreshed.snapshots),
        ttls=ttls,
        escalations=paths,
        retirements=rows,
        meter=meter_of(now, changes, ttls, retiring.rows, {change.address for change in everything}),
    )


def _is_kept(row: RetirementRow, kept: Sequence[Change]) -> bool:
    return any(change.address == row.address for change in kept)


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


def planned_changes(now: Situation) -> Sequence[Change]:
    """The rows of all that the specs want, without retirements."""
    return _changes(now, Options())[0]


def _changes(now: Situation, options: Options) -> tuple[Sequence[Change], tuple[Diagnostic, ...]]:
    snapshots = now.refreshed.snapshots
    if options.destroy:
        changes, left = destroy_changes(now.desired, snapshots, now.state)
        return left_by_hand(changes), tuple(_left_alone(address) for address in left)
    marks = marks_of(now.systems)
    planned = plan_changes(now.desired, snapshots, now.state, marks)
    return left_by_hand(cascade_replacements(close_first(planned.changes, marks))), planned.diagnostics


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
