"""Drift: what changed outside, by specs, state and systems. Takes no lock and writes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from reconciler.engine.drift import find_drift
from reconciler.engine.observed import not_taken_back, observed_drift
from reconciler.engine.planner import left_to_others
from reconciler.model import Drift, DriftKind
from reconciler.workflow.concerns import elsewhere, marked_outside, reported
from reconciler.workflow.retiring import told_of_unlocked, unlocked
from reconciler.workflow.situation import Situation
from reconciler.workflow.systems import marks_of
from reconciler.workflow.unfinished import told
from specs.diagnostic import Diagnostic, Severity, has_errors, warning


def no_drift(environment: str, diagnostics: tuple[Diagnostic, ...]) -> Drift:
    """What there is instead of drift where something stood in the way before anything could be read."""
    return Drift(environment, datetime.now(UTC), (), 0, diagnostics)


def drift_of(now: Situation) -> Drift:
    """What changed outside. Without a state, the specs are the baseline, and a warning says so."""
    found = found_drift(now)
    drift = replace(
        found, items=(*found.items, *unlocked(now)), diagnostics=(*found.diagnostics, *told_of_unlocked(now))
    )
    if now.state.lineage or has_errors(now.diagnostics):
        return drift
    note = warning("W505", "there is no state: the systems are compared with the specs", help="apply records one")
    return Drift(drift.environment, drift.created, drift.items, drift.checked, (*drift.diagnostics, note))


def found_drift(now: Situation) -> Drift:
    """The same, of whatever is recorded."""
    items = find_drift(now.desired, now.refreshed.snapshots, now.state, marks_of(now.systems))
    items += observed_drift(now.session.systems, now.refreshed.snapshots, now.state)
    checked = sum(
        live.in_scope or address in now.state.objects
        for snapshot in now.refreshed.snapshots.values()
        for address, live in snapshot.objects.items()
    )
    gone = {str(item.address) for item in items if item.kind is DriftKind.MISSING}
    # What is missing is named by its item, with what the system says of it: no reason to know nothing.
    systems = (
        replace(found, severity=Severity.WARNING) if found.subject in gone else found
        for found in reported(now, destroy=False)
    )
    shared = left_to_others(now.desired, now.refreshed.snapshots, now.state)
    begun = told(now.state, now.refreshed.snapshots, {})
    found = (*now.diagnostics, *elsewhere(now), *marked_outside(now), *systems, *shared, *begun)
    return Drift(now.environment, datetime.now(UTC), items, checked, (*found, *not_taken_back(items)))
