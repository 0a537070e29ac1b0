"""What guardrails find in a system, and in what a plan would leave there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Literal

import pytest

from reconciler.compile import SystemBinding
from reconciler.compile.guardrails import Never, Nevers
from reconciler.model import (
    Action,
    Address,
    Cause,
    Change,
    Origin,
    Ownership,
    Reach,
    Resource,
    Snapshot,
    SystemRecord,
    Witness,
)
from reconciler.provider import Scope
from reconciler.workflow.guarding import Found, guard_live
from specs.base import SpecModel
from specs.documents import Guardrail
from specs.source import Located, SourceSpan
from tests.memory import MemoryProvider, at, live, resource

BIG = 10


class Judging(MemoryProvider):
    """A thing that is big reaches everything; with surroundings, every thing does."""

    def reaches(
        self,
        scope: Scope[SpecModel],
        objects: Mapping[Address, Resource],
        never: SpecModel,
        surroundings: object = None,
    ) -> Iterable[Reach]:
        sizes = {address: one.attributes["size"] for address, one in objects.items()}
        found = (address for address, size in sizes.items() if surroundings or (isinstance(size, int) and size >= BIG))
        return [Reach(address, Witness("be big")) for address in found]


class Nowhere:
    def span(self, path: tuple[str | int, ...]) -> SourceSpan:
        return SourceSpan(f"guardrail.yaml:{'.'.join(map(str, path))}", 1, 1)


def nevers(severity: Literal["error", "warn"] = "error", **more: object) -> Nevers:
    document = {
        "apiVersion": "writ/v1",
        "kind": "Guardrail",
        "metadata": {"name": "small"},
        "spec": {"severity": severity, **more},
    }
    guardrail = Located(Guardrail.model_validate(document), Nowhere())
    block: Located[SpecModel] = Located(SpecModel(), Nowhere(), ("spec", "never", 0))
    agents = guardrail.value.spec.agents
    item = Never(guardrail, "mem", block, frozenset(agents.names), agents.everybody)
    return Nevers((item,), today=date(2026, 1, 1))


def found(
    sizes: Mapping[str, int],
    changes: Iterable[Change] = (),
    *,
    desired: Mapping[str, int] | None = None,
    around: object = None,
    narrowed: bool = False,
    other: bool = False,
) -> Found:
    ownership = Ownership.OTHER if other else Ownership.OURS
    objects = {at(key): live(key, {"size": size}, ownership=ownership) for key, size in sizes.items()}
    binding = SystemBinding(Judging(), Scope("test", "mem", SpecModel()), SystemRecord("mem", "memory", {}))
    wanted = {at(key): resource(key, size=size) for key, size in (desired or {}).items()}
    origins = {at("bot"): Origin("bot is wanted", "bot", "work", SourceSpan("bot.yaml", 3, 1))}
    snapshot = Snapshot(objects, surroundings=around)
    return Found({"mem": binding}, {"mem": snapshot}, wanted, origins, tuple(changes), narrowed)


class Naming(Judging):
    """What it reaches is as big as the thing."""

    def reaches(
        self,
        scope: Scope[SpecModel],
        objects: Mapping[Address, Resource],
        never: SpecModel,
        surroundings: object = None,
    ) -> Iterable[Reach]:
        found = super().reaches(scope, objects, never, surroundings)
        return [Reach(one.subject, Witness(f"be {objects[one.subject].attributes['size']}")) for one in found]


def test_of_several_requests_the_one_that_stays_is_told() -> None:
    world = found({"bot": BIG + 1}, [update("bot", BIG)])
    binding = SystemBinding(Naming(), Scope("test", "mem", SpecModel()), SystemRecord("mem", "memory", {}))
    [one] = told(nevers(), replace(world, systems={"mem": binding}))
    assert one == f'error mem.thing["bot"]: mem.thing["bot"] may do now: be {BIG} (bot for work)'


def told(judged: Nevers, world: Found) -> list[str]:
    return [f"{one.severity} {one.subject}: {one.message.split(' what ')[1]}" for one in guard_live(judged, world)]


def delete(key: str) -> Change:
    return Change(at(key), Action.DELETE, Cause.UNDECLARED, live(key, {"size": BIG}), None)


def update(key: str, size: int) -> Change:
    return Change(at(key), Action.UPDATE, Cause.OUTSIDE, live(key, {"size": BIG}), resource(key, size=size))


ROGUE = 'mem.thing["rogue"] may do now: be big (no spec declares it)'
BOT = 'mem.thing["bot"] may do now: be big (bot for work)'


@pytest.mark.parametrize(
    ("world", "expected"),
    [
        (found({"rogue": BIG}, [delete("rogue")]), [f'warning mem.thing["rogue"]: {ROGUE}']),
        (found({"rogue": BIG}), [f'error mem.thing["rogue"]: {ROGUE}']),
        (found({"rogue": BIG}, narrowed=True), [f'warning mem.thing["rogue"]: {ROGUE}']),
        (found({"rogue": 1}), []),
        (found({"rogue": BIG}, other=True), []),
        (found({"bot": BIG}, [update("bot", 1)], desired={"bot": 1}), [f'warning mem.thing["bot"]: {BOT}']),
        # The specs themselves reach it: told of when they were compiled.
        (found({"bot": BIG}, desired={"bot": BIG}), []),
        (found({"bot": 1}, desired={"bot": 1}, around="a default"), [f'error mem.thing["bot"]: {BOT}']),
    ],
)
def test_what_ends_is_a_warning_and_what_stays_counts(world: Found, expected: list[str]) -> None:
    assert told(nevers(), world) == expected


def test_what_a_plan_would_bring() -> None:
    made = Change(at("bot"), Action.CREATE, Cause.SPEC, None, resource("bot", size=1))
    [one] = told(nevers(), found({}, [made], desired={"bot": 1}, around="a default"))
    assert one == 'error mem.thing["bot"]: mem.thing["bot"] could do after this plan: be big (bot for work)'


def test_the_guardrail_s_own_severity_selection_and_exemptions() -> None:
    world = found({"bot": 1}, desired={"bot": 1}, around="a default")
    assert told(nevers("warn"), world) == [f'warning mem.thing["bot"]: {BOT}']
    assert told(nevers(agents={"names": ("bot",)}), world) == [f'error mem.thing["bot"]: {BOT}']
    assert told(nevers(agents={"names": ("other",)}), world) == []
    exemption = {"rule": "never", "agent": "bot", "reason": "why", "approver": "me", "expires": date(2026, 1, 1)}
    assert told(nevers(exemptions=(exemption,)), world) == []
    late = {**exemption, "expires": date(2025, 12, 31)}
    assert told(nevers(exemptions=(late,)), world) == [f'error mem.thing["bot"]: {BOT}']


def test_nobody_s_principal_may_be_a_selected_agent_s() -> None:
    world = found({"rogue": BIG}, [delete("rogue")])
    assert told(nevers(agents={"names": ("other",)}), world) == [f'warning mem.thing["rogue"]: {ROGUE}']


def test_both_places_are_named() -> None:
    [one] = guard_live(nevers(), found({"bot": BIG}, [update("bot", 1)], desired={"bot": 1}))
    assert str(one.span) == "bot.yaml:3:1"
    assert one.help == "applying this plan ends it; the guardrail is at guardrail.yaml:spec.never.0:1:1"
