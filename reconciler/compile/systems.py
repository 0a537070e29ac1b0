"""Systems of an environment bound to their providers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from reconciler import registry
from reconciler.compile.places import groups
from reconciler.model import SystemRecord
from reconciler.provider import LoginTarget, Scope
from specs import Catalog, Environment, Located, decode
from specs.diagnostic import Diagnostic, error
from specs.source import Path, SourceSpan


@dataclass(frozen=True, slots=True)
class SystemBinding:
    """One system: its provider, its scope with decoded settings, and its record for state and plan."""

    provider: registry.AnyProvider
    scope: Scope[Any]
    record: SystemRecord

    @property
    def name(self) -> str:
        """The system's name."""
        return self.scope.system

    @property
    def login_target(self) -> LoginTarget | None:
        """The system that mints logins for this one."""
        return self.provider.login_target(self.scope.settings)


def bind_systems(environment: Located[Environment]) -> tuple[dict[str, SystemBinding], tuple[Diagnostic, ...]]:
    """All systems of an environment by name. What can't be bound is an error."""
    bindings: dict[str, SystemBinding] = {}
    diagnostics: list[Diagnostic] = []
    for name, system in environment.value.spec.systems.items():
        settings = Located(dict(system.settings), environment.locator, ("spec", "systems", name))
        record = SystemRecord(name, system.provider, settings.value)
        binding, found = _bind(environment.value.metadata.name, record, settings)
        diagnostics += found
        if binding is not None:
            bindings[name] = binding
    return with_login_targets(bindings), tuple(diagnostics)


def with_login_targets(bindings: Mapping[str, SystemBinding]) -> dict[str, SystemBinding]:
    """Each system told what the others' ``credentials`` say of it, and of what may be it under another name."""
    targets: dict[str, list[LoginTarget]] = {}
    for binding in bindings.values():
        target = binding.login_target
        if target is not None:
            targets.setdefault(target.system, []).append(replace(target, requester=binding.name))
    told: dict[str, SystemBinding] = {}
    for group in groups(bindings.values()):
        every = tuple(target for binding in group for target in targets.get(binding.name, ()))
        alike = tuple(binding.scope.settings for binding in group)
        for one in group:
            own = tuple(targets.get(one.name, ()))
            scope = replace(one.scope, login_targets=own, all_targets=every, alike=alike)
            told[one.name] = replace(one, scope=scope)
    return {name: told[name] for name in bindings}


def with_neighbours(
    bindings: Mapping[str, SystemBinding], catalog: Catalog, environment: str
) -> dict[str, SystemBinding]:
    """Systems told of those of other environments that are surely the same place: an account."""
    others = [
        binding
        for name, other in catalog.environments.items()
        if name != environment
        for binding in bind_systems(other)[0].values()
        if binding.provider.unique_places
    ]
    near: dict[tuple[str, str], list[Any]] = {}
    for one in others:
        near.setdefault(_place(one), []).append(one.scope.settings)
    return {
        name: replace(one, scope=replace(one.scope, alike=(*one.scope.alike, *near.get(_place(one), ()))))
        for name, one in bindings.items()
    }


def _place(binding: SystemBinding) -> tuple[str, str]:
    return binding.record.provider, binding.provider.place(binding.scope.settings)


def bind_recorded(environment: str, record: SystemRecord) -> tuple[SystemBinding | None, tuple[Diagnostic, ...]]:
    """A system as the state or a saved plan remembers it."""
    return _bind(environment, record, Located(dict(record.settings), _Recorded(record.name)))


def _bind(
    environment: str, record: SystemRecord, settings: Located[Mapping[str, Any]]
) -> tuple[SystemBinding | None, tuple[Diagnostic, ...]]:
    try:
        provider = registry.load(record.provider)
    except registry.UnknownProvider:
        return None, (_unknown_provider(record, settings),)
    decoded, diagnostics = decode(provider.settings_model, settings)
    if decoded is None:
        return None, diagnostics
    scope = Scope(environment, record.name, decoded, settings.span())
    return SystemBinding(provider, scope, record), diagnostics


def _unknown_provider(record: SystemRecord, settings: Located[Mapping[str, Any]]) -> Diagnostic:
    known = registry.names()
    close = get_close_matches(record.provider, known, 1)
    hint = f"did you mean {close[0]}? " if close else ""
    return error(
        "W210",
        f"no provider {record.provider!r} is installed",
        subject=f"systems.{record.name}.provider",
        help=f"{hint}installed: {', '.join(known)}",
        span=settings.span("provider"),
    )


class _Recorded:
    """Where a recorded system stands: in the state or a saved plan, not in YAML."""

    def __init__(self, system: str) -> None:
        self._span = SourceSpan(f"<recorded system {system}>", 1, 1)

    def span(self, path: Path) -> SourceSpan:  # noqa: ARG002
        return self._span
