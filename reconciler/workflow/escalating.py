"""New escalation paths of a plan: what it would open, and what was opened outside since the last apply."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.compile import SystemBinding
from reconciler.compile.criticals import Critical
from reconciler.engine.access import outside_worlds, planned_worlds
from reconciler.engine.escalation import Goal, Ground, Paths, gone_after, new_paths
from reconciler.model import (
    Address,
    Change,
    DriftItem,
    Escalation,
    Link,
    Mover,
    Origin,
    Resource,
    Snapshot,
    State,
    Worlds,
)
from specs.diagnostic import Diagnostic, warning
from specs.source import SourceSpan

_MOST = 20
"""Findings that are told one by one: the JSON has all of them."""
_ARROW = " → "
_MOVED = {Mover.PLAN: "by this plan to", Mover.OUTSIDE: "now, by what was done outside, to"}


@dataclass(frozen=True, slots=True)
class Moves:
    """All that a plan looks at."""

    systems: Mapping[str, SystemBinding]
    snapshots: Mapping[str, Snapshot]
    criticals: Sequence[Critical]
    origins: Mapping[Address, Origin]
    changes: Sequence[Change]
    drift: Sequence[DriftItem]
    state: State


def escalations(moves: Moves) -> tuple[Escalation, ...]:
    """By what was done outside, then by the plan. Looks at nothing where nothing moves."""
    outside = dict(outside_worlds(moves.drift, moves.snapshots, moves.state))
    planned = dict(planned_worlds(moves.changes, moves.snapshots))
    if not outside and not planned:
        return ()
    goals = goals_of(moves.criticals)
    live = _paths(moves, goals, {})
    found: list[Escalation] = []
    after = _paths(moves, goals, {name: two.after for name, two in planned.items()}) if planned else live
    if outside:
        before = _paths(moves, goals, {name: two.before for name, two in outside.items()})
        opened = new_paths(Mover.OUTSIDE, before, live, _touched(outside))
        found += gone_after(opened, after, after.name)
    found += new_paths(Mover.PLAN, live, after, _touched(planned)) if planned else ()
    return tuple(found)


def goals_of(criticals: Sequence[Critical]) -> list[Goal]:
    """Each on every system that may be the one that it names."""
    return [Goal(one.spot, one.title, system, one.block) for one in criticals for system in one.systems]


def _paths(moves: Moves, goals: Collection[Goal], moved: Mapping[str, Mapping[Address, Resource]]) -> Paths:
    grounds = {
        name: Ground(binding.provider, binding.scope, moved.get(name, snapshot.everything), snapshot.surroundings)
        for name, binding in moves.systems.items()
        if (snapshot := moves.snapshots.get(name)) is not None
    }
    return Paths.of(grounds, goals, moves.origins)


def _touched(worlds: Mapping[str, Worlds]) -> frozenset[Address]:
    return frozenset(address for two in worlds.values() for address in two.touched)


def told(found: Sequence[Escalation], agents: Mapping[str, SourceSpan | None]) -> Iterator[Diagnostic]:
    """A warning for each, up to a number: the certain ones first."""
    ordered = sorted(found, key=lambda one: not one.certain)
    for one in ordered[:_MOST]:
        verb = {Mover.PLAN: "comes by this plan to", Mover.OUTSIDE: "comes now, by what was done outside, to"}[
            one.mover
        ]
        if not one.certain:
            verb = verb.replace("comes", "may come")
        yield warning(
            "W340",
            f"{one.source} {verb} {one.target}: {path_text(one)}",
            subject=one.agent or one.source,
            help=_way_out(one),
            span=agents.get(one.agent),
        )
    if len(found) > _MOST:
        more = f"{len(found) - _MOST} more new escalation paths aren't told one by one"
        yield warning("W340", more, help="--json has all of them")


def path_text(one: Escalation) -> str:
    """The chain in one line."""
    return _ARROW.join((*map(_link, one.links), one.target))


def _link(link: Link) -> str:
    rule = f" [{link.rule}]" if link.rule else ""
    return f"{link.how}{rule}{f' ({link.note})' if link.note else ''}"


def _way_out(one: Escalation) -> str:
    opened = f"opened by {', '.join(one.opened_by)}; " if one.opened_by else ""
    if not one.stays:
        return f"{opened}applying this plan closes it"
    if not one.closed_by:
        return f"{opened}no single change is known that closes it"
    return f"{opened}closed by taking back {' or '.join(one.closed_by[:3])}"
