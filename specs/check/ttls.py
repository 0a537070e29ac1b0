"""TTLs: an agent's within its intent's, the intent's within the guardrail's for its risk."""

from __future__ import annotations

from collections.abc import Iterator

from specs.catalog import Catalog
from specs.check.context import Context, complain
from specs.diagnostic import Diagnostic
from specs.documents import Guardrail, Risk
from specs.duration import format_duration
from specs.source import Located

_RISKS: tuple[Risk, ...] = ("low", "medium", "high")


def check_ttls(context: Context) -> Iterator[Diagnostic]:
    """Every TTL that is over what limits it."""
    yield from _agents(context)
    yield from _intents(context.catalog)
    yield from _delegations(context)


def _agents(context: Context) -> Iterator[Diagnostic]:
    for name, agent in context.catalog.agents.items():
        for index, allowed in enumerate(agent.value.spec.intents):
            intent = context.catalog.intents.get(allowed.name)
            if intent is None or allowed.ttl is None or allowed.ttl <= intent.value.spec.ttl:
                continue
            limit = format_duration(intent.value.spec.ttl)
            message = f"ttl {format_duration(allowed.ttl)} is over {limit}, the ttl of intent {allowed.name}"
            advice = f"at most {limit}, as set at {intent.span('spec', 'ttl')}"
            yield complain("W301", message, f"agents.{name}", agent, ("spec", "intents", index, "ttl"), advice)


def _intents(catalog: Catalog) -> Iterator[Diagnostic]:
    limits = {risk: found for risk in _RISKS if (found := _strictest(catalog, risk)) is not None}
    for name, intent in catalog.intents.items():
        spec = intent.value.spec
        if spec.risk not in limits:
            continue
        limit, guardrail = limits[spec.risk]
        if spec.ttl <= limit:
            continue
        shown = format_duration(limit)
        message = f"ttl {format_duration(spec.ttl)} is over {shown}, the most for {spec.risk} risk"
        where = guardrail.span("spec", "max_ttl", spec.risk)
        advice = f"at most {shown}: guardrail {guardrail.value.metadata.name} at {where}"
        yield complain("W302", message, f"intents.{name}", intent, ("spec", "ttl"), advice)


def _strictest(catalog: Catalog, risk: Risk) -> tuple[int, Located[Guardrail]] | None:
    """The smallest limit for a risk, and the guardrail that sets it."""
    limits = [
        (limit, guardrail)
        for guardrail in catalog.guardrails.values()
        if (limit := guardrail.value.spec.max_ttl.of(risk)) is not None
    ]
    return min(limits, key=lambda found: found[0], default=None)


def _delegations(context: Context) -> Iterator[Diagnostic]:
    for name, agent in context.catalog.agents.items():
        for index, delegation in enumerate(agent.value.spec.delegates):
            if delegation.ttl is None:
                continue
            own = {intent: held.ttl for intent in delegation.intents if (held := context.held[name].get(intent))}
            over = next((intent for intent, ttl in own.items() if ttl < delegation.ttl), None)
            if over is not None:
                limit = format_duration(own[over])
                message = f"ttl {format_duration(delegation.ttl)} is over {limit}, the delegator's own for {over}"
                path = ("spec", "delegates", index, "ttl")
                yield complain("W303", message, f"agents.{name}", agent, path, f"at most {limit}")
