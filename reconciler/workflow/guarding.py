"""Guardrails over what was found, and over what a plan would leave: rogue grants that reach a ``never``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.compile import SystemBinding
from reconciler.compile.guardrails import Never, Nevers, told
from reconciler.model import Action, Address, Change, Origin, Ownership, Reach, Resource, Snapshot
from specs.check.guardrails import graded
from specs.diagnostic import Diagnostic, Severity, error

Objects = Mapping[Address, Resource]


@dataclass(frozen=True, slots=True)
class Found:
    """What the guardrails are held against: everything that was found, wanted and planned."""

    systems: Mapping[str, SystemBinding]
    snapshots: Mapping[str, Snapshot]
    desired: Objects
    origins: Mapping[Address, Origin]
    changes: tuple[Change, ...]
    narrowed: bool
    """Whether the plan leaves out some changes because the user said so."""


def guard_live(nevers: Nevers, found: Found) -> Iterator[Diagnostic]:
    """One finding for each principal that reaches a ``never`` live, or once the plan is applied.

    What applying ends is a warning. What the specs themselves reach was told of when they were compiled.
    """
    worlds = {name: _Worlds.of(found, name) for name in {one.system for one in nevers.items}}
    for never in nevers.items:
        binding, world = found.systems.get(never.system), worlds[never.system]
        if binding is None or world is None:
            continue
        by_specs = {one.subject for one in nevers.reached(never, binding, world.desired, None) or ()}
        before = _by_subject(nevers.reached(never, binding, world.live, world.around))
        after = before
        if world.after != world.live:
            after = _by_subject(nevers.reached(never, binding, world.after, world.around))
        for subject in sorted((before.keys() | after.keys()) - by_specs):
            origin = found.origins.get(subject)
            agent, intent = (origin.agent, origin.intent) if origin else ("", "")
            if never.holds_for(agent, intent, nevers.today):
                # What stays is told, not another request that the plan ends.
                reach = after.get(subject) or before[subject]
                stays = subject in after
                one = _finding(never, reach, origin, stays=stays, now=subject in before)
                yield graded(never.guardrail.value, one) if stays and not found.narrowed else _milder(one)


@dataclass(frozen=True, slots=True)
class _Worlds:
    live: Objects
    after: Objects
    desired: Objects
    around: object

    @classmethod
    def of(cls, found: Found, system: str) -> _Worlds | None:
        """None where the system wasn't read."""
        snapshot = found.snapshots.get(system)
        if snapshot is None:
            return None
        others = {address for address, live in snapshot.objects.items() if live.ownership is Ownership.OTHER}
        live = {a: one for a, one in snapshot.everything.items() if a not in others}
        after = dict(live)
        for change in found.changes:
            if change.address.system != system or not change.writes:
                continue
            if change.action is Action.DELETE:
                after.pop(change.address, None)
            elif change.after is not None:
                after[change.address] = change.after
        desired = {address: one for address, one in found.desired.items() if address.system == system}
        return cls(live, after, desired, snapshot.surroundings)


def _by_subject(reaches: Iterable[Reach] | None) -> dict[Address, Reach]:
    return {one.subject: one for one in reaches or ()}


def _milder(found: Diagnostic) -> Diagnostic:
    return replace(found, severity=Severity.WARNING)


def _finding(never: Never, reach: Reach, origin: Origin | None, *, stays: bool, now: bool) -> Diagnostic:
    who = f"{origin.agent} for {origin.intent}" if origin and origin.agent else "no spec declares it"
    where = never.block.span()
    if stays:
        advice = f"this plan doesn't end it: take it away in the system, or change the guardrail at {where}"
    else:
        advice = f"applying this plan ends it; the guardrail is at {where}"
    verb = "may do now" if now else "could do after this plan"
    return error(
        "W318",
        f"guardrail {never.name} forbids what {reach.subject} {verb}: {told(reach.witness, who)}",
        subject=str(reach.subject),
        help=advice,
        span=origin.span if origin and origin.span else where,
    )
