"""Which step comes before which, for each pair of actions: what depends, and what it stands on."""

from __future__ import annotations

import pytest

from reconciler.engine.graph import CyclicOrder, Order, Phase, Step, order
from reconciler.model import Action, Cause, Change
from tests.memory import at, live, resource

UPPER, LOWER, OTHER = at("upper"), at("lower"), at("other")
C, U, D = Phase.CREATE, Phase.UPDATE, Phase.DELETE
BETWEEN: dict[tuple[Action, Action], set[tuple[str, str, Phase, Phase]]] = {
    (Action.CREATE, Action.CREATE): {("lower", "upper", C, C)},
    (Action.CREATE, Action.UPDATE): {("lower", "upper", U, C)},
    (Action.CREATE, Action.REPLACE): {("lower", "upper", C, C)},
    (Action.UPDATE, Action.CREATE): {("lower", "upper", C, U)},
    (Action.UPDATE, Action.UPDATE): {("lower", "upper", U, U)},
    (Action.REPLACE, Action.CREATE): {("lower", "upper", C, C)},
    (Action.REPLACE, Action.UPDATE): {("lower", "upper", U, C), ("upper", "lower", D, U)},
    (Action.REPLACE, Action.REPLACE): {("lower", "upper", C, C), ("upper", "lower", D, D)},
    (Action.DELETE, Action.UPDATE): {("upper", "lower", D, U)},
    (Action.DELETE, Action.DELETE): {("upper", "lower", D, D)},
    (Action.DELETE, Action.REPLACE): {("upper", "lower", D, D)},
}
QUIET = (Action.NO_OP, Action.ADOPT, Action.BY_HAND)


def row(key: str, action: Action, *needs: str, was: tuple[str, ...] = ()) -> Change:
    before = live(key, {"size": 1}, was) if action is not Action.CREATE else None
    after = resource(key, size=2) if action not in {Action.DELETE, Action.FORGET} else None
    return Change(at(key), action, Cause.SPEC, before, after, depends_on=tuple(at(need) for need in needs))


def edges(found: Order) -> set[tuple[str, str, Phase, Phase]]:
    """Between the two: from, to, and of which phases."""
    steps = found.topological()
    return {
        (step.address.key, later.address.key, step.phase, later.phase)
        for step in steps
        for later in found.after(step)
        if step.address != later.address
    }


@pytest.mark.parametrize(("upper", "lower"), BETWEEN)
def test_what_depends_and_what_it_stands_on(upper: Action, lower: Action) -> None:
    found = order([row("upper", upper, "lower"), row("lower", lower)])
    assert edges(found) == BETWEEN[upper, lower]
    for first, then, before, after in edges(found):
        assert Step(at(first), before) in set(found.before(Step(at(then), after)))


def test_a_replacement_is_deleted_and_then_made() -> None:
    found = order([row("upper", Action.REPLACE)])
    assert list(found.after(Step(UPPER, D))) == [Step(UPPER, C)]
    assert found.topological() == (Step(UPPER, D), Step(UPPER, C))
    assert len(found) == 2


@pytest.mark.parametrize("lower", [*QUIET, Action.FORGET])
def test_what_isnt_touched_is_waited_for_by_nobody(lower: Action) -> None:
    found = order([row("upper", Action.UPDATE, "lower", "nowhere"), row("lower", lower)])
    assert edges(found) == set()
    assert len(found) == (2 if lower is Action.FORGET else 1)


def test_what_is_forgotten_is_only_recorded() -> None:
    (step,) = order([row("upper", Action.FORGET)]).topological()
    assert (step.phase, step.calls, step.is_gate) == (Phase.RECORD, False, False)
    assert [Step(UPPER, phase).calls for phase in (C, U, D)] == [True] * 3
    assert [Step(UPPER, phase).is_gate for phase in (Phase.CLOSED, Phase.CHANGED)] == [True] * 2


def test_a_mere_removal_that_fails_lets_the_update_of_what_it_stood_on_go_on() -> None:
    found = order(
        [row("upper", Action.DELETE, "lower"), row("lower", Action.UPDATE), row("other", Action.UPDATE, "lower")]
    )
    removal, update = Step(UPPER, D), Step(LOWER, U)
    assert list(found.released(removal)) == [update]
    assert found.downstream(removal) == frozenset()
    assert list(found.released(update)) == []
    assert found.downstream(update) == {Step(OTHER, U)}


def test_what_is_replaced_holds_up_what_it_stands_on_if_it_cant_be_deleted() -> None:
    found = order([row("upper", Action.REPLACE, "lower"), row("lower", Action.UPDATE)])
    assert list(found.released(Step(UPPER, D))) == []
    assert found.downstream(Step(UPPER, D)) == {Step(UPPER, C), Step(LOWER, U)}


@pytest.mark.parametrize(
    ("action", "phases"), [(Action.UPDATE, {U}), (Action.REPLACE, {D}), (Action.DELETE, {D}), (Action.NO_OP, set())]
)
def test_what_something_stood_on_goes_after_it_was_moved_off(action: Action, phases: set[Phase]) -> None:
    found = order([row("upper", action, was=("lower",)), row("lower", Action.DELETE)])
    assert edges(found) == {("upper", "lower", phase, D) for phase in phases}
    kept = order([row("upper", action, was=("lower",)), row("lower", Action.UPDATE)])
    assert edges(kept) == set()


def test_a_circle_is_named() -> None:
    with pytest.raises(CyclicOrder) as found:
        order([row("upper", Action.CREATE, "lower"), row("lower", Action.UPDATE, "upper")])
    ends = ('create mem.thing["upper"]', 'update mem.thing["lower"]')
    assert str(found.value) in {" → ".join(ends), " → ".join(reversed(ends))}
