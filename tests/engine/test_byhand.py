"""A plan announces no step that is bound to fail."""

from __future__ import annotations

from dataclasses import replace

from reconciler.engine.byhand import left_by_hand, told_by_hand
from reconciler.engine.graph import order
from reconciler.model import Action, ApplyResult, ByHand, Cause, Change, Plan
from tests.memory import at, live, resource
from tests.state.test_planfile import EMPTY

WHY = ByHand("it would lose data", "do it by hand")


def row(key: str, action: Action, *needs: str, stuck: bool = False) -> Change:
    found = replace(live(key, {}, needs), by_hand=WHY if stuck else None)
    after = None if action is Action.DELETE else resource(key)
    return Change(at(key), action, Cause.SPEC, found, after, depends_on=tuple(map(at, needs)))


def actions(*rows: Change) -> dict[str, Action]:
    return {change.address.key: change.action for change in left_by_hand(rows)}


def test_what_no_step_can_do_is_left_with_what_it_stands_on() -> None:
    rows = (
        row("owned", Action.DELETE, "role", stuck=True),
        row("role", Action.DELETE, "path"),
        row("path", Action.DELETE),
        row("grant", Action.DELETE, "role"),
    )
    assert actions(*rows) == {
        "owned": Action.BY_HAND,
        "role": Action.BY_HAND,
        "path": Action.BY_HAND,
        "grant": Action.DELETE,
    }
    left = left_by_hand(rows)
    assert [change.by_hand and change.by_hand.why for change in left][:2] == [
        WHY.why,
        f"{at('owned')} stands on it, and goes only by hand",
    ]
    assert [step.address.key for step in order(left).topological()] == ["grant"]
    assert next((one.code, one.help) for one in told_by_hand(left)) == ("W518", WHY.how)


def test_what_stays_or_is_changed_beside_it_is_as_it_was() -> None:
    rows = (
        row("owned", Action.DELETE, "role", stuck=True),
        row("role", Action.UPDATE),
        row("kept", Action.NO_OP, "role", stuck=True),
    )
    assert actions(*rows) == {"owned": Action.BY_HAND, "role": Action.UPDATE, "kept": Action.NO_OP}


def test_such_a_plan_is_no_plan_without_changes_and_its_run_is_not_ok() -> None:
    plan: Plan = replace(EMPTY, changes=left_by_hand((row("owned", Action.DELETE, stuck=True),)))
    assert plan.rows
    assert plan.is_empty, "nothing is asked about"
    assert not ApplyResult((), by_hand=1).ok
