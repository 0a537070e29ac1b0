"""Single agents: lists without repetition, reviews that aren't overdue, something to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from specs.check.context import Context, complain
from specs.diagnostic import Diagnostic, Severity, warning
from specs.documents import Agent
from specs.source import Located, Path


def check_agents(context: Context) -> Iterator[Diagnostic]:
    """Errors for what is listed twice; warnings for overdue reviews and for agents without intents."""
    for name, agent in context.catalog.agents.items():
        yield from _repeated(name, agent)
        spec = agent.value.spec
        if spec.review_by is not None and spec.review_by < context.today:
            days = (context.today - spec.review_by).days
            message = f"review was due on {spec.review_by}, {days} day{'s' if days > 1 else ''} ago"
            path: Path = ("spec", "review_by")
            problem = complain(
                "W330", message, f"agents.{name}", agent, path, "review what it may do, then set a new date"
            )
            yield replace(problem, severity=Severity.WARNING)
        if not context.held[name] and not spec.intents and not context.failed.any("Agent"):
            yield warning(
                "W331",
                f"{name} has no intents, so it can do nothing",
                subject=f"agents.{name}.spec.intents",
                help="allow it an intent, or remove it",
                span=agent.span("metadata", "name"),
            )


def _repeated(name: str, agent: Located[Agent]) -> Iterator[Diagnostic]:
    listed: dict[tuple[str, str], Path] = {}
    for index, allowed in enumerate(agent.value.spec.intents):
        yield from _again(name, agent, listed, ("", allowed.name), ("spec", "intents", index, "name"))
    for index, delegation in enumerate(agent.value.spec.delegates):
        for at, intent in enumerate(delegation.intents):
            path = ("spec", "delegates", index, "intents", at)
            yield from _again(name, agent, listed, (delegation.to, intent), path)


def _again(
    name: str, agent: Located[Agent], listed: dict[tuple[str, str], Path], what: tuple[str, str], path: Path
) -> Iterator[Diagnostic]:
    first = listed.setdefault(what, path)
    if first is not path:
        to, intent = what
        message = f"{intent} is listed twice{f' for {to}' if to else ''}"
        where = agent.span(*first)
        yield complain("W209", message, f"agents.{name}", agent, path, f"first at line {where.line}")
