"""What an Environment says is critical, decoded: as a guardrail's ``never`` says what nobody may reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.compile.places import alike
from reconciler.compile.systems import SystemBinding
from reconciler.model import Kind, Spot
from specs import Environment, Located, decode
from specs.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True)
class Critical:
    """One item of ``critical``."""

    spot: Spot
    title: str
    """For people: ``critical[0] (orders-db)``."""
    block: Any
    """As the provider's never_model."""
    systems: tuple[str, ...]
    """The system that it names, and those that may be it under another name."""


def decode_criticals(
    environment: Located[Environment], systems: Mapping[str, SystemBinding]
) -> tuple[tuple[Critical, ...], tuple[Diagnostic, ...]]:
    """All of them. A system that isn't bound was reported elsewhere."""
    found: list[Critical] = []
    diagnostics: list[Diagnostic] = []
    places = alike(systems) if environment.value.spec.critical else {}
    for index, one in enumerate(environment.value.spec.critical):
        binding = systems.get(one.system)
        if binding is None:
            continue
        raw = Located(dict(one.block), environment.locator, ("spec", "critical", index))
        decoded, problems = decode(binding.provider.never_model, raw)
        diagnostics += problems
        if decoded is not None:
            spot = Spot(Kind.CRITICAL, one.system, str(index))
            title = f"critical[{index}] of {one.system}"
            found.append(Critical(spot, title, decoded, (one.system, *sorted(places[one.system] - {one.system}))))
    return tuple(found), tuple(diagnostics)
