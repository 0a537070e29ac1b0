"""Who may and what may never change one after the other while the object that joins them stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from reconciler.engine.closing import close_first
from reconciler.engine.graph import Phase, Step, order
from reconciler.model import Action, Address, AttributeChange, Cause, Change
from reconciler.provider import Attribute
from tests.memory import at, live, resource

MARKS: Mapping[str, Mapping[str, Mapping[str, Attribute]]] = {
    "mem": {
        "thing": {
            "who": Attribute("", admits=True),
            "what": Attribute("", allows=True),
            "most": Attribute("", bounds=True),
            "size": Attribute(""),
        }
    }
}


def row(key: str, *moved: str, needs: tuple[str, ...] = (), action: Action | None = None) -> Change:
    return Change(
        at(key),
        action or (Action.UPDATE if moved else Action.NO_OP),
        Cause.SPEC,
        live(key, dict.fromkeys(moved, 1), needs),
        resource(key, **dict.fromkeys(moved, 2)),
        tuple(AttributeChange(name, 1, 2, Cause.SPEC) for name in moved),
        depends_on=tuple(map(at, needs)),
    )


def set_back(change: Change) -> Change:
    """Somebody changed it, and applying takes that back."""
    return replace(change, attributes=tuple(replace(one, cause=Cause.OUTSIDE) for one in change.attributes))


def actions(*rows: Change) -> dict[str, Action]:
    return {change.address.key: change.action for change in close_first(rows, MARKS)}


def test_the_door_that_needs_the_rule() -> None:
    found = actions(row("policy", "what"), row("role", "who", needs=("policy",)))
    assert found == {"policy": Action.UPDATE, "role": Action.REPLACE}


def test_the_rule_that_hangs_on_the_door() -> None:
    found = actions(row("role", "who"), row("policy", "what", needs=("role",)))
    assert found == {"role": Action.UPDATE, "policy": Action.REPLACE}


def test_what_joins_two_that_change_is_closed_though_it_stays_the_same() -> None:
    rows = (row("issuer", "who"), row("policy", "what"), row("role", needs=("issuer", "policy")))
    assert actions(*rows) == {"issuer": Action.UPDATE, "policy": Action.UPDATE, "role": Action.REPLACE}


@pytest.mark.parametrize(
    "rows",
    [
        (row("policy", "what"), row("role", needs=("policy",))),
        (row("policy", "size"), row("role", "who", needs=("policy",))),
        (row("policy", "what"), row("role", "who")),
        (row("policy", "what"), row("role", "who", needs=("policy",), action=Action.CREATE)),
        (row("role", "most"), row("policy", needs=("role",))),
        (row("role", "most"), row("policy", "size", needs=("role",))),
        (set_back(row("role", "who", "most")), row("policy", needs=("role",))),
    ],
    ids=["only-what", "only-who", "apart", "new-door", "only-most", "most-and-size", "set-back"],
)
def test_nothing_else_is_replaced(rows: tuple[Change, ...]) -> None:
    assert close_first(rows, MARKS) == rows


def test_what_is_bounded_anew_and_allows_anew_is_closed_meanwhile() -> None:
    """The old policy under the new boundary may be more than either plan allows."""
    rows = close_first((row("role", "most"), row("policy", "what", needs=("role",))), MARKS)
    assert [change.action for change in rows] == [Action.UPDATE, Action.REPLACE]
    assert [(step.address.key, step.phase) for step in order(rows).topological()] == [
        ("policy", Phase.DELETE),
        ("role", Phase.UPDATE),
        ("policy", Phase.CREATE),
    ]


def test_who_and_the_bounds_of_what_never_change_one_after_the_other() -> None:
    assert actions(row("role", "who", "most")) == {"role": Action.REPLACE}


def test_the_door_is_shut_before_a_new_rule_is_made() -> None:
    """The old subject would meet it; and the two would wait for each other."""
    rows = (row("policy", "what", action=Action.CREATE), row("between", needs=("policy",)))
    door = row("role", "who", needs=("between",))
    assert actions(*rows, door) == {"policy": Action.CREATE, "between": Action.NO_OP, "role": Action.REPLACE}


def test_the_door_is_shut_before_either_changes_and_opened_after_both() -> None:
    rows = close_first((row("policy", "what"), row("role", "who", needs=("policy",))), MARKS)
    steps = order(rows).topological()
    assert [(step.address.key, step.phase) for step in steps] == [
        ("role", Phase.DELETE),
        ("policy", Phase.UPDATE),
        ("role", Phase.CREATE),
    ]


def test_a_row_is_otherwise_as_it_was() -> None:
    rows = (row("policy", "what"), row("role", "who", needs=("policy",)))
    assert close_first(rows, MARKS)[1] == replace(rows[1], action=Action.REPLACE)
    assert Step(Address("mem", "thing", "role"), Phase.CREATE) in order(close_first(rows, MARKS)).topological()
