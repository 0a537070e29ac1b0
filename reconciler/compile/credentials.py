"""``credentials``: the system that mints another's logins must be there and able to, even if none is asked for."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.compile.systems import SystemBinding
from reconciler.provider import LoginTarget
from specs import Environment, Located, decode
from specs.diagnostic import Diagnostic, error
from specs.nodes import dotted
from specs.suggest import hint


def check_credentials(
    environment: Located[Environment], systems: Mapping[str, SystemBinding]
) -> tuple[frozenset[str], tuple[Diagnostic, ...]]:
    """The systems whose ``credentials`` can't be fulfilled, and why."""
    broken: set[str] = set()
    diagnostics: list[Diagnostic] = []
    for name, binding in systems.items():
        target = binding.login_target
        if target is None:
            continue
        if target.system not in systems and target.system in environment.value.spec.systems:
            broken.add(name)  # declared, and wrong: that is its own error
            continue
        found = _check(environment, name, target, systems.get(target.system))
        diagnostics += found
        if found:
            broken.add(name)
    return frozenset(broken), tuple(diagnostics)


def _check(
    environment: Located[Environment], asking: str, target: LoginTarget, minting: SystemBinding | None
) -> tuple[Diagnostic, ...]:
    path = ("spec", "systems", asking, "credentials")
    owner = f"environments.{environment.value.metadata.name}"
    at = (*path, "system")
    if minting is None:
        message = f"system {target.system!r} is not declared"
        advice = hint(target.system, tuple(environment.value.spec.systems), "declared")
        return (error("W214", message, subject=dotted(at, owner), help=advice, span=environment.span(*at)),)
    model = minting.provider.login_options_model
    if model is None:
        message = f"{minting.name} ({minting.record.provider}) can't mint logins for other systems"
        advice = "name a system that can, such as a Vault"
        return (error("W215", message, subject=dotted(at, owner), help=advice, span=environment.span(*at)),)
    _, found = decode(model, Located(dict(target.options), environment.locator, path))
    return found
