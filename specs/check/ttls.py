"""TTLs: an agent's within its intent's, the intent's within the guardrail's for its risk."""

from __future__ import annotations

from collections.abc import Iterator

from specs.check.context import Context, complain
from specs.check.guardrails import graded
from specs.diagnostic import Diagnostic
from specs.documents import Intent
from specs.duration import format_duration
from specs.selection import is_exempt
from specs.source import Located


def check_ttls(context: Context) -> Iterator[Diagnostic]:
    """Every TTL that is over what limits it."""
    yield from _agents(context)
    yield from _intents(context)
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


def _intents(context: Context) -> Iterator[Diagnostic]:
    for name, intent in context.catalog.intents.items():
        # The strictest of each severity: a warning is none where there is an error.
        for severity in ("error", "warn"):
            found = _over(context, name, intent, severity)
            if found is not None:
                yield found
                break


def _over(context: Context, name: str, intent: Located[Intent], severity: str) -> Diagnostic | None:
    spec = intent.value.spec
    limits = [
        (limit, guardrail)
        for guardrail in context.catalog.guardrails.values()
        if guardrail.value.spec.severity == severity
        and (limit := guardrail.value.spec.max_ttl.of(spec.risk)) is not None
        and limit < spec.ttl
        and not is_exempt(guardrail.value, "max_ttl", "", (name,), context.today)
    ]
    if not limits:
        return None
    limit, guardrail = min(limits, key=lambda found: found[0])
    shown = format_duration(limit)
    message = f"ttl {format_duration(spec.ttl)} is over {shown}, the most for {spec.risk} risk"
    where = guardrail.span("spec", "max_ttl", spec.risk)
    advice = f"at most {shown}: guardrail {guardrail.value.metadata.name} at {where}"
    return graded(guardrail.value, complain("W302", message, f"intents.{name}", intent, ("spec", "ttl"), advice))


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
