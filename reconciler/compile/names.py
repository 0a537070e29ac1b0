"""``names``: what a pair's objects are called where they stood before Writ, decoded by each system's provider."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from reconciler.compile.systems import SystemBinding
from specs import Agent, Catalog, Environment, Located, decode
from specs.diagnostic import Diagnostic, error
from specs.source import Path
from specs.suggest import hint

Names: TypeAlias = Mapping[tuple[str, str, str], Any]
"""(agent, intent, system) → the provider's names_model."""


def decode_names(
    catalog: Catalog, environment: Located[Environment], systems: Mapping[str, SystemBinding]
) -> tuple[Names, tuple[Diagnostic, ...]]:
    """All of them. A system that isn't bound was reported elsewhere; one of another environment says nothing here."""
    found: dict[tuple[str, str, str], Any] = {}
    diagnostics: list[Diagnostic] = []
    everywhere = {name for one in catalog.environments.values() for name in one.value.spec.systems}
    for agent in catalog.agents.values():
        for intent, system, block in _blocks(agent):
            binding = systems.get(system)
            if binding is None:
                if system not in everywhere:
                    diagnostics.append(_undeclared(agent, system, block.path, tuple(environment.value.spec.systems)))
                continue
            if binding.provider.names_model is None:
                diagnostics.append(_unnamed(agent, binding, block.path))
                continue
            decoded, problems = decode(binding.provider.names_model, block)
            diagnostics += problems
            if decoded is not None:
                found[agent.value.metadata.name, intent, system] = decoded
    return found, tuple(diagnostics)


def _blocks(agent: Located[Agent]) -> Iterator[tuple[str, str, Located[Any]]]:
    for index, allowed in enumerate(agent.value.spec.intents):
        for system, block in allowed.names.items():
            path: Path = ("spec", "intents", index, "names", system)
            yield allowed.name, system, Located(dict(block), agent.locator, path)


def _undeclared(agent: Located[Agent], system: str, path: Path, known: tuple[str, ...]) -> Diagnostic:
    return error(
        "W223",
        f"system {system!r} is not declared",
        subject=f"agents.{agent.value.metadata.name}",
        help=hint(system, known, "declared"),
        span=agent.locator.span(path),
    )


def _unnamed(agent: Located[Agent], binding: SystemBinding, path: Path) -> Diagnostic:
    return error(
        "W223",
        f"objects of {binding.name} ({binding.record.provider}) have the names that Writ derives, and no others",
        subject=f"agents.{agent.value.metadata.name}",
        help="take the block out",
        span=agent.locator.span(path),
    )
