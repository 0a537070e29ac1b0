"""How far a retirement has come, by the specs and the record alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.engine.leaving import leavings
from reconciler.engine.succession import path_digest
from reconciler.model import Address, Coming, Desired, Leaving, Marked, Origin, Resource, Retired, State
from tests.engine.test_retirement import NOW, PROOF, WANTED, recorded

NOTHING = State("test", "", 0, {}, {})
PATH = Address("db", "role", "bot_read")
DESIRED = {PATH: Desired(Resource(PATH, {}), Origin("", "bot", "read"))}
PROVED = replace(PROOF, digest=path_digest("bot", "read", DESIRED, NOTHING))


def of(*some: Retired, declared: bool = True) -> Leaving | None:
    state = replace(NOTHING, retirements={one.name: one for one in some})
    return leavings([WANTED] if declared else [], DESIRED, state).get(("db", "svc"))


@pytest.mark.parametrize(
    ("mark", "proof", "coming"),
    [
        (Marked.NONE, PROVED, Coming.LOCK),
        (Marked.NONE, PROOF, Coming.PROVE),  # of other objects than those that are wanted now
        (Marked.RESTORED, PROOF, Coming.PROVE),
        (Marked.RESTORING, PROVED, Coming.UNDO),
        (Marked.LOCKING, PROVED, Coming.DELETE),
        (Marked.LOCKED, PROVED, Coming.DELETE),
        (Marked.DELETING, PROVED, Coming.DELETE),
        (Marked.DELETED, PROOF, Coming.PROVE),  # another one under its name
    ],
)
def test_what_is_next(mark: Marked, proof: object, coming: Coming) -> None:
    found = of(replace(recorded(mark, timedelta(days=2)), proofs=(proof,)))
    assert found is not None
    assert (found.name, found.declared, found.coming) == ("svc", True, coming)
    locked = coming in {Coming.DELETE, Coming.UNDO}
    assert found.since == (NOW - timedelta(days=2) if locked else None)
    assert found.due == (NOW + timedelta(days=12) if coming is Coming.DELETE else None)


def test_without_a_record_it_is_to_be_proved_and_without_a_state_nobody_knows() -> None:
    assert of() == Leaving("svc", declared=True, coming=Coming.PROVE)
    unknown = leavings([WANTED], DESIRED, None)
    assert unknown == {("db", "svc"): Leaving("svc", declared=True, coming=Coming.UNKNOWN)}


def test_what_has_left_the_specs_is_told_as_long_as_it_is_locked() -> None:
    for mark in Marked:
        found = of(recorded(mark), declared=False)
        locked = mark in {Marked.LOCKING, Marked.LOCKED, Marked.DELETING, Marked.RESTORING}
        assert found == (Leaving("svc", declared=False, coming=Coming.UNDO, since=NOW) if locked else None)


def test_a_record_of_another_principal_says_nothing() -> None:
    other = replace(recorded(Marked.LOCKED), address=Address("db", "login", "other"))
    found = of(other)
    assert found is not None
    assert found.coming is Coming.PROVE
