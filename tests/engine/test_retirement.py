"""Retirements: what is due, from facts. Every row of the decision table, and the laws that hold for all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.engine.quarantine import came_back, marked, not_due, restoring, settled
from reconciler.engine.retirement import Case, decide, plan_retirements
from reconciler.model import (
    Action,
    Address,
    Deed,
    Live,
    Marked,
    Ownership,
    Proof,
    Resource,
    Retirable,
    Retired,
    Stage,
    Successor,
    Use,
    Waits,
)
from reconciler.provider import Attribute, Retirement, Retiring
from specs.retirement import Replacement

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
AT = Address("db", "login", "svc")
WANTED = Retirement("svc", AT, Retiring("svc"), (Replacement("bot", "read"),), 14 * 86400, 86400, None)
MARKS = {"db": {"login": {"open": Attribute("x"), "owns": Attribute("y", computed=True)}}}
PROOF = Proof("bot", "read", NOW - DAY, "me", "d1", "logged in")
GOOD = Successor("bot", "read", ready=True, proof=PROOF)
BUSY = Use("session 7", "10.0.0.1", NOW - DAY)


def found(*, open_: bool = True, native_id: str = "1", **facts: Any) -> Retirable:
    live = Live(Resource(AT, {"open": open_, "owns": ["t"]}), Ownership.UNMARKED, native_id=native_id)
    return Retirable(live, "login", not open_, Resource(AT, {"open": False, "owns": ["t"]}), **facts)


def recorded(mark: Marked, age: timedelta = timedelta(), native_id: str = "1") -> Retired:
    return Retired("svc", AT, mark, NOW - age, "me", Resource(AT, {"open": True}), native_id, (PROOF,))


def used(age: timedelta) -> Use:
    return Use("key", since=NOW - age, now=False)


LOCKED = found(open_=False)
HALF = found(restored=Resource(AT, {"open": True, "owns": ["t", "u"]}))
"""A part of it was given back."""
PARTLY = replace(found(), live=Live(Resource(AT, {"open": "ajar", "owns": ["t"]}), Ownership.UNMARKED, native_id="1"))
OWNED = replace(recorded(Marked.RESTORING), before=Resource(AT, {"open": True, "owns": ["t", "sold"]}))
"""What a quarantine doesn't touch may have moved since."""
WHOLE = found(restored=found().live.resource)
OLD = recorded(Marked.LOCKED, 15 * DAY)
YOUNG = recorded(Marked.LOCKED, 2 * DAY)


@pytest.mark.parametrize(
    ("there", "record", "path", "stage", "deed", "waits"),
    [
        (found(), None, replace(GOOD, ready=False), Stage.STANDING, Deed.NOTHING, Waits.PATH),
        (found(), None, replace(GOOD, proof=None), Stage.STANDING, Deed.NOTHING, Waits.PROOF),
        (found(), None, GOOD, Stage.STANDING, Deed.QUARANTINE, Waits.NOTHING),
        (found(uses=(BUSY,)), None, GOOD, Stage.STANDING, Deed.NOTHING, Waits.USE),
        (found(uses=(used(2 * DAY),)), None, GOOD, Stage.STANDING, Deed.QUARANTINE, Waits.NOTHING),
        (found(uses=(used(DAY / 2),)), None, GOOD, Stage.STANDING, Deed.NOTHING, Waits.USE),
        (found(never=("ours",)), None, GOOD, Stage.STANDING, Deed.NOTHING, Waits.NEVER),
        (found(unseen=("dark",)), None, GOOD, Stage.STANDING, Deed.NOTHING, Waits.SOMEBODY),
        (found(open_=False, unseen=("dark",)), OLD, GOOD, Stage.QUARANTINED, Deed.NOTHING, Waits.SOMEBODY),
        (found(holding=("a table",)), None, GOOD, Stage.STANDING, Deed.QUARANTINE, Waits.NOTHING),
        (LOCKED, None, GOOD, Stage.STANDING, Deed.QUARANTINE, Waits.NOTHING),
        (found(), recorded(Marked.LOCKING), GOOD, Stage.STANDING, Deed.QUARANTINE, Waits.NOTHING),
        (LOCKED, recorded(Marked.LOCKING), GOOD, Stage.QUARANTINED, Deed.NOTHING, Waits.TIME),
        (LOCKED, YOUNG, GOOD, Stage.QUARANTINED, Deed.NOTHING, Waits.TIME),
        (LOCKED, OLD, GOOD, Stage.QUARANTINED, Deed.DELETE, Waits.NOTHING),
        (LOCKED, OLD, replace(GOOD, proof=None), Stage.QUARANTINED, Deed.NOTHING, Waits.PROOF),
        (LOCKED, OLD, replace(GOOD, ready=False), Stage.QUARANTINED, Deed.NOTHING, Waits.PATH),
        (found(open_=False, uses=(BUSY,)), OLD, GOOD, Stage.QUARANTINED, Deed.NOTHING, Waits.USE),
        (found(open_=False, uses=(used(DAY),)), OLD, GOOD, Stage.QUARANTINED, Deed.NOTHING, Waits.TIME),
        (found(open_=False, uses=(used(16 * DAY),)), OLD, GOOD, Stage.QUARANTINED, Deed.DELETE, Waits.NOTHING),
        (found(open_=False, holding=("a table",)), OLD, GOOD, Stage.QUARANTINED, Deed.NOTHING, Waits.SOMEBODY),
        (found(open_=False, never=("ours",)), OLD, GOOD, Stage.QUARANTINED, Deed.NOTHING, Waits.NEVER),
        (found(), OLD, GOOD, Stage.STANDING, Deed.QUARANTINE, Waits.NOTHING),
        (found(open_=False, native_id="2"), OLD, GOOD, Stage.STANDING, Deed.QUARANTINE, Waits.NOTHING),
        (LOCKED, recorded(Marked.RESTORED, 15 * DAY), GOOD, Stage.STANDING, Deed.QUARANTINE, Waits.NOTHING),
        (LOCKED, recorded(Marked.RESTORING), GOOD, Stage.QUARANTINED, Deed.NOTHING, Waits.SOMEBODY),
        (found(), recorded(Marked.RESTORING), GOOD, Stage.STANDING, Deed.QUARANTINE, Waits.NOTHING),
        (HALF, recorded(Marked.RESTORING), GOOD, Stage.STANDING, Deed.NOTHING, Waits.SOMEBODY),
        (HALF, recorded(Marked.LOCKING), GOOD, Stage.STANDING, Deed.QUARANTINE, Waits.NOTHING),
        (PARTLY, recorded(Marked.RESTORING), GOOD, Stage.STANDING, Deed.NOTHING, Waits.SOMEBODY),
        (found(), OWNED, GOOD, Stage.STANDING, Deed.QUARANTINE, Waits.NOTHING),
        (WHOLE, recorded(Marked.RESTORING), GOOD, Stage.STANDING, Deed.QUARANTINE, Waits.NOTHING),
        (found(open_=False, stays=True), recorded(Marked.DELETED), GOOD, Stage.DELETED, Deed.NOTHING, Waits.NOTHING),
        (found(open_=False, stays=True), OLD, GOOD, Stage.QUARANTINED, Deed.DELETE, Waits.NOTHING),
        (found(stays=True), recorded(Marked.DELETED), GOOD, Stage.STANDING, Deed.QUARANTINE, Waits.NOTHING),
        (LOCKED, recorded(Marked.DELETED), GOOD, Stage.STANDING, Deed.QUARANTINE, Waits.NOTHING),
        (LOCKED, recorded(Marked.DELETING, 15 * DAY), GOOD, Stage.QUARANTINED, Deed.DELETE, Waits.NOTHING),
        (None, recorded(Marked.DELETING), GOOD, Stage.DELETED, Deed.NOTHING, Waits.NOTHING),
        (None, recorded(Marked.DELETED), GOOD, Stage.DELETED, Deed.NOTHING, Waits.NOTHING),
        (None, OLD, GOOD, Stage.GONE, Deed.NOTHING, Waits.NOTHING),
        (None, None, GOOD, Stage.GONE, Deed.NOTHING, Waits.NOTHING),
    ],
)
def test_what_is_due(
    there: Retirable | None, record: Retired | None, path: Successor, stage: Stage, deed: Deed, waits: Waits
) -> None:
    verdict = decide(Case(WANTED, there, record, (path,), NOW), MARKS["db"]["login"])
    assert (verdict.stage, verdict.deed, verdict.waits) == (stage, deed, waits)


@pytest.mark.parametrize(
    ("uses", "due"),
    [
        ((used(DAY / 2),), NOW + DAY / 2),
        ((used(DAY / 2), used(DAY / 4)), NOW + 3 * DAY / 4),
        ((used(DAY / 2), BUSY), None),
        ((used(DAY / 2), Use("role x, a member")), None),
    ],
)
def test_from_when_on_a_login_is_unused(uses: tuple[Use, ...], due: datetime | None) -> None:
    verdict = decide(Case(WANTED, found(uses=uses), None, (GOOD,), NOW))
    assert (verdict.waits, verdict.due, verdict.uses) == (Waits.USE, due, uses)


def test_what_is_due_is_due_to_the_second() -> None:
    second = timedelta(seconds=1)
    for age, deed in ((DAY, Deed.QUARANTINE), (DAY - second, Deed.NOTHING)):
        assert decide(Case(WANTED, found(uses=(used(age),)), None, (GOOD,), NOW)).deed is deed
    for age, deed in ((14 * DAY, Deed.DELETE), (14 * DAY - second, Deed.NOTHING)):
        assert decide(Case(WANTED, LOCKED, recorded(Marked.LOCKED, age), (GOOD,), NOW)).deed is deed
    # In use now is no use that the quarantine counts from.
    tried = found(open_=False, uses=(used(2 * DAY), replace(BUSY, since=NOW)))
    assert decide(Case(WANTED, tried, YOUNG, (GOOD,), NOW)).due == YOUNG.since + 14 * DAY  # type: ignore[operator]


def test_a_row_says_since_when_and_what_ends() -> None:
    told = {"ends": ("logins",), "losing": ("tables",)}
    cases = [
        (found(**told), None, None, ("logins",)),
        (found(open_=False, **told), OLD, OLD.since, ("tables",)),
        (found(open_=False, **told), YOUNG, YOUNG.since, ()),
        (found(uses=(BUSY,), **told), OLD, None, ()),
        (None, OLD, None, ()),
        (None, None, None, ()),
    ]
    for there, record, since, ends in cases:
        (row,) = plan_retirements([Case(WANTED, there, record, (GOOD,), NOW)], MARKS).rows
        assert (row.since, row.ends) == (since, ends)


USES = st.lists(
    st.builds(
        Use,
        who=st.just("it"),
        since=st.one_of(st.none(), st.integers(0, 300).map(lambda days: NOW - days * DAY)),
        now=st.booleans(),
    ),
    max_size=3,
).map(tuple)


@given(
    uses=USES,
    holding=st.sampled_from([(), ("x",)]),
    never=st.sampled_from([(), ("x",)]),
    unseen=st.sampled_from([(), ("x",)]),
    open_=st.booleans(),
    mark=st.sampled_from(list(Marked)),
    age=st.integers(0, 30),
    ready=st.booleans(),
    proof=st.sampled_from([None, PROOF]),
    native_id=st.sampled_from(["1", "2"]),
)
def test_nothing_is_broken_before_it_is_made(
    uses: tuple[Use, ...], holding: tuple[str, ...], never: tuple[str, ...], unseen: tuple[str, ...],
    open_: bool, mark: Marked, age: int,
    ready: bool, proof: Proof | None, native_id: str,
) -> None:  # fmt: skip
    there = found(open_=open_, native_id=native_id, uses=uses, holding=holding, never=never, unseen=unseen)
    path = Successor("bot", "read", ready, proof)
    verdict = decide(Case(WANTED, there, recorded(mark, age * DAY), (path,), NOW), MARKS["db"]["login"])
    if verdict.deed is not Deed.NOTHING:
        assert ready
        assert proof is not None
        assert not never
        assert not unseen
        assert not any(use.now for use in uses)
    if verdict.deed is Deed.DELETE:
        assert not open_
        assert not holding
        assert age >= 14
        assert native_id == "1"
        assert mark in {Marked.LOCKING, Marked.LOCKED, Marked.DELETING}
        assert all(use.since is None or use.since + 14 * DAY <= NOW or use.since <= NOW - age * DAY for use in uses)


def test_what_was_there_before_a_half_done_quarantine_is_kept() -> None:
    (row,) = plan_retirements([Case(WANTED, found(), recorded(Marked.LOCKING), (GOOD,), NOW)], MARKS).rows
    assert row.before == Resource(AT, {"open": True, "owns": ["t"]})
    assert row.due == NOW + 14 * DAY


def test_the_change_is_what_the_provider_says_of_a_locked_one() -> None:
    (change,) = plan_retirements([Case(WANTED, found(), None, (GOOD,), NOW)], MARKS).changes
    assert (change.action, [(one.name, one.before, one.after) for one in change.attributes]) == (
        Action.UPDATE,
        [("open", True, False)],
    )
    assert plan_retirements([Case(WANTED, LOCKED, OLD, (GOOD,), NOW)], MARKS).changes[0].action is Action.DELETE
    assert plan_retirements([Case(WANTED, LOCKED, YOUNG, (GOOD,), NOW)], MARKS).changes == ()


def test_a_record_of_somebody_else_says_nothing_of_this_one_and_is_kept() -> None:
    """A Retirement that names another principal by now: what undoing the first needs stands in its record alone."""
    other = Address("db", "login", "old")
    for mark in (Marked.LOCKING, Marked.LOCKED, Marked.RESTORING, Marked.DELETING):
        was = replace(recorded(mark, 15 * DAY, ""), address=other)
        for there in (LOCKED, found(), None):
            verdict = decide(Case(WANTED, there, was, (GOOD,), NOW))
            assert (verdict.deed, verdict.waits) == (Deed.NOTHING, Waits.SOMEBODY)
            assert verdict.stage is (Stage.GONE if there is None else Stage.STANDING)
            assert "the retirement svc locked old of db before" in verdict.in_the_way[0]
    for mark in (Marked.NONE, Marked.RESTORED, Marked.DELETED):
        was = replace(recorded(mark, 15 * DAY, ""), address=other)
        assert decide(Case(WANTED, LOCKED, was, (GOOD,), NOW)).deed is Deed.QUARANTINE
        assert decide(Case(WANTED, None, was, (GOOD,), NOW)).stage is Stage.GONE


def test_a_quarantine_that_was_lifted_begins_anew() -> None:
    """By hand, or because it never was: whoever locks it then by hand doesn't make an old quarantine of it."""
    planned = plan_retirements([Case(WANTED, found(uses=(BUSY,)), OLD, (GOOD,), NOW)], MARKS)
    assert planned.rows[0].waits is Waits.USE
    lapsed = settled(planned.rows[0], OLD)
    assert lapsed == replace(OLD, since=None)
    again = decide(Case(WANTED, LOCKED, lapsed, (GOOD,), NOW))
    assert (again.stage, again.deed) == (Stage.STANDING, Deed.QUARANTINE)
    (row,) = plan_retirements([Case(WANTED, LOCKED, lapsed, (GOOD,), NOW)], MARKS).rows
    assert row.before == Resource(AT, {"open": True, "owns": ["t"]})
    assert settled(row, lapsed) is None
    assert settled(plan_retirements([Case(WANTED, LOCKED, OLD, (GOOD,), NOW)], MARKS).rows[0], OLD) is None


def test_what_is_gone_isnt_waited_for() -> None:
    for mark, then in ((Marked.DELETING, Marked.DELETED), (Marked.LOCKED, Marked.NONE)):
        was = recorded(mark, 15 * DAY)
        (row,) = plan_retirements([Case(WANTED, None, was, (GOOD,), NOW)], MARKS).rows
        news = settled(row, was)
        assert news is not None
        assert (news.marked, news.proofs) == (then, was.proofs)
        assert settled(row, news) is None


def test_only_its_own_record_is_settled_and_none_that_is_undone() -> None:
    (row,) = plan_retirements([Case(WANTED, None, OLD, (GOOD,), NOW)], MARKS).rows
    assert settled(row, None) is None
    assert settled(row, replace(OLD, address=Address("db", "login", "old"))) is None
    undone, _ = restoring(OLD, found(), MARKS)
    assert undone.stage is Stage.STANDING
    assert settled(undone, OLD) is None
    assert restoring(OLD, LOCKED, MARKS)[0].stage is Stage.QUARANTINED


KEYS = {"db": {"login": {"keys": Attribute("x"), "denied": Attribute("y")}}}


def keyed(denied: bool, **keys: str) -> Retirable:
    now = Resource(AT, {"keys": keys, "denied": denied})
    locked = Resource(AT, {"keys": dict.fromkeys(keys, "off"), "denied": True})
    shut = denied and set(keys.values()) == {"off"}
    return Retirable(Live(now, Ownership.UNMARKED, native_id="1"), "user", shut, locked)


def test_what_somebody_changed_in_a_quarantine_isnt_undone_to_what_was_before() -> None:
    """A key that was made since, and one that was opened by hand."""
    was = replace(YOUNG, before=Resource(AT, {"keys": {"a": "on", "b": "off"}, "denied": False}))
    there = keyed(True, a="off", b="on", c="on")
    (row,) = plan_retirements([Case(WANTED, there, was, (GOOD,), NOW)], KEYS).rows
    assert row.deed is Deed.QUARANTINE
    assert row.before == Resource(AT, {"keys": {"a": "on", "b": "on", "c": "on"}, "denied": False})
    assert restoring(was, there, KEYS)[1].after == row.before


def test_an_undo_that_was_begun_is_ended_before_anything_else() -> None:
    was = replace(recorded(Marked.RESTORING), before=Resource(AT, {"keys": {"a": "on"}, "denied": False}))
    half = Case(WANTED, keyed(True, a="on"), was, (GOOD,), NOW)
    (row,) = plan_retirements([half], KEYS).rows
    assert (row.deed, row.waits) == (Deed.NOTHING, Waits.SOMEBODY)
    assert row.before == was.before
    whole = plan_retirements([replace(half, found=keyed(False, a="on"))], KEYS)
    assert whole.rows[0].deed is Deed.QUARANTINE


def test_undoing_restores_what_was_recorded_and_ends_the_proof() -> None:
    row, change = restoring(OLD, LOCKED, MARKS)
    assert change.after == Resource(AT, {"open": True, "owns": ["t"]})
    begun = marked(row, OLD, change, "you", done=False)
    ended = marked(row, begun, change, "you", done=True)
    assert (begun.marked, begun.proofs, begun.before) == (Marked.RESTORING, (), change.after)
    assert (ended.marked, ended.proofs, ended.who) == (Marked.RESTORED, (), "you")


def test_what_the_provider_says_can_be_restored_is_and_what_it_lost_is_told() -> None:
    back = Resource(AT, {"open": True, "owns": ["u"]})
    row, change = restoring(OLD, found(open_=False, restored=back, lost=("t has gone",)), MARKS)
    assert (change.after, row.ends) == (back, ("t has gone",))


@pytest.mark.parametrize(
    ("there", "record", "back"),
    [
        (found(), OLD, True),
        (found(), recorded(Marked.DELETED), True),
        (found(), recorded(Marked.LOCKING), False),
        (found(), recorded(Marked.RESTORED), False),
        (found(), recorded(Marked.LOCKED, native_id="2"), False),
        (LOCKED, OLD, False),
    ],
)
def test_one_that_somebody_unlocked_is_known(there: Retirable, record: Retired, back: bool) -> None:
    assert came_back(there, record) is back


def test_what_was_given_up_for_good_is_not_kept() -> None:
    case = Case(WANTED, LOCKED, OLD, (GOOD,), NOW)
    planned = plan_retirements([case], MARKS)
    begun = marked(planned.rows[0], OLD, planned.changes[0], "me", done=False)
    ended = marked(planned.rows[0], begun, planned.changes[0], "me", done=True)
    assert (begun.before, ended.before, ended.marked) == (planned.rows[0].before, None, Marked.DELETED)


def test_a_quarantine_counts_from_its_beginning_and_a_deletion_keeps_it() -> None:
    case = Case(WANTED, found(), None, (GOOD,), NOW)
    planned = plan_retirements([case], MARKS)
    begun = marked(planned.rows[0], None, planned.changes[0], "me", done=False)
    ended = marked(planned.rows[0], begun, planned.changes[0], "me", done=True)
    assert (begun.marked, ended.marked, ended.since) == (Marked.LOCKING, Marked.LOCKED, begun.since)
    assert (ended.before, ended.native_id) == (found().live.resource, "1")
    going = plan_retirements([Case(WANTED, LOCKED, OLD, (GOOD,), NOW)], MARKS)
    assert marked(going.rows[0], OLD, going.changes[0], "me", done=False).since == OLD.since


@pytest.mark.parametrize(
    ("deed", "there", "record", "why"),
    [
        (Deed.QUARANTINE, found(), Retired("svc", AT, proofs=(PROOF,)), ""),
        (Deed.QUARANTINE, found(), None, "never proved"),
        (Deed.QUARANTINE, found(), Retired("svc", AT), "isn't proved"),
        (Deed.QUARANTINE, found(), Retired("svc", AT, proofs=(replace(PROOF, digest="d2"),)), "isn't proved"),
        (Deed.QUARANTINE, found(), Retired("svc", Address("db", "login", "x"), proofs=(PROOF,)), "never proved"),
        (Deed.QUARANTINE, found(never=("ours",)), Retired("svc", AT, proofs=(PROOF,)), "must not be retired: ours"),
        (Deed.QUARANTINE, found(uses=(BUSY,)), Retired("svc", AT, proofs=(PROOF,)), "is in use since"),
        (Deed.QUARANTINE, found(unseen=("dark",)), Retired("svc", AT, proofs=(PROOF,)), "dark"),
        (Deed.QUARANTINE, None, Retired("svc", AT, proofs=(PROOF,)), "isn't there any more"),
        (Deed.DELETE, LOCKED, OLD, ""),
        (Deed.DELETE, LOCKED, Retired("svc", AT, proofs=(PROOF,)), "isn't locked"),
        (Deed.DELETE, found(), OLD, "isn't locked"),
        (Deed.DELETE, LOCKED, recorded(Marked.LOCKED, 15 * DAY, "2"), "isn't locked"),
        (Deed.DELETE, LOCKED, recorded(Marked.RESTORED, 15 * DAY), "isn't locked"),
    ],
)
def test_a_saved_step_is_held_against_the_record(
    deed: Deed, there: Retirable | None, record: Retired | None, why: str
) -> None:
    """A plan file that somebody wrote says what it likes; it is what is recorded and found that lets a step be done."""
    case = (LOCKED, OLD) if deed is Deed.DELETE else (found(), None)
    planned = plan_retirements([Case(WANTED, *case, (GOOD,), NOW)], MARKS)
    assert planned.rows[0].deed is deed
    said = not_due(planned.rows[0], planned.changes[0], record, there)
    assert (why in said, bool(said)) == (True, bool(why))


def test_what_has_gone_meanwhile_is_told_and_not_asked_for() -> None:
    keys = {"db": {"login": {"keys": Attribute("x"), "console": Attribute("y", computed=True)}}}
    was = Resource(AT, {"keys": {"a": "on", "b": "on"}, "console": True})
    now = Live(Resource(AT, {"keys": {"b": "off"}, "console": False}), Ownership.UNMARKED, native_id="1")
    left = Retirable(now, "user", quarantined=True, locked=now.resource)
    row, change = restoring(replace(OLD, before=was), left, keys)
    assert change.after == Resource(AT, {"keys": {"b": "on"}, "console": False})
    assert list(row.ends) == [
        "keys a has gone, and can't be brought back",
        "console has gone, and can't be brought back",
    ]


UNPROVED = replace(GOOD, proof=None)
YESTERDAY = Use("key", since=NOW - DAY / 2, now=False)


@pytest.mark.parametrize(
    ("there", "record", "path", "refused"),
    [
        (found(uses=(BUSY,)), None, GOOD, True),
        (found(uses=(YESTERDAY,)), None, GOOD, False),
        (found(uses=(YESTERDAY, BUSY)), None, GOOD, True),
        (found(uses=(BUSY,)), None, UNPROVED, False),
        (found(unseen=("x",)), None, GOOD, True),
        (found(unseen=("x",)), None, UNPROVED, False),
        (found(), None, GOOD, False),
        (found(open_=False, uses=(BUSY,)), OLD, GOOD, True),
        (found(open_=False, uses=(BUSY,)), YOUNG, GOOD, False),
        (found(open_=False, holding=("x",)), OLD, GOOD, True),
        (found(open_=False, holding=("x",)), YOUNG, GOOD, False),
        (found(open_=False, unseen=("x",)), OLD, GOOD, True),
        (found(open_=False, unseen=("x",)), YOUNG, GOOD, False),
        (LOCKED, YOUNG, GOOD, False),
        (LOCKED, OLD, UNPROVED, False),
        (found(open_=False), recorded(Marked.RESTORING), GOOD, True),
        (None, None, GOOD, False),
    ],
)
def test_a_step_that_is_due_and_not_done_is_refused(
    there: Retirable | None, record: Retired | None, path: Successor, refused: bool
) -> None:
    (row,) = plan_retirements([Case(WANTED, there, record, (path,), NOW)], MARKS).rows
    assert row.is_refused(NOW) is refused
