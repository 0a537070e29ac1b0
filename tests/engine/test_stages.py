"""Over all systems: closed first, then changed, then opened."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from reconciler.engine.apply import apply_plan
from reconciler.engine.cascade import cascade_replacements
from reconciler.engine.closing import close_first
from reconciler.engine.graph import order
from reconciler.engine.session import Session, System
from reconciler.engine.stages import stages
from reconciler.engine.target import narrowed
from reconciler.model import (
    Action,
    Address,
    ApplyResult,
    AttributeChange,
    Cause,
    Change,
    Live,
    Origin,
    Outcome,
    Ownership,
    Plan,
    Resource,
    StepEvent,
)
from reconciler.provider import Attribute, Rejected, ResourceType, Scope
from specs.base import SpecModel
from tests.memory import Memory, MemoryProvider, Thing

BOT, READ, WRITE = Origin("", "bot"), Origin("", "bot", "read"), Origin("", "bot", "write")


class Door(Thing):
    name: ClassVar[str] = "door"
    attributes: ClassVar[Mapping[str, Attribute]] = {"who": Attribute("", admits=True), "size": Attribute("")}


class Gate(Thing):
    """A door whose sessions live on."""

    name: ClassVar[str] = "gate"
    attributes: ClassVar[Mapping[str, Attribute]] = {"who": Attribute("", admits=True, sessions=True)}


class Rule(Thing):
    name: ClassVar[str] = "rule"
    attributes: ClassVar[Mapping[str, Attribute]] = {"what": Attribute("", allows=True), "size": Attribute("")}


class Mint(Thing):
    name: ClassVar[str] = "mint"
    attributes: ClassVar[Mapping[str, Attribute]] = {"what": Attribute("", allows=True, sessions=True)}


class Provider(MemoryProvider):
    types: ClassVar[Mapping[str, ResourceType[Memory]]] = {  # type: ignore[assignment]
        kind.name: kind for kind in (Door(), Gate(), Rule(), Mint(), Thing())
    }


def system(name: str, memory: Memory) -> System:
    return System(Provider(), Scope("test", name, SpecModel()), memory)


def marks() -> Any:
    return Session({name: system(name, Memory()) for name in ("logins", "data")}).marks


def at(where: str) -> Address:
    name, kind, key = where.split("/")
    return Address(name, kind, key)


def row(
    where: str,
    action: Action,
    *moved: str,
    origin: Origin | None = READ,
    needs: tuple[str, ...] = (),
    cause: Cause = Cause.SPEC,
) -> Change:
    address, old, new = at(where), dict.fromkeys(moved, 1), dict.fromkeys(moved, 2)
    before = Live(Resource(address, {"size": 0} | old), Ownership.OURS)
    return Change(
        address,
        action,
        cause,
        None if action is Action.CREATE else before,
        None if action is Action.DELETE else Resource(address, {"size": 0} | new),
        tuple(AttributeChange(name, 1, 2, cause) for name in moved),
        origin,
        tuple(map(at, needs)),
    )


OLD_DOOR = row("logins/door/old", Action.DELETE)
NEW_DOOR = row("logins/door/new", Action.CREATE)
WIDER = row("data/rule/r", Action.UPDATE, "what")
MORE = row("data/rule/more", Action.CREATE)
TOO_MUCH = row("data/rule/less", Action.DELETE)
OTHERS = row("data/rule/other", Action.UPDATE, "what", origin=WRITE)


def walk(*changes: Change, failing: str = "") -> tuple[list[tuple[str, str]], ApplyResult]:
    """The calls in order, and what became of all steps."""
    memory = Memory({change.address.key: {} for change in changes if change.before})

    def fail(verb: str, key: str) -> None:
        if key == failing:
            raise Rejected("no")

    memory.before = fail
    session = Session({name: system(name, memory) for name in ("logins", "data")})
    plan = Plan("test", datetime.now(UTC), "", "", 0, (), changes)
    result = apply_plan(plan, session, Forgetful(), lambda event: None, interrupted=lambda: False)
    return memory.calls, result


class Forgetful:
    def begin(self, steps: object) -> None:
        pass

    def ended(self, steps: object) -> None:
        pass


@pytest.fixture(autouse=True)
def reads_what_it_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dictionary knows one type; what is read back is not what is tested here."""
    monkeypatch.setattr("reconciler.engine.step._read_back", lambda *_: (None, ()))


def keys(steps: tuple[StepEvent, ...]) -> set[str]:
    return {step.address.key for step in steps}


def test_over_all_systems_it_is_closed_first_then_changed_then_opened() -> None:
    for changes in itertools.permutations((OLD_DOOR, NEW_DOOR, WIDER, MORE, TOO_MUCH)):
        calls, result = walk(*changes)
        assert result.ok
        place = {key: number for number, (_, key) in enumerate(calls)}
        assert place["old"] < min(place["r"], place["more"])
        assert max(place["r"], place["less"]) < place["new"]


def test_if_the_door_does_not_close_what_would_be_widened_is_skipped_and_all_else_goes_on() -> None:
    _, result = walk(OLD_DOOR, NEW_DOOR, WIDER, MORE, TOO_MUCH, OTHERS, failing="old")
    assert keys(result.of(Outcome.FAILED)) == {"old"}
    assert keys(result.of(Outcome.SKIPPED)) == {"r", "more", "new"}
    assert keys(result.of(Outcome.DONE)) == {"less", "other"}
    [why] = [step.diagnostic for step in result.of(Outcome.SKIPPED) if step.address.key == "more"]
    assert why is not None
    assert (why.code, why.message) == ("W602", 'skipped: it depends on logins.door["old"]')


def test_if_what_is_too_much_stays_nobody_new_comes_in() -> None:
    _, result = walk(OLD_DOOR, NEW_DOOR, TOO_MUCH, failing="less")
    assert keys(result.of(Outcome.SKIPPED)) == {"new"}


def test_what_all_intents_stand_on_closes_for_each_of_them() -> None:
    entity = row("logins/door/entity", Action.REPLACE, "who", origin=BOT)
    _, result = walk(entity, WIDER, OTHERS, failing="entity")
    assert keys(result.of(Outcome.SKIPPED)) == {"entity", "r", "other"}


def test_an_issuer_closes_for_those_whose_doors_stand_on_it() -> None:
    issuer = row("logins/door/issuer", Action.UPDATE, "who", origin=None)
    door = row("logins/door/door", Action.NO_OP, needs=("logins/door/issuer",))
    _, result = walk(issuer, door, WIDER, OTHERS, failing="issuer")
    assert keys(result.of(Outcome.SKIPPED)) == {"r"}


def test_an_undeclared_door_closes_before_what_it_leads_to_is_widened_by_the_specs() -> None:
    rogue = row("logins/door/rogue", Action.DELETE, origin=None, needs=("data/rule/r",))
    _, result = walk(rogue, WIDER, failing="rogue")
    assert keys(result.of(Outcome.SKIPPED)) == {"r"}
    healed = row("data/rule/r", Action.UPDATE, "what", cause=Cause.OUTSIDE)
    _, result = walk(rogue, healed, failing="rogue")
    assert keys(result.of(Outcome.DONE)) == {"r"}, "what was applied before is restored all the same"


def test_where_nobody_goes_nothing_waits() -> None:
    _, result = walk(NEW_DOOR, WIDER, TOO_MUCH, failing="less")
    assert keys(result.of(Outcome.DONE)) == {"new", "r"}


def test_sessions_that_would_gain_end_first() -> None:
    group = row("data/thing/group", Action.NO_OP)
    mint = row("logins/mint/mint", Action.NO_OP, needs=("data/thing/group",))
    wider = row("data/rule/r", Action.UPDATE, "what", needs=("data/thing/group",))
    moved = close_first((OLD_DOOR, group, mint, wider), marks())
    assert {change.address.key: change.action for change in moved}["mint"] is Action.REPLACE
    calls, _ = walk(*moved)
    assert calls.index(("delete", "mint")) < calls.index(("update", "r")) < len(calls)
    elsewhere = row("data/rule/r", Action.UPDATE, "what")
    rogue = row("logins/door/rogue", Action.DELETE, cause=Cause.UNDECLARED)
    for rest in ((rogue, elsewhere), (wider,), (rogue, row("data/rule/r", Action.DELETE))):
        kept = close_first((group, mint, *rest), marks())
        assert {change.address.key: change.action for change in kept}["mint"] is Action.NO_OP


def test_what_goes_with_the_sessions_that_were_made_by_it_closes() -> None:
    for action in (Action.DELETE, Action.REPLACE):
        mint = row("logins/mint/mint", action)
        (stage,) = stages((mint, MORE), marks()).values()
        assert stage.closing == [mint.address]
        assert stage.widening == [mint.address] * (action is Action.REPLACE) + [MORE.address]
        assert stage.narrowing == [mint.address]
        assert stage.opening == []
    assert stages((row("logins/mint/mint", Action.UPDATE, "what"), MORE), marks()) == {}


@pytest.mark.parametrize(
    ("door", "ends"),
    [
        (OLD_DOOR, True),
        (row("logins/door/d", Action.REPLACE, "who"), True),
        (row("logins/door/d", Action.UPDATE, "who", cause=Cause.BOTH), True),
        (row("logins/door/d", Action.UPDATE, "who", cause=Cause.OUTSIDE), False),
        (row("logins/door/d", Action.UPDATE, "size"), False),
        (row("logins/door/d", Action.REPLACE, "who", origin=WRITE), False),
        (NEW_DOOR, False),
    ],
)
def test_where_the_specs_let_somebody_else_in_what_was_obtained_before_ends(door: Change, ends: bool) -> None:
    """Whether anything is widened or not: the next plan may, and has nobody who goes."""
    moved = close_first((door, row("logins/mint/mint", Action.NO_OP)), marks())
    assert moved[1].action is (Action.REPLACE if ends else Action.NO_OP)


def test_a_door_with_sessions_ends_them_where_it_lets_others_in() -> None:
    [moved] = close_first((row("data/gate/gate", Action.UPDATE, "who"),), marks())
    assert moved.action is Action.REPLACE


def test_a_door_with_sessions_is_replaced_where_it_admits_others_and_its_rule_is_widened() -> None:
    gate = row("data/gate/gate", Action.UPDATE, "who")
    rule = row("data/rule/r", Action.UPDATE, "what", needs=("data/gate/gate",))
    moved = cascade_replacements(close_first((gate, rule), marks()))
    assert [change.action for change in moved] == [Action.REPLACE, Action.REPLACE]
    same = row("data/gate/gate", Action.NO_OP)
    assert close_first((OLD_DOOR, same, rule), marks())[1].action is Action.NO_OP, "whom it lets in stays"


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("data/rule/more", {"more", "old"}),
        ("data/rule/less", {"less"}),
        ("logins/door/new", {"new", "old", "r", "less"}),
        ("data/rule/other", {"other"}),
    ],
)
def test_a_target_brings_along_what_must_come_before_it(target: str, kept: set[str]) -> None:
    changes = (OLD_DOOR, NEW_DOOR, WIDER, MORE, TOO_MUCH, OTHERS)
    rows, _ = narrowed(changes, (str(at(target)),), marks())
    assert {change.address.key for change in rows} == kept


def test_the_graph_grows_with_the_rows() -> None:
    changes = [row("logins/door/issuer", Action.UPDATE, "who", origin=None)]
    for number in range(300):
        origin = Origin("", f"bot-{number}", "read")
        door = f"logins/door/{number}"
        changes.append(row(door, Action.REPLACE, "who", origin=origin, needs=("logins/door/issuer",)))
        changes += (row(f"data/rule/{number}-{one}", Action.CREATE, origin=origin) for one in range(30))
        changes += (row(f"data/door/{number}-{one}", Action.DELETE, origin=origin) for one in range(30))
    graph = order(changes, marks())
    edges = sum(1 for step in graph.topological() for _ in graph.before(step))
    assert len(graph) == 1 + 300 * (2 + 1 + 60)
    assert edges < 2 * len(graph)
