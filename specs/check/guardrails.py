"""Guardrails that need no system to be judged: ``require``, ``separate``; and the exemptions' own dates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import combinations

from specs.check.context import Context, complain
from specs.diagnostic import Diagnostic, Severity
from specs.documents import Agent, Guardrail
from specs.grants import chain
from specs.guardrails import Required, Requirement
from specs.parts import Approval
from specs.selection import is_exempt, selected
from specs.source import Located, Path
from specs.suggest import hint

SOON = timedelta(days=30)
"""How long before its end an exemption is told of."""
LONG = timedelta(days=366)
"""What nobody looks at for more than a year is a rule of its own, and no exemption."""


def check_guardrails(context: Context) -> Iterator[Diagnostic]:
    """What each guardrail finds in the specs alone."""
    for name, guardrail in context.catalog.guardrails.items():
        spec = guardrail.value.spec
        found: list[Diagnostic] = []
        if spec.require or spec.separate:
            agents = sorted(selected(spec.agents, context.catalog, context.held))
            found += _required(context, guardrail, agents)
            found += _separated(context, guardrail, agents)
        yield from (graded(guardrail.value, one) for one in (*found, *_expired(context, name, guardrail)))
        yield from _soon(context, name, guardrail)
        yield from _lasting(context, name, guardrail)
        yield from _strangers(context, name, guardrail)
        yield from _nobody(context, name, guardrail)
    yield from _approved_tomorrow(context)


def graded(guardrail: Guardrail, found: Diagnostic) -> Diagnostic:
    """A finding with the severity that its guardrail sets."""
    return found if guardrail.spec.severity == "error" else replace(found, severity=Severity.WARNING)


def _expired(context: Context, name: str, guardrail: Located[Guardrail]) -> Iterator[Diagnostic]:
    for index, one in enumerate(guardrail.value.spec.exemptions):
        if one.expires < context.today:
            message = f"the exemption from {one.rule} expired on {one.expires}"
            path: Path = ("spec", "exemptions", index, "expires")
            advice = f"remove it, or have {one.approver} agree to another date"
            yield complain("W316", message, f"guardrails.{name}", guardrail, path, advice)


def _soon(context: Context, name: str, guardrail: Located[Guardrail]) -> Iterator[Diagnostic]:
    for index, one in enumerate(guardrail.value.spec.exemptions):
        if context.today <= one.expires <= context.today + SOON:
            days = (one.expires - context.today).days
            when = "today" if not days else f"in {days} day{'s' if days > 1 else ''}"
            message = f"the exemption from {one.rule} ends {when}, on {one.expires}"
            path: Path = ("spec", "exemptions", index, "expires")
            found = complain("W317", message, f"guardrails.{name}", guardrail, path, "do without it from then on")
            yield replace(found, severity=Severity.WARNING)


def _lasting(context: Context, name: str, guardrail: Located[Guardrail]) -> Iterator[Diagnostic]:
    for index, one in enumerate(guardrail.value.spec.exemptions):
        if one.expires > context.today + LONG:
            message = f"the exemption from {one.rule} lasts until {one.expires}, more than a year"
            path: Path = ("spec", "exemptions", index, "expires")
            advice = "let it end within a year and renew it then, or change the rule"
            found = complain("W319", message, f"guardrails.{name}", guardrail, path, advice)
            yield replace(found, severity=Severity.WARNING)


def _required(context: Context, guardrail: Located[Guardrail], agents: Iterable[str]) -> Iterator[Diagnostic]:
    for index, requirement in enumerate(guardrail.value.spec.require):
        told: set[str] = set()
        for agent in agents:
            for intent, path in _givings(context.catalog.agents[agent].value):
                found = context.catalog.intents.get(intent)
                if found is None or found.value.spec.risk not in requirement.risk:
                    continue
                if not is_exempt(guardrail.value, "require", agent, (intent,), context.today):
                    yield from _unmet(context, guardrail, index, (agent, intent, path), told)


def _givings(agent: Agent) -> Iterator[tuple[str, Path]]:
    """Intents that an agent is allowed or passes on, each with its place."""
    for index, allowed in enumerate(agent.spec.intents):
        yield allowed.name, ("spec", "intents", index)
    for index, delegation in enumerate(agent.spec.delegates):
        for at, intent in enumerate(delegation.intents):
            yield intent, ("spec", "delegates", index, "intents", at)


def _unmet(
    context: Context, guardrail: Located[Guardrail], index: int, given: tuple[str, str, Path], told: set[str]
) -> Iterator[Diagnostic]:
    """What a requirement misses where an intent is given; what is missing of the intent or the agent is told once."""
    agent, intent, path = given
    requirement = guardrail.value.spec.require[index]
    where = guardrail.span("spec", "require", index)
    name = guardrail.value.metadata.name
    risk = context.catalog.intents[intent].value.spec.risk
    advice = f"guardrail {name} at {where} requires it of {risk} risk"
    for what, message, located, owner, at in _missing(context, requirement, given):
        key = f"{what} {owner}" if owner else f"{what} {agent} {path}"
        if key not in told:
            told.add(key)
            yield complain("W311", message, owner or f"agents.{agent}", located, at, advice)


def _missing(
    context: Context, requirement: Requirement, given: tuple[str, str, Path]
) -> Iterator[tuple[Required, str, Located[object], str, Path]]:
    agent, intent, path = given
    holder, wanted = context.catalog.agents[agent], context.catalog.intents[intent]
    for what in requirement.of:
        if what == "owner" and wanted.value.spec.owner is None:
            message = f"intent {intent} has no owner, and {agent} may hold it"
            yield what, message, wanted, f"intents.{intent}", ("metadata", "name")
        review = holder.value.spec.review_by
        if what == "review_by" and (review is None or review < context.today):
            state = "has no review_by" if review is None else f"was due for review on {review}"
            message = f"{agent} {state}, and may hold {intent}"
            yield what, message, holder, f"agents.{agent}", ("spec", "review_by") if review else ("metadata", "name")
        if what == "approval" and wanted.value.spec.approval is None and _approval(holder.value, path) is None:
            message = f"nobody approved that {agent} {'passes on' if path[1] == 'delegates' else 'has'} {intent}"
            yield what, message, holder, "", path


def _approval(agent: Agent, path: Path) -> Approval | None:
    _, field, index = path[:3]
    giving = (agent.spec.intents if field == "intents" else agent.spec.delegates)[int(index)]
    return giving.approval


def _separated(context: Context, guardrail: Located[Guardrail], agents: Iterable[str]) -> Iterator[Diagnostic]:
    lists = guardrail.value.spec.separate
    for agent in agents:
        reached = _reached(context, agent)
        for index, intents in enumerate(lists):
            for pair in combinations([one for one in dict.fromkeys(intents) if one in reached], 2):
                if not is_exempt(guardrail.value, "separate", agent, pair, context.today):
                    yield _together(context, guardrail, index, agent, pair)


def _strangers(context: Context, name: str, guardrail: Located[Guardrail]) -> Iterator[Diagnostic]:
    for index, intents in enumerate(guardrail.value.spec.separate):
        for at, intent in enumerate(intents):
            if intent not in context.catalog.intents and not context.failed.may_declare("Intent", intent):
                message = f"intent {intent!r} is not declared, so it can't be kept apart from others"
                path: Path = ("spec", "separate", index, at)
                yield complain("W202", message, f"guardrails.{name}", guardrail, path, "declare it, or leave it out")


def _nobody(context: Context, name: str, guardrail: Located[Guardrail]) -> Iterator[Diagnostic]:
    """A name that no agent has: whoever mistypes one would have no guardrail, and not know."""
    known = context.catalog.agents
    for index, one in enumerate(guardrail.value.spec.agents.names):
        # A pattern may be for agents to come.
        if "*" not in one and one not in known and not context.failed.may_declare("Agent", one):
            path: Path = ("spec", "agents", "names", index)
            advice = hint(one, known, "declared")
            found = complain("W320", f"no agent is named {one!r}", f"guardrails.{name}", guardrail, path, advice)
            yield replace(found, severity=Severity.WARNING)


def _reached(context: Context, agent: str) -> dict[str, tuple[str, Path]]:
    """Intents that an agent holds, or passes on though it doesn't hold them: where each is written."""
    found = {intent: held.place for intent, held in context.held[agent].items()}
    for intent, path in _givings(context.catalog.agents[agent].value):
        found.setdefault(intent, (agent, path))
    return found


def _together(
    context: Context, guardrail: Located[Guardrail], index: int, agent: str, pair: tuple[str, ...]
) -> Diagnostic:
    reached = _reached(context, agent)
    first, second = pair
    origin, path = reached[second]
    others = context.catalog.agents[reached[first][0]].span(*reached[first][1])
    ways = [_way(context, agent, intent) for intent in pair]
    message = f"{agent} holds both {first}{ways[0]} and {second}{ways[1]}"
    advice = (
        f"guardrail {guardrail.value.metadata.name} at {guardrail.span('spec', 'separate', index)} keeps them apart; "
        f"{first} is given at {others}"
    )
    located = context.catalog.agents[origin]
    return complain("W312", message, f"agents.{origin}", located, path, advice)


def _way(context: Context, agent: str, intent: str) -> str:
    names = chain(context.held, agent, intent)
    return f" (through {' → '.join(names)})" if len(names) > 1 else ""


def _approved_tomorrow(context: Context) -> Iterator[Diagnostic]:
    """An approval that hasn't happened yet is none."""
    for name, intent in context.catalog.intents.items():
        approval = intent.value.spec.approval
        if approval is not None and approval.date > context.today:
            yield _early(approval, f"intents.{name}", intent, ("spec", "approval", "date"))
    for name, agent in context.catalog.agents.items():
        spec = agent.value.spec
        given = [(("intents", index), one.approval) for index, one in enumerate(spec.intents)]
        given += [(("delegates", index), one.approval) for index, one in enumerate(spec.delegates)]
        for place, approval in given:
            if approval is not None and approval.date > context.today:
                yield _early(approval, f"agents.{name}", agent, ("spec", *place, "approval", "date"))


def _early(approval: Approval, owner: str, located: Located[object], path: Path) -> Diagnostic:
    message = f"approved on {approval.date}, which is still to come"
    return complain("W315", message, owner, located, path, "write the day on which it was approved")
