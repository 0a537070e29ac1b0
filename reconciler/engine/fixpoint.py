"""All that whoever holds some spots comes to: forward chaining over steps, each looked at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.model import Address, Kind, Spot, Step

Proof = Mapping[Spot, Step | None]
"""Each spot that is held, in the order in which it was come to, with the step that brought it; None: to begin with."""
TARGETS = frozenset({Kind.ADMINISTRATOR, Kind.CRITICAL})


@dataclass(slots=True)
class Steps:
    """The steps of one world, by what they need: access as it is meant, then escalations, then what is not certain."""

    _stages: tuple[dict[Spot, list[Step]], ...] = field(default_factory=lambda: ({}, {}, {}))
    opens: bool = False
    """Whether any step is an escalation."""

    def add(self, steps: Iterable[Step]) -> None:
        """More of them."""
        for step in steps:
            self.opens = self.opens or bool(step.rule)
            index = self._stages[2 if not step.certain else 1 if step.rule else 0]
            for spot in step.needs:
                index.setdefault(spot, []).append(step)

    def reached(self, sources: Iterable[Spot]) -> dict[Spot, Step | None]:
        """By as few uncertain steps and escalations as can be."""
        proof = _first(sources)
        for last in range(len(self._stages)):
            fresh = list(proof)
            for spot in fresh:
                for index in self._stages[: last + 1]:
                    for step in index.get(spot, ()):
                        if step.gives in proof or not all(one in proof for one in step.needs):
                            continue
                        proof[step.gives] = step
                        fresh.append(step.gives)
        return proof

    def meant(self, sources: Iterable[Spot], *, certain: bool = False) -> Collection[Spot]:
        """What is held without any escalation, by steps that aren't certain too, or by ``certain`` ones only."""
        held: set[Spot] = set()
        self._grow(held, sources, lambda step: not step.rule and (step.certain or not certain))
        return held

    def grow(self, held: set[Spot], fresh: Iterable[Spot], without: Address) -> None:
        """Add spots, and all that comes of them beside what is held, as if an object weren't there."""
        self._grow(held, fresh, lambda step: without not in step.by)

    def _grow(self, held: set[Spot], fresh: Iterable[Spot], counts: Callable[[Step], bool]) -> None:
        queue = list(fresh)
        held.update(queue)
        for spot in queue:
            for index in self._stages:
                for step in index.get(spot, ()):
                    if step.gives not in held and counts(step) and all(one in held for one in step.needs):
                        held.add(step.gives)
                        queue.append(step.gives)


def _first(sources: Iterable[Spot]) -> dict[Spot, Step | None]:
    return dict.fromkeys(sources)


def chain(proof: Proof, target: Spot) -> tuple[Step, ...]:
    """The steps that lead to a spot, each after those that it needs."""
    found: dict[Spot, Step] = {}
    _walk(proof, target, found)
    return tuple(found.values())


def _walk(proof: Proof, target: Spot, found: dict[Spot, Step]) -> None:
    stack = [(target, False)]
    while stack:
        spot, ready = stack.pop()
        step = proof[spot]
        if step is None or spot in found:
            continue
        if ready:
            found[spot] = step
        else:
            stack.append((spot, True))
            stack.extend((one, False) for one in reversed(step.needs))


def with_everybody(steps: Steps, principals: Mapping[str, Collection[Spot]]) -> None:
    """Add what 'any principal of a system' comes to: not every principal, but those by whom a target is come to.

    So that a thousand agents that may be anybody don't each walk through everybody.
    """
    if not steps.opens:
        return
    told: set[tuple[Spot, Spot]] = set()
    fresh = True
    while fresh:
        fresh = False
        for system, every in principals.items():
            everybody = Spot(Kind.EVERYBODY, system)
            proof = steps.reached(every)
            for spot in _sources(proof):
                if (everybody, spot) not in told:
                    told.add((everybody, spot))
                    fresh = True
                    steps.add([Step((everybody,), spot, f"as {spot.name}")])


def _sources(proof: Proof) -> Iterator[Spot]:
    """The principals at the beginning of the ways to targets, and to other systems' everybody and minters."""
    for target in proof:
        if target.kind in TARGETS:
            for step in chain(proof, target):
                yield from (spot for spot in step.needs if proof[spot] is None)
