"""The audit record's lines, wherever they are kept: added under the lock, never written over, read as they were."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from reconciler.audit.entry import Kind
from reconciler.state.errors import CheckpointError, LedgerError, LockLost, NothingRecorded
from reconciler.state.ledger_file import LedgerFiles
from reconciler.state.lockinfo import made
from reconciler.state.opening import Place, open_store, reading_ledger
from reconciler.workflow.auditing import audit, checkpoint, entries, latest, of_run
from tests.memory import wanted
from tests.state.test_signing import write_pair
from tests.workflow.desk import Desk

FIRST, MORE = (b'{"a":1}\n', b'{"a":2}\n'), (b'{"a":3}\n',)


def test_what_was_added_is_read_in_its_order(place: Place) -> None:
    with open_store(place) as store:
        assert (store.last("production"), store.audited()) == (b"", ())
        store.append("production", 1, FIRST)
        store.append("staging", 1, MORE)
        store.append("production", 3, MORE)
        assert store.last("production") == MORE[0]
        assert store.mend("production") == b""
    with reading_ledger(place) as ledger:
        assert list(ledger.lines("production")) == [*FIRST, *MORE]
        assert list(ledger.lines("staging")) == [*MORE]
        assert ledger.audited() == ("production", "staging")


def test_the_state_is_not_touched_by_it(place: Place) -> None:
    with open_store(place) as store:
        store.append("production", 1, FIRST)
        assert (store.load("production").serial, store.environments()) == (0, {})


def test_only_who_holds_the_lock_adds(place: Place) -> None:
    mine, theirs = made("apply", 20.0), made("apply", 20.0)
    with open_store(place) as store:
        assert store.take("production", mine) is None
        store.append("production", 1, FIRST, lock=mine.id)
        store.release("production", mine.id)
        assert store.take("production", theirs) is None
        with pytest.raises(LockLost):
            store.append("production", 3, MORE, lock=mine.id)
        assert list(store.lines("production")) == [*FIRST]


def test_whoever_doesnt_know_of_others_lines_adds_none(place: Place) -> None:
    with open_store(place) as one, open_store(place) as other:
        one.append("production", 1, FIRST)
        assert other.last("production") == FIRST[-1]
        other.append("production", 3, MORE)
        with pytest.raises(LedgerError, match="was written by another run meanwhile"):
            one.append("production", 3, FIRST)
        assert list(one.lines("production")) == [*FIRST, *MORE]


def test_a_thousand_lines_and_more(shared: str) -> None:
    lines = [b"%d\n" % number for number in range(2500)]
    with open_store(shared) as store:
        store.append("production", 1, lines)
        assert list(store.lines("production")) == lines


def test_a_file_is_its_owners_and_beside_its_own_state(tmp_path: Path) -> None:
    for name in ("one.db", "two.db"):
        with open_store(tmp_path / name) as store:
            store.append("a/../b", 1, FIRST)
    path = tmp_path / "one.db.audit-a%2F..%2Fb.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == b"".join(FIRST)
    assert LedgerFiles(tmp_path / "two.db").audited() == ("a/../b",)


def test_a_line_that_couldnt_be_written_whole_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = LedgerFiles(tmp_path / "state.db")
    ledger.append("x", FIRST)
    write = os.write

    def full(handle: int, data: bytes) -> int:
        if len(data) < 5:
            raise OSError(28, "No space left on device")
        return write(handle, data[:5])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(LedgerError, match="can't be written: No space left"):
        ledger.append("x", MORE)
    assert list(ledger.lines("x")) == [*FIRST]


def test_the_last_of_many_is_found_from_the_end(tmp_path: Path) -> None:
    ledger = LedgerFiles(tmp_path / "state.db")
    long = b"x" * 200_000 + b"\n"
    ledger.append("x", [*FIRST, long])
    assert ledger.last("x") == long
    ledger.append("x", MORE)
    assert ledger.last("x") == MORE[0]


def test_what_was_never_begun_cant_be_read(tmp_path: Path) -> None:
    ledger = LedgerFiles(tmp_path / "state.db")
    assert ledger.last("x") == b""
    with pytest.raises(LedgerError, match="there is no audit record"):
        list(ledger.lines("x"))


def test_runs_are_verified_wherever_they_are_kept(place: Place, tmp_path: Path) -> None:
    desk = Desk(place)
    assert desk.apply(wanted("a", size=1)).result is not None
    assert desk.apply(destroy=True).result is not None
    key, public = write_pair(tmp_path)
    mark = tmp_path / "mark"
    mark.write_text(checkpoint(place, None, key)[0])
    found = audit(place, "test", [mark], public).verified
    assert found.flaw is None
    begun = [entry for entry in found.entries if entry.kind is Kind.RUN_BEGUN]
    assert [entry.body["operation"] for entry in begun] == ["apply", "destroy"]
    assert begun[0].lineage == ""
    assert begun[1].lineage == desk.recorded.lineage != ""
    assert latest(found.entries, 1) == of_run(found.entries, begun[1].run[:9]) == found.entries[begun[1].number - 1 :]
    with pytest.raises(LedgerError, match="no such run"):
        of_run(found.entries, "nobody")
    with pytest.raises(LedgerError, match="there is no audit record of staging"):
        entries(place, "staging")
    with pytest.raises(CheckpointError, match="is of environment test, not of staging"):
        audit(place, "staging", [mark])


def test_where_nothing_was_ever_recorded_there_is_nothing_to_verify(place: Place) -> None:
    with pytest.raises(NothingRecorded, match="there is no audit record beside"):
        audit(place, None)
