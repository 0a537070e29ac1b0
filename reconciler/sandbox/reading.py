"""The blueprint of a sandbox, read from specs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from reconciler.compile import Compiled, SystemBinding
from reconciler.compile.scopes import check_one_place
from reconciler.sandbox.blueprint import Blueprint, Identity, Setting
from reconciler.sandbox.errors import BrokenSpecs, SandboxError
from reconciler.workflow.specs import Request, validate
from specs import Catalog, Environment
from specs.diagnostic import has_errors

_APART = "the sandbox has one server of a kind: writ sandbox up --environment NAME starts it for one environment"


def read_blueprint(paths: Sequence[str], environment: str | None = None) -> Blueprint:
    """All environments of the specs, or one. Raises BrokenSpecs, and SandboxError where there is nothing to start."""
    specs, compiled, diagnostics = validate(Request(tuple(paths), environment))
    # There is one server of a kind here, whatever each environment has elsewhere.
    together = check_one_place(binding for one in compiled for binding in one.systems.values())
    if together and not has_errors(diagnostics):
        raise BrokenSpecs(tuple(replace(one, help=_APART) for one in together), specs.sources.source_line)
    if has_errors(diagnostics):
        raise BrokenSpecs(diagnostics, specs.sources.source_line)
    if not compiled:
        raise SandboxError("the specs declare no Environment", help="name the folder that holds it")
    return Blueprint(tuple(_setting(specs.catalog, one) for one in compiled))


def find_seed(paths: Sequence[str]) -> Path | None:
    """The ``seed`` folder in or beside the folder of the specs, if there is one."""
    folders = [path if path.is_dir() else path.parent for path in (Path(path).absolute() for path in paths)]
    beside = [place / "seed" for folder in folders for place in (folder, folder.parent)]
    return next((seed for seed in beside if seed.is_dir()), None)


def _setting(catalog: Catalog, compiled: Compiled) -> Setting:
    environment = catalog.environments[compiled.environment].value
    return Setting(
        compiled.environment,
        _in_order(tuple(compiled.systems.values())),
        _identities(catalog, environment, compiled.systems),
        tuple(environment.spec.issuers),
    )


def _in_order(systems: tuple[SystemBinding, ...]) -> tuple[SystemBinding, ...]:
    waiting, ordered = {system.name: system for system in systems}, []
    while waiting:
        asked = {target.system for system in waiting.values() if (target := system.login_target)}
        # Compiling refused circles, so some system is always free.
        ordered += [waiting.pop(name) for name in tuple(waiting) if name not in asked]
    return tuple(ordered)


def _identities(
    catalog: Catalog, environment: Environment, systems: Mapping[str, SystemBinding]
) -> dict[str, Identity]:
    found = {}
    for name, agent in catalog.agents.items():
        identity = agent.value.spec.identity
        issuer = environment.spec.issuers.get(identity.issuer)
        if issuer is not None:
            audiences = {
                system: audience
                for system, binding in systems.items()
                if (audience := issuer.audiences.get(system) or issuer.audiences.get(binding.record.provider))
            }
            found[name] = Identity(issuer.issuer, identity.subject, audiences)
    return found
