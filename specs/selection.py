"""Whom a guardrail is about, and whom it lets off on a day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from email.utils import parseaddr

from specs.catalog import Catalog
from specs.documents import Agent, Guardrail
from specs.glob import matches
from specs.grants import Holdings
from specs.guardrails import Exemption, Rule, Selection


def selected(selection: Selection, catalog: Catalog, held: Holdings) -> frozenset[str]:
    """Names of the agents that a guardrail is about."""
    if selection.everybody:
        return frozenset(catalog.agents)
    found = {name for name, agent in catalog.agents.items() if _fits(selection, name, agent.value)}
    if selection.delegates:
        found |= set(_delegates(found, held))
    return frozenset(found)


def _fits(selection: Selection, name: str, agent: Agent) -> bool:
    labels = agent.metadata.labels
    return (
        (not selection.names or any(matches(one, name) for one in selection.names))
        and (not selection.owners or any(_owns(one, agent.spec.owner) for one in selection.owners))
        and all(labels.get(key) == value for key, value in selection.labels.items())
    )


def _owns(pattern: str, owner: str) -> bool:
    """In whatever case, with or without a name before the address: nobody slips out by how an owner is written."""
    folded = pattern.casefold()
    return any(matches(folded, one.casefold()) for one in (owner, parseaddr(owner)[1]) if one)


def _delegates(givers: Iterable[str], held: Holdings) -> Iterator[str]:
    """Agents that hold something that one of these passed on, and whom those pass on to."""
    receivers: dict[str, set[str]] = {}
    for name, intents in held.items():
        for one in intents.values():
            for giver in one.delegators:
                receivers.setdefault(giver, set()).add(name)
    fresh, known = list(givers), set(givers)
    while fresh:
        for name in sorted(receivers.get(fresh.pop(), set()) - known):
            known.add(name)
            fresh.append(name)
            yield name


def exemption(guardrail: Guardrail, rule: Rule, agent: str, intents: Iterable[str]) -> Iterator[tuple[int, Exemption]]:
    """Exemptions from a rule for an agent that holds any of these intents, with their place in the list.

    ``agent`` is empty for rules that are about intents.
    """
    named = set(intents)
    for index, one in enumerate(guardrail.spec.exemptions):
        if one.rule == rule and one.agent in (None, agent) and (one.intent is None or one.intent in named):
            yield index, one


def is_exempt(guardrail: Guardrail, rule: Rule, agent: str, intents: Iterable[str], today: date) -> bool:
    """Whether one of them still holds."""
    return any(one.expires >= today for _, one in exemption(guardrail, rule, agent, intents))
