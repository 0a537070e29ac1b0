"""`permissions`: what Writ's own login needs in each system of an environment, by the providers' declarations."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.compile import Compiled, SystemBinding
from reconciler.connections import Connections
from reconciler.provider import Beyond, Rights
from reconciler.workflow.specs import Request, prepare
from specs.diagnostic import Diagnostic, error, has_errors, warning
from specs.sources import Sources
from specs.suggest import hint


class Purpose(StrEnum):
    """What the login is to do."""

    PLAN = "plan"
    APPLY = "apply"
    INVENTORY = "inventory"


@dataclass(frozen=True, slots=True)
class Needed:
    """One system's."""

    system: str
    provider: str
    rights: Rights


@dataclass(frozen=True, slots=True)
class Permissions:
    """All systems', by name, and what is wrong with the specs."""

    environment: str
    needed: tuple[Needed, ...]
    diagnostics: tuple[Diagnostic, ...]
    sources: Sources


def permissions(request: Request, system: str, purpose: Purpose) -> Permissions:
    """For the environment's systems, or the one that is named. Touches none of them."""
    prepared = prepare(request, Connections(None, {}))
    sources, diagnostics = prepared.specs.sources, prepared.diagnostics
    if prepared.compiled is None or has_errors(diagnostics):
        return Permissions(prepared.environment, (), diagnostics, sources)
    systems = prepared.compiled.systems
    if system and system not in systems:
        advice = hint(system, tuple(systems), "declared")
        unknown = error("W651", f"system {system!r} is not declared", subject=system, help=advice)
        return Permissions(prepared.environment, (), (*diagnostics, unknown), sources)
    found: list[Needed] = []
    for name in sorted([system] if system else systems):
        binding = systems[name]
        rights = _rights(binding, purpose, _beyond(prepared.compiled, name))
        if rights is None:
            message = f"the provider {binding.record.provider} doesn't declare what it needs"
            diagnostics = (
                *diagnostics,
                warning("W650", message, subject=name, help="see the provider's documentation"),
            )
        else:
            found.append(Needed(name, binding.record.provider, rights))
    return Permissions(prepared.environment, tuple(found), diagnostics, sources)


def _beyond(compiled: Compiled, system: str) -> Beyond:
    named = (one.resource for one in compiled.desired.values() if one.adopts and one.resource.address.system == system)
    retiring = (one.retiring for one in compiled.retirements if one.address.system == system)
    return Beyond(tuple(sorted(named, key=lambda one: one.address)), tuple(retiring))


def _rights(binding: SystemBinding, purpose: Purpose, beyond: Beyond) -> Rights | None:
    provider, scope = binding.provider, binding.scope
    if purpose is Purpose.INVENTORY:
        return provider.inventory_rights(scope)
    return provider.rights(scope, writing=purpose is Purpose.APPLY, beyond=beyond)
