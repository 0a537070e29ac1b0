"""Every (agent, intent) that the specs grant, as the providers see it."""

from __future__ import annotations

from reconciler.provider import AgentRef, IntentRef, Pair
from specs import Agent, Catalog, Intent, Located, grants


def pairs_of(catalog: Catalog) -> tuple[Pair, ...]:
    """All pairs, in the specs' order."""
    agents = {name: _agent(located) for name, located in catalog.agents.items()}
    intents = {name: _intent(located) for name, located in catalog.intents.items()}
    return tuple(
        Pair(agents[grant.agent], intents[grant.intent], grant.ttl, grant.span, grant.delegators)
        for grant in grants(catalog)
    )


def _agent(located: Located[Agent]) -> AgentRef:
    metadata, spec = located.value.metadata, located.value.spec
    return AgentRef(
        metadata.name,
        spec.owner,
        spec.purpose,
        spec.identity.issuer,
        spec.identity.subject,
        located.span("metadata", "name"),
    )


def _intent(located: Located[Intent]) -> IntentRef:
    metadata, spec = located.value.metadata, located.value.spec
    return IntentRef(metadata.name, spec.purpose, spec.risk, spec.data, located.span("metadata", "name"))
