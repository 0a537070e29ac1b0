"""What is recorded of a retirement's step: before its call, and by what came of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.audit.journal import Journal
from reconciler.engine.apply import Ended
from reconciler.engine.graph import Phase
from reconciler.engine.retirement import Case, plan_retirements
from reconciler.model import (
    Address,
    Live,
    Marked,
    Outcome,
    Ownership,
    Plan,
    Proof,
    Resource,
    Retirable,
    Retired,
    StepEvent,
    Successor,
)
from reconciler.provider import Retirement, Retiring
from reconciler.state.lock import locked
from reconciler.state.opening import open_store
from reconciler.workflow.chronicle import Chronicle
from reconciler.workflow.recorder import Book, RunRecorder
from specs.retirement import Replacement

AT = Address("db", "login", "svc")
WANTED = Retirement("svc", AT, Retiring("svc"), (Replacement("bot", "read"),), 14 * 86400, 86400, None)
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
PROOF = Proof("bot", "read", NOW, "me", "d1", "logged in")
OPEN, SHUT = (Resource(AT, {"open": is_open}) for is_open in (True, False))
FOUND = Retirable(Live(OPEN, Ownership.UNMARKED, native_id="1"), "login", quarantined=False, locked=SHUT)


@pytest.mark.parametrize(
    ("outcome", "known", "mark", "counts"),
    [
        (Outcome.DONE, True, Marked.LOCKED, True),
        (Outcome.FAILED, True, Marked.LOCKING, False),
        (Outcome.FAILED, False, Marked.LOCKING, True),
    ],
)
def test_a_lock_that_was_refused_is_no_beginning_of_a_quarantine(
    tmp_path: Path, outcome: Outcome, known: bool, mark: Marked, counts: bool
) -> None:
    """One of which nobody knows may have been done, and counts once it is found so."""
    ready = Successor("bot", "read", ready=True, proof=PROOF)
    found = plan_retirements([Case(WANTED, FOUND, None, (ready,), NOW)], {})
    plan = Plan("test", NOW, "", "L", 0, (), found.changes, retirements=found.rows)
    (change,) = found.changes
    with (
        open_store(str(tmp_path / "state.db")) as store,
        locked(store, "test", "apply", timeout=0, notice=lambda _: None) as mine,
    ):
        chronicle = Chronicle(Journal(store, "test", "L", mine.id), plan, lambda _: None)
        recorder = RunRecorder(Book(store, mine), plan, chronicle, {})
        recorder.begin([(change, Phase.UPDATE)])
        begun: Retired = store.load("test").retirements["svc"]
        assert (begun.marked, begun.before, begun.since is not None) == (Marked.LOCKING, OPEN, True)
        recorder.ended([Ended(change, StepEvent(AT, Phase.UPDATE, outcome), known=known)])
        ended = store.load("test").retirements["svc"]
    assert (ended.marked, ended.before, ended.since is not None) == (mark, OPEN, counts)
