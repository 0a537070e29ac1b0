"""One environment's specs to desired objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.compile.blocks import AccessBlocks, decode_blocks
from reconciler.compile.guardrails import decode_nevers
from reconciler.compile.issuers import IssuerKeys, bind_issuers
from reconciler.compile.pairs import pairs_of
from reconciler.compile.systems import SystemBinding, bind_systems
from reconciler.model import Address, Desired
from reconciler.provider import Demand, LoginRequest, Lowering, Pair, PairDemand
from specs import Catalog, Environment, Located, decode
from specs.diagnostic import Diagnostic, error, has_errors


@dataclass(frozen=True, slots=True)
class Compiled:
    """What an environment wants, and what is wrong with its specs."""

    environment: str
    systems: Mapping[str, SystemBinding]
    desired: Mapping[Address, Desired]
    diagnostics: tuple[Diagnostic, ...]


def compile_environment(
    catalog: Catalog, environment: Located[Environment], keys: Mapping[str, IssuerKeys] | None = None
) -> Compiled:
    """Bind systems, decode access, check guardrails, lower every system. No I/O.

    ``keys``: where the operator finds an issuer's keys, by issuer, when not where the spec says.
    """
    name = environment.value.metadata.name
    systems, diagnostics = bind_systems(environment)
    blocks, found = decode_blocks(catalog, systems)
    nevers = decode_nevers(catalog, systems)
    problems = [*diagnostics, *found, *nevers.diagnostics, *nevers.declared(catalog, systems, blocks)]
    if has_errors(problems):
        return Compiled(name, systems, {}, tuple(problems))
    context = _Context(environment, pairs_of(catalog), blocks, keys or {})
    desired: dict[Address, Desired] = {}
    logins: dict[str, list[LoginRequest]] = {system: [] for system in systems}
    for binding in _in_order(systems, problems):
        lowering = _lower(binding, context, logins[binding.name], problems)
        problems += nevers.implied(binding, lowering.implied)
        _collect(lowering.resources, desired, problems)
        for request in lowering.logins:
            _ask(request, systems, logins, problems)
    return Compiled(name, systems, desired, tuple(problems))


def _in_order(systems: Mapping[str, SystemBinding], problems: list[Diagnostic]) -> list[SystemBinding]:
    """Systems that ask for logins before those that mint them."""
    waiting = dict(systems)
    ordered: list[SystemBinding] = []
    while waiting:
        asked = {target.system for binding in waiting.values() if (target := binding.login_target)}
        free = [name for name in waiting if name not in asked]
        if not free:
            names = " → ".join([*waiting, next(iter(waiting))])
            problems.append(error("W211", f"systems mint each other's credentials in a circle: {names}"))
            return []
        ordered += [waiting.pop(name) for name in free]
    return ordered


@dataclass(frozen=True, slots=True)
class _Context:
    """What lowering any system of the environment needs."""

    environment: Located[Environment]
    pairs: tuple[Pair, ...]
    blocks: AccessBlocks
    keys: Mapping[str, IssuerKeys]


def _lower(
    binding: SystemBinding, context: _Context, logins: Iterable[LoginRequest], problems: list[Diagnostic]
) -> Lowering:
    issuers = bind_issuers(context.environment, binding, context.keys)
    known = {issuer.name for issuer in issuers}
    asked: dict[str, list[LoginRequest]] = {}
    for request in logins:
        asked.setdefault(request.pair.name, []).append(request)
    demands: list[PairDemand[Any]] = []
    for pair in context.pairs:
        access = context.blocks.get((pair.intent.name, binding.name), ())
        requests = tuple(asked.get(pair.name, ()))
        if not access and not requests:
            continue
        if binding.provider.needs_audience and pair.agent.issuer not in known:
            problems.append(_no_audience(binding, context.environment, pair))
        else:
            demands.append(PairDemand(pair, access, requests))
    lowering = binding.provider.lower(binding.scope, Demand(issuers, tuple(demands)))
    problems.extend(lowering.diagnostics)
    return lowering


def _no_audience(binding: SystemBinding, environment: Located[Environment], pair: Pair) -> Diagnostic:
    return error(
        "W212",
        f"issuer {pair.agent.issuer} has no audience for {binding.name}, which {pair.agent.name} needs "
        f"for {pair.intent.name}",
        subject=f"issuers.{pair.agent.issuer}.audiences",
        help=f"add {binding.name}: or {binding.record.provider}: to its audiences",
        span=environment.span("spec", "issuers", pair.agent.issuer, "audiences"),
    )


def _collect(resources: Iterable[Desired], desired: dict[Address, Desired], problems: list[Diagnostic]) -> None:
    for wanted in resources:
        address = wanted.resource.address
        first = desired.setdefault(address, wanted)
        if first is not wanted and first.resource != wanted.resource:
            problems.append(
                error(
                    "W213",
                    f"two intents or agents would make {address} differently",
                    subject=str(address),
                    help="rename one of them",
                    span=wanted.origin.span,
                )
            )


def _ask(
    request: LoginRequest,
    systems: Mapping[str, SystemBinding],
    logins: dict[str, list[LoginRequest]],
    problems: list[Diagnostic],
) -> None:
    asking = systems[request.requester]
    problem = _cannot_mint(request, asking, systems)
    if problem is None:
        logins[request.target.system].append(request)
    elif problem not in problems:
        problems.append(problem)


def _cannot_mint(
    request: LoginRequest, asking: SystemBinding, systems: Mapping[str, SystemBinding]
) -> Diagnostic | None:
    subject = f"systems.{asking.name}.credentials"
    minting = systems.get(request.target.system)
    if minting is None:
        known = ", ".join(systems)
        return error(
            "W214",
            f"system {request.target.system!r} is not declared",
            subject=subject,
            help=f"declared: {known}",
            span=asking.scope.span,
        )
    model = minting.provider.login_options_model
    if model is None:
        return error(
            "W215",
            f"{minting.name} ({minting.record.provider}) can't mint logins for other systems",
            subject=subject,
            span=asking.scope.span,
        )
    decoded, diagnostics = decode(model, Located(dict(request.target.options), _At(asking)))
    return None if decoded is not None else diagnostics[0]


class _At:
    """Options of ``credentials`` point at their system's settings."""

    def __init__(self, binding: SystemBinding) -> None:
        self._binding = binding

    def span(self, path: tuple[str | int, ...]) -> Any:  # noqa: ARG002
        return self._binding.scope.span
