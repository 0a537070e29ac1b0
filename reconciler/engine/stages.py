"""Who may and what may, of one agent over all systems: closed first, then changed, then opened.

At any moment what is allowed lies within what was allowed before and what will be. So whoever goes has gone, with the
sessions that live on, before anything is widened, in whatever system; and what is too much has gone before anybody new
gets in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.engine.session import Marks
from reconciler.model import Action, Address, Cause, Change
from reconciler.provider import Attribute

Whose: TypeAlias = tuple[str, str]
"""An agent and one of its intents; no intent for what all of its intents stand on."""

_MADE = frozenset({Action.CREATE, Action.REPLACE})
_GOING = frozenset({Action.DELETE, Action.REPLACE})


@dataclass(slots=True)
class Stage:
    """Addresses of the rows that move the access of one agent for one intent."""

    closing: list[Address] = field(default_factory=list)
    """Removed, replaced, or updated as to whom they admit; and removed or replaced with the sessions made by them."""
    widening: list[Address] = field(default_factory=list)
    """Made, replaced, or updated as to what they allow. Not what is only set back to what was applied."""
    narrowing: list[Address] = field(default_factory=list)
    """Removed, replaced, or updated as to what they allow."""
    opening: list[Address] = field(default_factory=list)
    """Doors that are made, or made again."""


def stages(changes: Iterable[Change], marks: Marks) -> Mapping[Whose, Stage]:
    """Of every agent and intent for which somebody goes. What all of the agent's intents stand on is in each of them.

    Linear: a row of one intent is in one stage, and an agent's closings are few.
    """
    rows = {change.address: change for change in changes}
    found: dict[Whose, Stage] = {}
    for change in rows.values():
        whose = whose_is(change, rows)
        if whose is not None:
            _place(found.setdefault(whose, Stage()), change, rows, marks)
    return {whose: stage for whose, stage in found.items() if closings(whose, found)}


def closings(whose: Whose, found: Mapping[Whose, Stage]) -> tuple[Address, ...]:
    """What must be closed before anything of this intent is widened: of its own, and of the whole agent."""
    agent, intent = whose
    own = found[whose].closing if whose in found else ()
    common = found[agent, ""].closing if intent and (agent, "") in found else ()
    return tuple(dict.fromkeys((*own, *common)))


def whose_is(change: Change, rows: Mapping[Address, Change]) -> Whose | None:
    """Whose access a row is about: by its own origin, or, where nobody declared it, by what it stands on."""
    for one in (change, *(rows[address] for address in change.depends_on if address in rows)):
        if one.origin is not None and one.origin.agent:
            return one.origin.agent, one.origin.intent
    return None


def admits(change: Change, marks: Marks) -> bool:
    """Whether it is updated as to whom it admits."""
    return change.action is Action.UPDATE and any(_moved(change, marks, "admits"))


def allows(change: Change, marks: Marks) -> bool:
    """Whether it is updated as to what it allows, or as to what bounds that."""
    return change.action is Action.UPDATE and any(_moves_access(change, marks))


def bounds(change: Change, marks: Marks) -> bool:
    """Whether it is updated as to what bounds what is allowed."""
    return change.action is Action.UPDATE and any(_moved(change, marks, "bounds"))


def widens(change: Change, marks: Marks) -> bool:
    """Whether it may give what was not given before. Setting back what somebody changed gives nothing new."""
    if change.action in _MADE:
        return _is(change, marks, "allows")
    return allows(change, marks) and any(cause is not Cause.OUTSIDE for cause in _moves_access(change, marks))


def holds_sessions(change: Change, marks: Marks) -> bool:
    """Whether what was obtained by it lives on, with whatever it then allows, until it is removed."""
    return _is(change, marks, "sessions")


def lets_others_in(change: Change, marks: Marks) -> bool:
    """Whether the specs changed whom it admits, or took it away; not what others did, nor who stands behind it."""
    if change.action is Action.DELETE:
        return is_door(change, marks) and change.cause is Cause.SPEC
    if change.action not in (Action.UPDATE, Action.REPLACE):
        return False
    return any(cause in (Cause.SPEC, Cause.BOTH) for cause in _moved(change, marks, "admits"))


def is_door(change: Change, marks: Marks) -> bool:
    """Whether it says who gets in."""
    return _is(change, marks, "admits")


def _place(stage: Stage, change: Change, rows: Mapping[Address, Change], marks: Marks) -> None:
    address, action = change.address, change.action
    if is_door(change, marks):
        # An issuer's keys admit the agents whose doors stand on it.
        stage.closing += (a for a in change.depends_on if a in rows and admits(rows[a], marks))
        if action in _GOING or admits(change, marks):
            stage.closing.append(address)
        if action in _MADE:
            stage.opening.append(address)
    elif action in _GOING and holds_sessions(change, marks):
        stage.closing.append(address)
    if widens(change, marks):
        stage.widening.append(address)
    if allows(change, marks) or (action in _GOING and _is(change, marks, "allows")):
        stage.narrowing.append(address)


def _is(change: Change, marks: Marks, mark: str) -> bool:
    return any(getattr(attribute, mark) for attribute in _attributes(change, marks).values())


def _moved(change: Change, marks: Marks, mark: str) -> Iterator[Cause]:
    known = _attributes(change, marks)
    return (item.cause for item in change.attributes if item.name in known and getattr(known[item.name], mark))


def _moves_access(change: Change, marks: Marks) -> Iterator[Cause]:
    yield from _moved(change, marks, "allows")
    yield from _moved(change, marks, "bounds")


def _attributes(change: Change, marks: Marks) -> Mapping[str, Attribute]:
    return marks.get(change.address.system, {}).get(change.address.type, {})


def reached(stage: Stage, rows: Mapping[Address, Change]) -> frozenset[Address]:
    """What the widenings stand on, and the widenings: sessions that hang on one of these would gain."""
    needs: Sequence[Address] = [a for address in stage.widening for a in (address, *rows[address].depends_on)]
    return frozenset(needs)
