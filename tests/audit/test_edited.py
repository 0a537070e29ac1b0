"""What the audit record says of a state that is edited by hand, and which edits are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.audit.record import state_edited
from reconciler.model import Address, Marked, Retired, State
from reconciler.state.document import encode_state
from reconciler.state.errors import StateError
from reconciler.state.opening import open_store
from reconciler.workflow.keeping import Desk, push

AT = Address("db", "login", "svc")
LOCKED = State("test", "L", 3, {}, {}, retirements={"svc": Retired("svc", AT, Marked.LOCKED)})
BARE = replace(LOCKED, serial=4, retirements={})


def test_a_record_of_a_retirement_that_is_taken_out_is_told() -> None:
    assert state_edited("state push", "me", None, LOCKED, BARE)["removed"] == [str(AT)]
    assert state_edited("state push", "me", None, BARE, LOCKED)["changed"] == [str(AT)]


def test_what_unlocking_needs_is_not_pushed_away(tmp_path: Path) -> None:
    desk = Desk(str(tmp_path / "state.db"), 0.0, lambda _: None)
    with open_store(desk.place) as store:
        store.replace(LOCKED, "me")
    with pytest.raises(StateError, match="what unlocking svc of db needs"):
        push(desk, encode_state(BARE), force=False)
    push(desk, encode_state(BARE), force=True)
    with open_store(desk.place) as store:
        assert store.load("test").retirements == {}
