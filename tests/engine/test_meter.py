"""The meter: what stands and what is obtained, before and after, and what is due first. From a plan's rows alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from reconciler.engine.meter import meter
from reconciler.model import (
    Action,
    Address,
    Cause,
    Change,
    Deed,
    Due,
    Limit,
    Live,
    Meter,
    Origin,
    Ownership,
    Resource,
    RetirementRow,
    Stage,
    Ttl,
    Waits,
)

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
_BEFORE = {Action.NO_OP, Action.UPDATE, Action.DELETE, Action.BY_HAND}
_AFTER = {Action.NO_OP, Action.UPDATE, Action.CREATE}


def change(action: Action, system: str, agent: str = "bot", intent: str = "read", key: str = "x") -> Change:
    address = Address(system, "role", key)
    there = Live(Resource(address, {}), Ownership.OURS) if action in _BEFORE else None
    wanted = Resource(address, {}) if action in _AFTER else None
    return Change(address, action, Cause.SPEC, there, wanted, origin=Origin("why", agent, intent))


def counted(*changes: Change) -> tuple[tuple[int, int], tuple[int, int]]:
    told = meter(changes, {"vault", "aws"}, (), ())
    return told.standing, told.dynamic


@pytest.mark.parametrize(
    ("action", "sides"),
    [
        (Action.NO_OP, (1, 1)),
        (Action.UPDATE, (1, 1)),
        (Action.CREATE, (0, 1)),
        (Action.DELETE, (1, 0)),
        (Action.BY_HAND, (1, 1)),
    ],
)
def test_an_agents_reach_is_counted_on_both_sides_of_a_plan(action: Action, sides: tuple[int, int]) -> None:
    assert counted(change(action, "vault")) == ((0, 0), sides)
    assert counted(change(action, "ldap")) == (sides, (0, 0))


def test_each_agent_intent_and_system_counts_once() -> None:
    same = (change(Action.NO_OP, "vault"), change(Action.CREATE, "vault", key="y"))
    assert counted(*same) == ((0, 0), (1, 1))
    others = (
        change(Action.CREATE, "vault", agent="eve"),
        change(Action.CREATE, "vault", intent="write"),
        change(Action.CREATE, "aws"),
        change(Action.DELETE, "ldap"),
    )
    assert counted(*same, *others) == ((1, 0), (1, 4))


def test_what_is_no_agents_for_an_intent_doesnt_count() -> None:
    rogue = Change(
        Address("vault", "role", "r"), Action.DELETE, Cause.OUTSIDE,
        Live(Resource(Address("vault", "role", "r"), {}), Ownership.FOREIGN), None,
    )  # fmt: skip
    assert counted(
        rogue, change(Action.NO_OP, "vault", intent=""), change(Action.NO_OP, "ldap", agent="", intent="")
    ) == (
        (0, 0),
        (0, 0),
    )


def row(
    stage: Stage = Stage.STANDING,
    deed: Deed = Deed.NOTHING,
    waits: Waits = Waits.NOTHING,
    due: datetime | None = None,
    name: str = "svc",
) -> RetirementRow:
    return RetirementRow(name, Address("db", "login", f"{name}_login"), "login", stage, deed, waits, due=due)


@pytest.mark.parametrize(
    ("one", "standing"),
    [
        (row(), (1, 1)),
        (row(waits=Waits.NEVER), (1, 1)),
        (row(deed=Deed.QUARANTINE), (1, 0)),
        (row(Stage.QUARANTINED, waits=Waits.TIME, due=NOW), (0, 0)),
        (row(Stage.QUARANTINED, Deed.DELETE), (0, 0)),
        (row(Stage.DELETED), (0, 0)),
        (row(Stage.GONE), (0, 0)),
    ],
)
def test_a_principal_stands_until_it_is_locked(one: RetirementRow, standing: tuple[int, int]) -> None:
    assert meter((), (), (), [one]).standing == standing


WHO = "svc_login of db (retirement svc)"


@pytest.mark.parametrize(
    ("one", "due"),
    [
        (row(deed=Deed.QUARANTINE, due=NOW), Due(NOW, f"delete {WHO}")),
        (row(Stage.QUARANTINED, waits=Waits.TIME, due=NOW), Due(NOW, f"delete {WHO}")),
        (row(waits=Waits.PROOF), Due(None, f"prove what replaces {WHO}: writ retire --prove svc")),
        (row(waits=Waits.USE), Due(None, f"lock {WHO}, once nobody uses it")),
        (row(waits=Waits.USE, due=NOW), Due(None, f"lock {WHO}, once nobody uses it")),
        (row(Stage.QUARANTINED, waits=Waits.USE, due=NOW), Due(None, f"delete {WHO}, once nobody uses it")),
        (row(Stage.QUARANTINED, waits=Waits.SOMEBODY, due=NOW), None),
        (row(waits=Waits.PATH), None),
        (row(waits=Waits.NEVER), None),
        (row(Stage.QUARANTINED, Deed.DELETE, due=NOW), None),
        (row(Stage.DELETED), None),
    ],
)
def test_what_comes_next_of_a_retirement(one: RetirementRow, due: Due | None) -> None:
    assert meter((), (), (), [one]).next == due


def ends(until: str, system: str = "ldap") -> Ttl:
    return Ttl("bot", "read", system, 60, Limit(60, "stands", until=until))


@pytest.mark.parametrize(
    ("until", "at"),
    [
        ("2026-12-05T00:00:00Z", datetime(2026, 12, 5, tzinfo=UTC)),
        ("2026-12-05T01:00:00+02:00", datetime(2026, 12, 4, 23, tzinfo=UTC)),
        ("2026-12-05T00:00:00", datetime(2026, 12, 5, tzinfo=UTC)),
        ("2026-12-05", datetime(2026, 12, 5, tzinfo=UTC)),
    ],
)
def test_an_end_is_at_its_moment_and_in_utc_where_it_names_no_zone(until: str, at: datetime) -> None:
    found = meter((), (), [ends(until), ends("")], ()).next
    assert found == Due(at, "bot's access for read on ldap ends")


def test_the_soonest_is_due_first_and_what_has_no_date_last() -> None:
    early, late = row(deed=Deed.QUARANTINE, due=NOW, name="z"), row(deed=Deed.QUARANTINE, due=NOW + DAY, name="a")
    undated = row(waits=Waits.PROOF, name="b")
    zoned = early.due.astimezone(timezone(timedelta(hours=9))) if early.due is not None else None
    for rows in ([early, late, undated], [undated, late, early]):
        found = meter((), (), [ends("2026-12-09", "a")], rows).next
        assert found is not None
        assert (found.at, found.what) == (NOW, "delete z_login of db (retirement z)")
    assert meter((), (), [ends("2026-11-30")], [early, late]).next == Due(
        datetime(2026, 11, 30, tzinfo=UTC), "bot's access for read on ldap ends"
    )
    assert meter((), (), (), [row(deed=Deed.QUARANTINE, due=zoned, name="z"), late]).next == Due(
        zoned, "delete z_login of db (retirement z)"
    )
    second = row(waits=Waits.PROOF, name="c")
    for rows in ([second, undated], [undated, second]):
        found = meter((), (), (), rows).next
        assert found is not None
        assert found.what.startswith("prove what replaces b_login")


def test_where_there_is_nothing_nothing_is_due() -> None:
    assert meter((), (), (), ()) == Meter((0, 0), (0, 0), None)
    assert (Meter().share(0), Meter((1, 0), (2, 3)).share(0), Meter((1, 0), (2, 3)).share(1)) == (None, 66, 100)
