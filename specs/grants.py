"""Which agent holds which intent: its own, and those that other agents pass on to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from specs.catalog import Catalog
from specs.collector import collector_off
from specs.documents import Agent
from specs.source import Located, Path, SourceSpan


@dataclass(frozen=True, slots=True)
class Grant:
    """One agent allowed one intent."""

    agent: str
    intent: str
    ttl: int
    """Seconds."""
    delegators: tuple[str, ...] = ()
    """Agents that pass it on to this one, if any."""
    origin: Located[Agent] | None = field(default=None, repr=False, compare=False)
    """The agent that gives it: its own, or the delegator."""
    path: Path = ()
    """Where in the origin's document."""

    @property
    def span(self) -> SourceSpan | None:
        """Where it is given."""
        return None if self.origin is None else self.origin.span(*self.path)


@dataclass(slots=True)
class Held:
    """An intent in an agent's hands while grants are worked out."""

    ttl: int
    depth: int
    """Delegations between the agent and one that holds the intent of its own; 0 for its own."""
    giver: str = ""
    """The delegator on the shortest chain."""
    delegators: tuple[str, ...] = ()
    place: tuple[str, Path] = ("", ())
    """The agent, and the path in its document, where it is given."""


Holdings: TypeAlias = Mapping[str, Mapping[str, Held]]
"""Agent → intent → how it is held."""


def grants(catalog: Catalog) -> tuple[Grant, ...]:
    """Every (agent, intent), agents in the catalogue's order, each with its own intents first.

    A delegation gives the delegate a grant of its own, for the shorter of the delegation's TTL and the
    delegator's. Held in several ways, it is one grant with the longest TTL, and
    never a longer one than the delegate's own for that intent. What isn't declared is left out.
    """
    with collector_off():
        return tuple(
            Grant(agent, intent, held.ttl, held.delegators, catalog.agents[held.place[0]], held.place[1])
            for agent, intents in holdings(catalog).items()
            for intent, held in intents.items()
        )


def holdings(catalog: Catalog) -> Holdings:
    """Own intents, then delegations relaxed until nothing changes: TTLs only grow, so it ends on cycles too."""
    held: dict[str, dict[str, Held]] = {name: _own(name, agent, catalog) for name, agent in catalog.agents.items()}
    caps = _caps(catalog)
    waiting = deque(name for name, agent in catalog.agents.items() if agent.value.spec.delegates)
    queued = set(waiting)
    while waiting:
        giver = waiting.popleft()
        queued.discard(giver)
        for receiver in _pass_on(giver, catalog, held, caps):
            if receiver not in queued and catalog.agents[receiver].value.spec.delegates:
                waiting.append(receiver)
                queued.add(receiver)
    return held


def _own(name: str, agent: Located[Agent], catalog: Catalog) -> dict[str, Held]:
    own: dict[str, Held] = {}
    for index, allowed in enumerate(agent.value.spec.intents):
        intent = catalog.intents.get(allowed.name)
        if intent is not None and allowed.name not in own:
            ttl = intent.value.spec.ttl if allowed.ttl is None else allowed.ttl
            own[allowed.name] = Held(ttl, 0, place=(name, ("spec", "intents", index)))
    return own


def _caps(catalog: Catalog) -> dict[tuple[str, str], int]:
    """The TTL that an agent sets itself for an intent: no delegator lengthens it."""
    return {
        (name, allowed.name): allowed.ttl
        for name, agent in catalog.agents.items()
        for allowed in agent.value.spec.intents
        if allowed.ttl is not None
    }


def _pass_on(
    giver: str, catalog: Catalog, held: dict[str, dict[str, Held]], caps: Mapping[tuple[str, str], int]
) -> list[str]:
    """Give what ``giver`` delegates; the agents whose holdings changed."""
    changed: list[str] = []
    for index, delegation in enumerate(catalog.agents[giver].value.spec.delegates):
        receiver = held.get(delegation.to)
        if receiver is None or delegation.to == giver:
            continue
        for at, intent in enumerate(delegation.intents):
            given = held[giver].get(intent)
            if given is None:
                continue
            ttl = given.ttl if delegation.ttl is None else min(delegation.ttl, given.ttl)
            ttl = min(ttl, caps.get((delegation.to, intent), ttl))
            offer = Held(ttl, given.depth + 1, giver, (giver,), (giver, ("spec", "delegates", index, "intents", at)))
            if _accept(receiver, intent, offer):
                changed.append(delegation.to)
    return changed


def _accept(receiver: dict[str, Held], intent: str, offer: Held) -> bool:
    """Merge an offer; whether what others receive from this agent may change by it."""
    mine = receiver.get(intent)
    if mine is None:
        receiver[intent] = offer
        return True
    if offer.giver not in mine.delegators:
        mine.delegators = (*mine.delegators, offer.giver)
    better = offer.ttl > mine.ttl or offer.depth < mine.depth
    mine.ttl = max(mine.ttl, offer.ttl)
    if offer.depth < mine.depth:
        mine.depth, mine.giver = offer.depth, offer.giver
    return better


def chain(held: Holdings, agent: str, intent: str) -> list[str]:
    """The agents from one that holds the intent of its own to ``agent``."""
    names = [agent]
    while (mine := held.get(names[-1], {}).get(intent)) is not None and mine.giver and mine.giver not in names:
        names.append(mine.giver)
    return names[::-1]
