"""Steps that need several things at once, chained to a fixpoint; and which of two worlds has new paths."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

import pytest

from reconciler.engine.escalation import Ground, Paths, new_paths
from reconciler.engine.fixpoint import Steps, chain, with_everybody
from reconciler.model import Address, Escalation, Kind, Mover, Origin, Resource, Spot, Step
from reconciler.provider import Scope
from specs.base import SpecModel
from tests.memory import MemoryProvider

ADMINISTRATOR = Spot(Kind.ADMINISTRATOR, "mem")
EVERYBODY = Spot(Kind.EVERYBODY, "mem")


def spot(name: str) -> Spot:
    return Spot(Kind.PRINCIPAL, "mem", name)


def at(name: str) -> Address:
    return Address("mem", "thing", name)


def step(needs: str, gives: Spot | str, rule: str = "R", *, sure: bool = True, by: str = "") -> Step:
    spots = tuple(spot(one) for one in needs.split())
    target = spot(gives) if isinstance(gives, str) else gives
    return Step(spots, target, f"{needs} → {target.name}", rule, sure, by=tuple(map(at, by.split())))


def reached(*steps: Step, by: str = "a") -> list[str]:
    known = Steps()
    known.add(steps)
    return sorted(one.name for one in known.reached([spot(one) for one in by.split()]))


def test_a_step_waits_for_all_that_it_needs() -> None:
    both = step("b c", "d")
    assert reached(both, step("a", "b")) == ["a", "b"]
    assert reached(both, step("a", "b"), step("b", "c")) == ["a", "b", "c", "d"]
    assert reached(both, step("a", "c"), by="a b") == ["a", "b", "c", "d"]
    assert reached(step("a", "b"), step("b", "a")) == ["a", "b"], "a circle ends"


def test_it_is_the_least_fixpoint() -> None:
    """Against the definition, on random rules."""
    draw = random.Random(7)
    for _ in range(300):
        rules = [
            (frozenset(draw.sample(range(9), draw.randint(1, 3))), draw.randrange(9))
            for _ in range(draw.randint(1, 12))
        ]
        held = {0}
        while fresh := {gives for needs, gives in rules if needs <= held} - held:
            held |= fresh
        steps = [
            step(" ".join(map(str, needs)), str(gives), draw.choice(["", "R"]), sure=draw.random() < 0.5)
            for needs, gives in rules
        ]
        assert reached(*steps, by="0") == sorted(map(str, held))


def test_the_chain_is_a_proof_in_order() -> None:
    known = Steps()
    known.add([step("a", "b"), step("a", "c"), step("b c", "d"), step("c", "e")])
    proof = known.reached([spot("a")])
    assert [one.gives.name for one in chain(proof, spot("d"))] == ["b", "c", "d"]


def test_what_is_certain_goes_before_what_is_shorter() -> None:
    known = Steps()
    known.add([step("a", "d", sure=False), step("a", "b"), step("b", "c"), step("c", "d")])
    proof = known.reached([spot("a")])
    assert all(one.certain for one in chain(proof, spot("d")))
    assert len(chain(proof, spot("d"))) == 3


class Stepping(MemoryProvider):
    """Every thing is a principal; the steps are what a test says of the things that are there."""

    principals = frozenset({"thing"})

    def __init__(self, *steps: Step) -> None:
        self._steps = steps

    def steps(
        self, scope: Scope[SpecModel], objects: Mapping[Address, Resource], surroundings: object = None
    ) -> Iterable[Step]:
        return [one for one in self._steps if all(address in objects for address in one.by)]


def paths(things: str, *steps: Step, agents: Mapping[str, str] = {}) -> Paths:
    objects = {at(name): Resource(at(name), {}) for name in things.split()}
    origins = {at(thing): Origin("", agent, "x") for thing, agent in agents.items()}
    ground = Ground(Stepping(*steps), Scope("test", "mem", SpecModel()), objects)
    return Paths.of({"mem": ground}, (), origins)


def new(before: Paths, after: Paths, touched: str = "") -> list[Escalation]:
    return list(new_paths(Mover.PLAN, before, after, frozenset(map(at, touched.split()))))


AGENTS = {"a": "bot", "b": "bot", "c": "other"}
TOP = step("b", ADMINISTRATOR, by="g")


def test_a_path_that_was_there_is_not_new() -> None:
    before, after = paths("a b c", TOP, agents=AGENTS), paths("a b c g", TOP, agents=AGENTS)
    (one,) = [found for found in new(before, after, "g") if found.agent]
    assert (one.agent, one.target, one.certain) == ("bot", "administrator of mem", True)
    assert one.opened_by == one.closed_by == (str(at("g")),)
    assert new(after, after) == []
    assert new(after, before) == []


def test_two_rights_of_one_agent_count_together_and_of_two_agents_dont() -> None:
    both = step("a b", ADMINISTRATOR)
    assert [one.agent for one in new(paths(""), paths("a b c", both, agents=AGENTS))] == ["bot"]
    apart = {"a": "bot", "b": "other"}
    assert new(paths(""), paths("a b", both, agents=apart)) == []


def test_access_as_it_is_meant_is_no_escalation() -> None:
    meant = step("a", ADMINISTRATOR, rule="")
    assert new(paths(""), paths("a", meant, agents=AGENTS)) == []
    assert new(paths(""), paths("a", meant, step("a", ADMINISTRATOR), agents=AGENTS)) == []


def test_what_was_perhaps_and_is_now_for_certain_is_new() -> None:
    perhaps, sure = step("a", ADMINISTRATOR, sure=False), step("a", ADMINISTRATOR)
    before, after = paths("a", perhaps, agents=AGENTS), paths("a", perhaps, sure, agents=AGENTS)
    assert [one.certain for one in new(before, after)] == [True]
    assert new(after, before) == []


def test_where_two_ways_lead_there_no_single_change_closes_it() -> None:
    ways = step("a", ADMINISTRATOR, by="g"), step("a", ADMINISTRATOR, by="h")
    (one,) = [found for found in new(paths(""), paths("a g h", *ways, agents=AGENTS), "g") if found.agent]
    assert one.closed_by == ()
    (one,) = [found for found in new(paths(""), paths("a g", *ways, agents=AGENTS), "g") if found.agent]
    assert one.closed_by == (str(at("g")),)


def test_where_somebody_else_leads_there_too_nothing_of_one_of_them_closes_it() -> None:
    """Whoever may be anybody may be the other one."""
    steps = step("a", EVERYBODY, by="f"), step("c", ADMINISTRATOR, by="g"), step("d", ADMINISTRATOR, by="h")
    found = {one.source: one for one in new(paths(""), paths("a b c d f g h", *steps, agents={"a": "bot"}))}
    assert found["bot"].closed_by == (str(at("f")),)
    alone = {one.source: one for one in new(paths(""), paths("a b c f g", *steps, agents={"a": "bot"}))}
    assert alone["bot"].closed_by == (str(at("f")), str(at("g")))


def test_what_two_hold_together_isnt_closed_by_one_of_two_others() -> None:
    """An own right and anybody's."""
    steps = (
        *(step("a", EVERYBODY, by="f"), step("a", "x", by="i"), step("c", "y", by="g"), step("d", "y", by="h")),
        Step((spot("x"), spot("y")), ADMINISTRATOR, "both", "R"),
    )
    found = {one.source: one for one in new(paths(""), paths("a c d f g h i", *steps, agents={"a": "bot"}))}
    assert set(found["bot"].closed_by) == {str(at("f")), str(at("i"))}


def test_access_that_only_may_be_hides_no_path_that_is_certain() -> None:
    perhaps = step("a", ADMINISTRATOR, rule="", sure=False)
    assert new(paths(""), paths("a", perhaps, agents=AGENTS)) == []
    assert new(paths(""), paths("a", perhaps, step("a", ADMINISTRATOR, sure=False), agents=AGENTS)) == []
    (one,) = new(paths(""), paths("a", perhaps, step("a", ADMINISTRATOR), agents=AGENTS))
    assert one.certain


def test_a_principal_that_nobody_declares_is_told_by_its_address() -> None:
    (one,) = new(paths(""), paths("z", step("z", ADMINISTRATOR)))
    assert (one.source, one.agent) == (str(at("z")), "")


def test_whoever_may_be_anybody_comes_to_what_anybody_does() -> None:
    steps = step("a", EVERYBODY), step("c", ADMINISTRATOR)
    found = {one.source: one for one in new(paths(""), paths("a b c", *steps, agents=AGENTS))}
    assert [link.how for link in found["bot"].links] == ["a → ", "as c", "c → "]


@pytest.mark.parametrize("chained", [False, True])
def test_the_work_grows_with_the_agents_not_with_their_pairs(monkeypatch: pytest.MonkeyPatch, chained: bool) -> None:
    """Also where every agent may be anybody."""
    looked = 0
    plain = Steps.reached

    class Counted(dict[Spot, Step | None]):
        def __contains__(self, key: object) -> bool:
            nonlocal looked
            looked += 1
            return super().__contains__(key)

    def work(size: int) -> int:
        nonlocal looked
        looked = 0
        steps = [step(str(n), EVERYBODY) for n in range(size)] if chained else []
        steps += [step(str(n), f"x{n}", rule="") for n in range(size)] + [step("0", ADMINISTRATOR)]
        made = paths(" ".join(map(str, range(size))), *steps, agents={str(n): f"bot{n}" for n in range(size)})
        monkeypatch.setattr("reconciler.engine.fixpoint._first", lambda sources: Counted(dict.fromkeys(sources)))
        for owner in made.owners:
            made.proof(owner)
        monkeypatch.undo()
        return looked

    assert plain is Steps.reached
    small, large = work(50), work(200)
    assert small > 50
    assert large < small * 5


def test_everybody_is_told_by_whom_a_target_is_come_to() -> None:
    known = Steps()
    known.add([step("c", ADMINISTRATOR), step("b", "c", rule="")])
    with_everybody(known, {"mem": [spot("a"), spot("b"), spot("c")]})
    assert [one.name for one in known.reached([EVERYBODY]) if one.kind is Kind.PRINCIPAL] == ["c"]
