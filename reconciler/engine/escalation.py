"""New paths by which somebody comes to what is critical, or to administrator: two worlds of all systems, compared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.engine.fixpoint import TARGETS, Proof, Steps, chain, with_everybody
from reconciler.model import Address, Escalation, Kind, Link, Mover, Origin, Resource, Spot, Step
from reconciler.provider import Provider, Scope

_MOST_KEPT = 16
"""Objects of which it is kept what everybody comes to without them: many paths share few."""


@dataclass(frozen=True, slots=True)
class Ground:
    """One system in one world."""

    provider: Provider[Any, Any, Any, Any, Any]
    scope: Scope[Any]
    objects: Mapping[Address, Resource]
    surroundings: object = None


@dataclass(frozen=True, slots=True)
class Goal:
    """What the Environment says is critical on a system."""

    spot: Spot
    title: str
    system: str
    """Where it is looked for."""
    block: Any
    """As the provider's never_model."""


@dataclass(slots=True)
class Paths:
    """What everybody comes to, in one world."""

    steps: Steps
    titles: Mapping[Spot, str]
    owners: Mapping[str, tuple[Spot, ...]]
    """Principals by agent; one that no spec declares is by its own address."""
    agents: frozenset[str]
    principals: Mapping[str, Collection[Spot]] = field(default_factory=dict)
    """By system."""
    _known: dict[str, Proof] = field(default_factory=dict)
    _anybody: dict[tuple[str, Address], frozenset[Spot]] = field(default_factory=dict)

    @classmethod
    def of(cls, grounds: Mapping[str, Ground], goals: Collection[Goal], origins: Mapping[Address, Origin]) -> Paths:
        """All steps of all systems, to a fixpoint."""
        steps, owners, agents = Steps(), dict[str, list[Spot]](), set[str]()
        principals: dict[str, list[Spot]] = {name: [] for name in grounds}
        for name, ground in grounds.items():
            steps.add(steps_of(ground, [goal for goal in goals if goal.system == name]))
            for address in ground.objects:
                if address.type in ground.provider.principals:
                    origin = origins.get(address)
                    agent = origin.agent if origin else ""
                    agents.add(agent)
                    owners.setdefault(agent or str(address), []).append(Spot.of(address))
                    principals[name].append(Spot.of(address))
            everybody = Spot(Kind.EVERYBODY, name)
            steps.add([Step((Spot(Kind.ADMINISTRATOR, name),), everybody, "an administrator may be anybody")])
        with_everybody(steps, principals)
        titles = {goal.spot: goal.title for goal in goals}
        by_owner = {owner: tuple(spots) for owner, spots in owners.items()}
        return cls(steps, titles, by_owner, frozenset(agents), principals)

    def proof(self, owner: str) -> Proof:
        """What an owner comes to."""
        if owner not in self._known:
            self._known[owner] = self.steps.reached(self.owners.get(owner, ()))
        return self._known[owner]

    def found(self, owner: str) -> Iterator[tuple[Spot, tuple[Step, ...]]]:
        """Targets that an owner comes to by an escalation, each with its chain.

        What is critical is left out where the owner administers its very system: that is told already.
        """
        if not self.steps.opens or owner not in self.owners:
            return
        proof = self.proof(owner)
        targets = [spot for spot in proof if spot.kind in TARGETS]
        meant: dict[bool, Collection[Spot]] = {}
        for target in targets:
            steps = chain(proof, target)
            if not any(step.rule for step in steps):
                continue
            sure = all(step.certain for step in steps)  # which access that only may be doesn't hide
            if sure not in meant:
                meant[sure] = self.steps.meant(self.owners[owner], certain=sure)
            if target in meant[sure]:
                continue
            administers = Spot(Kind.ADMINISTRATOR, target.system)
            if target.kind is Kind.CRITICAL and any(administers in step.needs for step in steps):
                continue
            yield target, steps

    def closes(self, address: Address, owner: str, target: Spot) -> bool:
        """Whether an owner doesn't come to a target any more, in any way, once an object isn't there."""
        held: set[Spot] = set()
        self.steps.grow(held, self.owners[owner], address)
        anybody = {system: Spot(Kind.EVERYBODY, system) for system in self.principals}
        while target not in held and (systems := [name for name, spot in anybody.items() if spot in held]):
            for system in systems:
                del anybody[system]
                everybodys = self._everybodys(system, address)
                own = held - everybodys
                held |= everybodys
                self.steps.grow(held, own, address)
        return target not in held

    def _everybodys(self, system: str, address: Address) -> frozenset[Spot]:
        """What all principals of a system come to together without an object, not only those of the proof."""
        key = (system, address)
        if key not in self._anybody:
            if len(self._anybody) >= _MOST_KEPT:
                self._anybody.clear()
            held: set[Spot] = set()
            self.steps.grow(held, self.principals[system], address)
            self._anybody[key] = frozenset(held)
        return self._anybody[key]

    def keys(self, owner: str) -> dict[Spot, bool]:
        """Target → whether it is certain."""
        return {target: all(step.certain for step in steps) for target, steps in self.found(owner)}

    def name(self, spot: Spot) -> str:
        """For people."""
        if spot.kind is Kind.CRITICAL:
            return self.titles.get(spot, spot.name)
        return named(spot)


def named(spot: Spot) -> str:
    """A spot for people; of what is critical only its number."""
    texts = {
        Kind.PRINCIPAL: f"{spot.system} as {spot.name}",
        Kind.EVERYBODY: f"any principal of {spot.system}",
        Kind.MINTER: f"{spot.system} as the login that makes others",
        Kind.ADMINISTRATOR: f"administrator of {spot.system}",
        Kind.ABILITY: spot.name,
        Kind.CRITICAL: f"critical[{spot.name}] of {spot.system}",
    }
    return texts[spot.kind]


def steps_of(ground: Ground, goals: Iterable[Goal]) -> Iterator[Step]:
    """A system's own, and from its principals to what is critical there."""
    yield from ground.provider.steps(ground.scope, ground.objects, ground.surroundings)
    for goal in goals:
        everything = Spot(Kind.ADMINISTRATOR, ground.scope.system)
        yield Step((everything,), goal.spot, "an administrator may do it")
        reaches = ground.provider.reaches(ground.scope, ground.objects, goal.block, ground.surroundings)
        for one in reaches or ():
            witness = one.witness
            by = (one.subject,)
            yield Step((Spot.of(one.subject),), goal.spot, witness.request, "", witness.certain, witness.note, by)
        for detour in ground.provider.detours(ground.scope, ground.objects, goal.block, ground.surroundings):
            who, witness = detour.reach.subject, detour.reach.witness
            here = (Spot.of(who),)
            yield Step(here, goal.spot, witness.request, detour.rule, witness.certain, witness.note, (who,))


def new_paths(mover: Mover, before: Paths, after: Paths, touched: Collection[Address]) -> Iterator[Escalation]:
    """Of each owner: what it comes to after and didn't before, or came to perhaps and does now for certain."""
    for owner in sorted(after.owners):
        found = list(after.found(owner))
        known = before.keys(owner) if found else {}
        for target, steps in found:
            certain = all(step.certain for step in steps)
            if target not in known or (certain and not known[target]):
                yield _told(mover, owner, after, target, steps, touched)


def _told(
    mover: Mover, owner: str, paths: Paths, target: Spot, steps: tuple[Step, ...], touched: Collection[Address]
) -> Escalation:
    stands_on = tuple(dict.fromkeys(address for step in steps for address in step.by))
    opened = [address for address in stands_on if address in touched]
    closes = [one for one in stands_on if paths.closes(one, owner, target)]
    closes.sort(key=lambda one: one not in touched)
    return Escalation(
        mover,
        source=owner,
        agent=owner if owner in paths.agents else "",
        target=paths.name(target),
        certain=all(step.certain for step in steps),
        links=tuple(_link(paths, step) for step in steps),
        opened_by=tuple(map(str, opened)),
        closed_by=tuple(map(str, closes)),
    )


def _link(paths: Paths, step: Step) -> Link:
    return Link(step.how, paths.name(step.gives), step.rule, step.certain, step.note, tuple(map(str, step.by)))


def gone_after(found: Iterable[Escalation], planned: Paths, named_spot: Callable[[Spot], str]) -> Iterator[Escalation]:
    """Those that were opened outside, told whether what is planned ends them."""
    for one in found:
        left = {named_spot(target) for target, _ in planned.found(one.source)}
        yield replace(one, stays=one.target in left)
