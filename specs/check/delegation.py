"""Delegation: within what the delegator holds, never in a circle, never through too many hands."""

from __future__ import annotations

from collections.abc import Iterator

from specs.check.context import Context, complain
from specs.diagnostic import Diagnostic
from specs.grants import chain

DEPTH_CAP = 4
"""Delegations between an agent and one that holds the intent of its own."""


def check_delegation(context: Context) -> Iterator[Diagnostic]:
    """Delegations that give what the delegator lacks, to itself, in a circle or too far."""
    for name in context.catalog.agents:
        yield from _within(context, name)
    yield from _cycles(context)


def _within(context: Context, name: str) -> Iterator[Diagnostic]:
    agent = context.catalog.agents[name]
    for index, delegation in enumerate(agent.value.spec.delegates):
        if delegation.to == name:
            path = ("spec", "delegates", index, "to")
            yield complain(
                "W306", f"{name} delegates to itself", f"agents.{name}", agent, path, "remove the delegation"
            )
            continue
        for at, intent in enumerate(delegation.intents):
            yield from _one(context, name, intent, delegation.to, ("spec", "delegates", index, "intents", at))


def _one(context: Context, name: str, intent: str, to: str, path: tuple[str | int, ...]) -> Iterator[Diagnostic]:
    if intent not in context.catalog.intents:
        return
    agent, owner = context.catalog.agents[name], f"agents.{name}"
    held = context.held[name].get(intent)
    if held is None:
        # An agent that couldn't be decoded may be the one that passes it on.
        if not context.failed.any("Agent"):
            message = f"{name} doesn't hold {intent}: a delegate's access must lie within its delegator's"
            yield complain("W305", message, owner, agent, path, f"allow {name} the intent, or don't delegate it")
    elif held.depth == DEPTH_CAP:  # further along the same chain it is the same mistake
        spelled = " → ".join([*chain(context.held, name, intent), to])
        message = f"{intent} is delegated more than {DEPTH_CAP} times: {spelled}"
        yield complain("W308", message, owner, agent, path, f"allow {to} the intent itself")


def _cycles(context: Context) -> Iterator[Diagnostic]:
    agents = context.catalog.agents
    edges = {name: _delegates(context, name) for name in agents}
    done: set[str] = set()
    for start in agents:
        if start in done or not edges[start]:
            continue
        trail, waiting = [start], [iter(edges[start])]
        while waiting:
            step = next(waiting[-1], None)
            if step is None:
                done.add(trail.pop())
                waiting.pop()
            elif step[0] in trail:
                yield _cycle(context, [*trail[trail.index(step[0]) :], step[0]], step[1])
            elif step[0] not in done:
                trail.append(step[0])
                waiting.append(iter(edges[step[0]]))


def _delegates(context: Context, name: str) -> list[tuple[str, int]]:
    delegates = context.catalog.agents[name].value.spec.delegates
    return [(one.to, at) for at, one in enumerate(delegates) if one.to != name and one.to in context.catalog.agents]


def _cycle(context: Context, names: list[str], index: int) -> Diagnostic:
    name = names[-2]
    message = f"delegation cycle: {' → '.join(names)}"
    agent = context.catalog.agents[name]
    return complain("W307", message, f"agents.{name}", agent, ("spec", "delegates", index, "to"), "remove one of these")
