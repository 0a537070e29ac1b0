"""What a Retirement names must be there, and must be what replaces it: the agent's, for that system, once."""

from __future__ import annotations

from collections.abc import Iterator

from specs.check.context import Context, complain
from specs.diagnostic import Diagnostic
from specs.retirement import Replacement, Retirement
from specs.source import Located, Path
from specs.suggest import Hints


def check_retirements(context: Context) -> Iterator[Diagnostic]:
    """Pairs that aren't there or don't reach the system; the same pair, or the same principal, twice."""
    first: dict[tuple[str, str], str] = {}
    for name, found in context.catalog.retirements.items():
        spec = found.value.spec
        yield from _system(context, name, found)
        for index, pair in enumerate(spec.replaced_by):
            path: Path = ("spec", "replaced_by", index)
            if pair in spec.replaced_by[:index]:
                yield complain("W209", f"{pair} is listed twice", f"retirements.{name}", found, path, "remove one")
            else:
                yield from _pair(context, name, found, pair, path)
        other = first.setdefault((spec.system, spec.principal), name)
        if other != name:
            message = f"{spec.principal} of {spec.system} is retired twice: also by {other}"
            where = context.catalog.retirements[other].span("spec", "principal")
            path = ("spec", "principal")
            yield complain("W233", message, f"retirements.{name}", found, path, f"keep one; the other is at {where}")


def _system(context: Context, name: str, found: Located[Retirement]) -> Iterator[Diagnostic]:
    system = found.value.spec.system
    for where, environment in context.catalog.environments.items():
        declared = environment.value.spec.systems
        if system not in declared:
            message = f"system {system!r} is not declared in environment {where}"
            path, advice = ("spec", "system"), Hints(declared).of(system)
            yield complain("W203", message, f"retirements.{name}", found, path, advice)


def _pair(
    context: Context, name: str, found: Located[Retirement], pair: Replacement, path: Path
) -> Iterator[Diagnostic]:
    agents, intents, owner = context.catalog.agents, context.catalog.intents, f"retirements.{name}"
    if pair.agent not in agents or pair.intent not in intents:
        if pair.agent not in agents and not context.failed.may_declare("Agent", pair.agent):
            message = f"agent {pair.agent!r} is not declared"
            yield complain("W205", message, owner, found, path, Hints(agents).of(pair.agent))
        if pair.intent not in intents and not context.failed.may_declare("Intent", pair.intent):
            message = f"intent {pair.intent!r} is not declared"
            yield complain("W202", message, owner, found, path, Hints(intents).of(pair.intent))
        return
    if pair.intent not in context.held.get(pair.agent, {}) and not context.failed.any("Agent"):
        message = f"{pair.agent} doesn't hold {pair.intent}, which is to replace {found.value.spec.principal}"
        yield complain("W231", message, owner, found, path, f"allow {pair.agent} the intent, or name another pair")
    access, system = intents[pair.intent].value.spec.access, found.value.spec.system
    declared = {name for one in context.catalog.environments.values() for name in one.value.spec.systems}
    if system in declared and all(block.system != system for block in access):
        message = f"{pair.intent} needs nothing of {system}, where {found.value.spec.principal} is"
        reach = ", ".join(dict.fromkeys(block.system for block in access))
        yield complain("W232", message, owner, found, path, f"name an intent with access to {system}; it has {reach}")
