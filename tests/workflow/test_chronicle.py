"""What a run leaves in the audit record, in which order, and what it does where it can't be written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from reconciler.audit.chain import verify
from reconciler.audit.entry import Entry
from reconciler.model import Plan
from reconciler.provider import Denied
from reconciler.state.errors import LedgerError
from reconciler.state.ledger_file import LedgerFiles
from tests.memory import at, wanted
from tests.workflow.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "state.db")


def entries(desk: Desk) -> tuple[Entry, ...]:
    found = verify("test", LedgerFiles(Path(desk.state)).lines("test"))
    assert found.flaw is None
    return found.entries


def told(desk: Desk) -> list[str]:
    every = [one for one in entries(desk) if one.kind != "access"]
    return [" ".join(filter(None, (one.kind, one.body.get("outcome")))) for one in every]


def codes(found: Sequence[object]) -> list[str]:
    return [getattr(one, "code", "") for one in found]


def test_a_run_is_told_from_before_its_first_write_to_its_end(desk: Desk) -> None:
    seen: list[str] = []
    desk.memory.before = lambda verb, key: seen.append(f"{verb} {key} after {told(desk)[-1]}")
    applied = desk.apply(wanted("a", size=1))
    assert applied.result is not None
    assert applied.result.ok
    assert told(desk) == ["run.begun", "step.begun", "step.ended done", "run.ended"]
    assert seen[0] == "create a after step.begun"
    begun, access, step, ended, run = entries(desk)
    assert begun.body["operation"] == "apply"
    assert begun.body["approval"] == "not said"
    assert (access.kind, access.body["mover"], access.body["subject"]) == ("access", "plan", str(at("a")))
    assert access.body.keys() >= {"verdict", "gains", "loses", "agent", "intent", "aspect"}
    assert (step.body["address"], step.body["phase"], step.body["action"]) == (str(at("a")), "create", "create")
    assert ended.body["code"] is None
    assert (run.body["done"], run.body["failed"], run.body["exit"]) == (1, 0, 0)
    assert len({one.run for one in entries(desk)}) == 1


def test_the_next_run_goes_on_from_the_last(desk: Desk) -> None:
    desk.apply(wanted("a", size=1))
    desk.apply(wanted("a", size=2))
    desk.apply(destroy=True)
    assert [one.body["operation"] for one in entries(desk) if one.kind == "run.begun"] == ["apply", "apply", "destroy"]
    assert len({one.run for one in entries(desk)}) == 3
    (changed,) = [one for one in entries(desk) if one.kind == "step.begun" and one.body["action"] == "update"]
    assert changed.body["attributes"] == ["size"], "names, no values"


def test_what_failed_and_what_was_skipped_is_told(desk: Desk) -> None:
    def refuses(verb: str, key: str) -> None:
        raise Denied("no, not you")

    desk.memory.before = refuses
    desk.apply(wanted("a", size=1), wanted("b", "a", size=1))
    assert told(desk) == ["run.begun", "step.begun", "step.ended failed", "step.ended skipped", "run.ended"]
    failed, skipped, run = entries(desk)[-3:]
    assert (failed.body["code"], failed.body["message"]) == ("W601", "no, not you")
    assert skipped.body["code"] == "W602"
    assert (run.body["failed"], run.body["skipped"], run.body["exit"]) == (1, 1, 1)


def test_a_plan_and_a_drift_write_nothing(desk: Desk) -> None:
    desk.plan(wanted("a", size=1))
    desk.drift(wanted("a", size=1))
    assert LedgerFiles(Path(desk.state)).audited() == ()


def test_where_it_cant_be_written_nothing_is_done(desk: Desk) -> None:
    LedgerFiles(Path(desk.state)).path("test").mkdir()
    applied = desk.apply(wanted("a", size=1))
    assert applied.result is None
    (why,) = applied.diagnostics
    assert why.code == "W618"
    assert why.message.startswith("nothing was done, for it can't be recorded: the audit record ")
    assert (desk.memory.objects, desk.recorded.objects, desk.recorded.serial) == ({}, {}, 0)


def test_where_its_end_was_edited_nothing_is_done(desk: Desk) -> None:
    desk.apply(wanted("a", size=1))
    path = LedgerFiles(Path(desk.state)).path("test")
    path.write_bytes(path.read_bytes().replace(b'"exit":0', b'"exit":1'))
    applied = desk.apply(wanted("a", size=2))
    assert (applied.result, codes(applied.diagnostics)) == (None, ["W619"])
    assert "the last entry" in applied.diagnostics[0].message


def test_where_it_fails_in_the_middle_no_further_step_is_begun(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    append, seen = LedgerFiles.append, list[int]()

    def full(self: LedgerFiles, environment: str, lines: Sequence[bytes]) -> None:
        seen.append(len(lines))
        if len(seen) == 3:  # the end of the first step
            raise LedgerError("the disk is full")
        append(self, environment, lines)

    monkeypatch.setattr(LedgerFiles, "append", full)
    applied = desk.apply(wanted("a", size=1), wanted("b", "a", size=1))
    assert applied.result is not None
    assert not applied.result.ok
    assert "W618" in codes(applied.result.diagnostics)
    assert list(desk.memory.objects) == ["a"]
    assert list(desk.recorded.objects) == [at("a")], "what was done is in the state"
    assert told(desk) == ["run.begun", "step.begun"]
    assert len(seen) == 3, "after a failure nothing more is written"


def test_a_torn_end_is_cut_off_and_told(desk: Desk) -> None:
    desk.apply(wanted("a", size=1))
    path = LedgerFiles(Path(desk.state)).path("test")
    with path.open("ab") as file:
        file.write(b'{"body":{"add')
    found = verify("test", LedgerFiles(Path(desk.state)).lines("test"))
    assert found.flaw is not None
    assert (found.flaw.number, str(found.flaw.wrong)) == (6, "torn")
    desk.apply(wanted("a", size=2))
    mended = entries(desk)[5]
    assert (mended.kind, mended.body["after"], mended.body["bytes"]) == ("mended", 5, 13)


def test_a_run_that_breaks_off_says_so(desk: Desk) -> None:
    class Hit(BaseException):
        pass

    def dies(verb: str, key: str) -> None:
        raise Hit

    desk.memory.before = dies
    with pytest.raises(Hit):
        desk.apply(wanted("a", size=1))
    assert entries(desk)[-1].body == {"broken_off": "Hit"}


def test_a_run_whose_lock_was_taken_away_writes_nothing_more(desk: Desk) -> None:
    def taken(verb: str, key: str) -> None:
        if key == "a":
            desk.take_the_lock_away()

    desk.memory.before = taken
    desk.apply(wanted("a", size=1), wanted("b", "a", size=1))
    assert told(desk) == ["run.begun", "step.begun"]


def test_a_plan_that_wasnt_approved_did_nothing_and_is_told(desk: Desk) -> None:
    def no(plan: Plan) -> bool:
        return False

    desk.approve = no
    desk.apply(wanted("a", size=1))
    assert told(desk) == ["run.refused"]


def test_a_run_that_finds_no_way_into_a_system_is_told(desk: Desk) -> None:
    def refuse() -> None:
        raise Denied("no", help="")

    desk.provider.logged_in = refuse
    assert desk.apply(wanted("a", size=1)).result is None
    assert told(desk) == ["run.refused"]
    (entry,) = entries(desk)
    assert entry.body["codes"] == ["W702"]
