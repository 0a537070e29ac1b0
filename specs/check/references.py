"""Names that documents use must be declared: intents, systems, issuers, agents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from specs.check.context import Context, complain
from specs.diagnostic import Diagnostic, Severity, error
from specs.documents import Environment
from specs.source import Located, Path
from specs.suggest import Hints


def check_references(context: Context) -> Iterator[Diagnostic]:
    """Every name that isn't declared, and every environment that lacks what agents and intents need."""
    catalog = context.catalog
    if not catalog.environments and (catalog.intents or catalog.agents) and not context.failed.any("Environment"):
        yield no_environment()
    yield from _agents(context)
    yield from _exempt(context)
    for environment in catalog.environments.values():
        yield from _issuers(context, environment)
        yield from _systems(context, environment)
        yield from _audiences(environment)


def no_environment() -> Diagnostic:
    """Nothing says where access is made real."""
    advice = "declare one, or name its file too: it says which issuers and systems there are"
    return error("W201", "no Environment is declared", help=advice)


def _agents(context: Context) -> Iterator[Diagnostic]:
    intents, agents = Hints(context.catalog.intents), Hints(context.catalog.agents)
    for name, agent in context.catalog.agents.items():
        owner, spec = f"agents.{name}", agent.value.spec
        for index, allowed in enumerate(spec.intents):
            if _undeclared(context, "Intent", context.catalog.intents, allowed.name):
                path: Path = ("spec", "intents", index, "name")
                yield complain("W202", _not("intent", allowed.name), owner, agent, path, intents.of(allowed.name))
        for index, delegation in enumerate(spec.delegates):
            if _undeclared(context, "Agent", context.catalog.agents, delegation.to):
                path = ("spec", "delegates", index, "to")
                yield complain("W205", _not("agent", delegation.to), owner, agent, path, agents.of(delegation.to))
            for at, intent in enumerate(delegation.intents):
                if _undeclared(context, "Intent", context.catalog.intents, intent):
                    path = ("spec", "delegates", index, "intents", at)
                    yield complain("W202", _not("intent", intent), owner, agent, path, intents.of(intent))


def _undeclared(context: Context, kind: str, declared: Mapping[str, object], name: str) -> bool:
    return name not in declared and not context.failed.may_declare(kind, name)


def _not(what: str, name: str, environment: str = "") -> str:
    return f"{what} {name!r} is not declared{f' in environment {environment}' if environment else ''}"


def _issuers(context: Context, environment: Located[Environment]) -> Iterator[Diagnostic]:
    declared = environment.value.spec.issuers
    where, hints = environment.value.metadata.name, Hints(declared)
    for name, agent in context.catalog.agents.items():
        issuer = agent.value.spec.identity.issuer
        if issuer not in declared:
            message, path = _not("issuer", issuer, where), ("spec", "identity", "issuer")
            yield complain("W204", message, f"agents.{name}", agent, path, hints.of(issuer))


def _exempt(context: Context) -> Iterator[Diagnostic]:
    """Whom guardrails let off: a name that nobody has lets off nobody."""
    intents, agents = Hints(context.catalog.intents), Hints(context.catalog.agents)
    for name, guardrail in context.catalog.guardrails.items():
        owner = f"guardrails.{name}"
        for index, one in enumerate(guardrail.value.spec.exemptions):
            path: Path = ("spec", "exemptions", index)
            if one.agent and _undeclared(context, "Agent", context.catalog.agents, one.agent):
                at = (*path, "agent")
                yield complain("W205", _not("agent", one.agent), owner, guardrail, at, agents.of(one.agent))
            if one.intent and _undeclared(context, "Intent", context.catalog.intents, one.intent):
                at = (*path, "intent")
                yield complain("W202", _not("intent", one.intent), owner, guardrail, at, intents.of(one.intent))


def _systems(context: Context, environment: Located[Environment]) -> Iterator[Diagnostic]:
    declared = environment.value.spec.systems
    where, hints = environment.value.metadata.name, Hints(declared)
    for name, intent in context.catalog.intents.items():
        wanted = (access.system for access in intent.value.spec.access)
        for index in _missing(wanted, declared):
            system, path = intent.value.spec.access[index].system, ("spec", "access", index, "system")
            yield complain("W203", _not("system", system, where), f"intents.{name}", intent, path, hints.of(system))
    for index in _missing((one.system for one in environment.value.spec.critical), declared):
        system, path = environment.value.spec.critical[index].system, ("spec", "critical", index, "system")
        owner = f"environments.{where}"
        yield complain("W203", _not("system", system, where), owner, environment, path, hints.of(system))
    for name, guardrail in context.catalog.guardrails.items():
        spec = guardrail.value.spec
        for field, blocks in (("never", spec.never), ("forbid", spec.forbid)):
            for index in _missing((block.system for block in blocks), declared):
                system, path = blocks[index].system, ("spec", field, index, "system")
                message = _not("system", system, where)
                yield complain("W203", message, f"guardrails.{name}", guardrail, path, hints.of(system))


def _missing(wanted: Iterable[str], declared: Mapping[str, object]) -> Iterator[int]:
    return (index for index, system in enumerate(wanted) if system not in declared)


def _audiences(environment: Located[Environment]) -> Iterator[Diagnostic]:
    spec, owner = environment.value.spec, f"environments.{environment.value.metadata.name}"
    known = {*spec.systems, *(system.provider for system in spec.systems.values())}
    hints = Hints(known, "systems and providers")
    for name, issuer in spec.issuers.items():
        for audience in issuer.audiences:
            if audience not in known:
                path = ("spec", "issuers", name, "audiences", audience)
                message = f"audience for {audience!r}, which is neither a system here nor a provider of one"
                # A warning: it opens nothing, and the provider may be the misspelt one.
                yield replace(
                    complain("W208", message, owner, environment, path, hints.of(audience)), severity=Severity.WARNING
                )
