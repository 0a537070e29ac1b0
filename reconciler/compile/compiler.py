"""One environment's specs to desired objects."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from reconciler.compile.blocks import AccessBlocks, decode_blocks
from reconciler.compile.credentials import check_credentials
from reconciler.compile.criticals import Critical, decode_criticals
from reconciler.compile.guardrails import Judged, Nevers, decode_nevers
from reconciler.compile.issuers import IssuerKeys, bind_issuers
from reconciler.compile.names import Names, decode_names
from reconciler.compile.pairs import pairs_of
from reconciler.compile.retirements import bind_retirements
from reconciler.compile.scopes import check_scopes
from reconciler.compile.systems import SystemBinding, bind_systems, with_neighbours
from reconciler.compile.widths import check_widths
from reconciler.model import Address, Desired
from reconciler.provider import Demand, Implied, LoginRequest, Lowering, Pair, PairDemand, Retirement
from specs import Catalog, Environment, Located
from specs.diagnostic import Diagnostic, error, has_errors, warning
from specs.nodes import RawDocument


@dataclass(frozen=True, slots=True)
class Compiled:
    """What an environment wants, and what is wrong with its specs."""

    environment: str
    systems: Mapping[str, SystemBinding]
    desired: Mapping[Address, Desired]
    diagnostics: tuple[Diagnostic, ...]
    pairs: tuple[Pair, ...] = ()
    """Every agent with every intent that it is allowed."""
    nevers: Nevers = field(default_factory=Nevers)
    """What guardrails say that nobody may reach, to be held against what is found too."""
    criticals: tuple[Critical, ...] = ()
    """What new paths are told of."""
    retirements: tuple[Retirement, ...] = ()
    """Standing principals that are to go."""


def compile_environment(
    catalog: Catalog,
    environment: Located[Environment],
    keys: Mapping[str, IssuerKeys] | None = None,
    today: date | None = None,
    now: datetime | None = None,
    undecoded: Iterable[RawDocument] = (),
) -> Compiled:
    """Bind systems, decode access, check guardrails, lower every system. No I/O.

    What is wrong is told of all at once: whatever is sound is lowered, and with any error nothing is desired.

    ``keys``: where the operator finds an issuer's keys, by issuer, when not where the spec says. ``today`` judges
    exemptions, ``now`` what is wanted until a moment; by default by the clock, in UTC. ``undecoded``: documents that
    have mistakes of their own, for what else is wrong in them.
    """
    moment = now or datetime.now(UTC)
    day = today or moment.date()
    name = environment.value.metadata.name
    bound, diagnostics = bind_systems(environment)
    systems = with_neighbours(bound, catalog, name)
    decoded = decode_blocks(catalog, systems, undecoded)
    names, misnamed = decode_names(catalog, environment, systems)
    broken, found = check_credentials(environment, systems)
    nevers = decode_nevers(catalog, systems, day)
    criticals, unclear = decode_criticals(environment, systems)
    wide = check_widths(catalog, systems, decoded.blocks, day)
    retirements, unfit = bind_retirements(catalog, systems)
    problems = [
        *diagnostics,
        *check_scopes(systems),
        *found,
        *decoded.diagnostics,
        *misnamed,
        *nevers.diagnostics,
        *unclear,
        *wide,
        *unfit,
    ]
    pairs = pairs_of(catalog)
    context = _Context(environment, _sound(pairs, decoded.failed), decoded.blocks, keys or {}, names)
    desired: dict[Address, Desired] = {}
    implied: dict[str, tuple[Implied, ...]] = {}
    logins: dict[str, list[LoginRequest]] = {system: [] for system in systems}
    for binding in _in_order(environment, systems, problems):
        lowering = _lower(binding, context, logins[binding.name], problems)
        implied[binding.name] = lowering.implied
        problems += _over(lowering.resources, moment)
        _collect((one for one in lowering.resources if not _is_over(one, moment)), desired, problems)
        for request in lowering.logins:
            if request.requester not in broken:
                logins[request.target.system].append(request)
    problems += nevers.judge(Judged(systems, decoded.blocks, pairs, desired, implied))
    wanted = {} if has_errors(problems) else desired
    return Compiled(name, systems, wanted, tuple(problems), context.pairs, nevers, criticals, retirements)


def _sound(pairs: Iterable[Pair], failed: Collection[str]) -> tuple[Pair, ...]:
    """Without those whose intent is wrong, or whose agent has another's identity: their own errors say so."""
    first: dict[tuple[str, str], str] = {}
    return tuple(
        pair
        for pair in pairs
        if first.setdefault((pair.agent.issuer, pair.agent.subject), pair.agent.name) == pair.agent.name
        and pair.intent.name not in failed
    )


def _in_order(
    environment: Located[Environment], systems: Mapping[str, SystemBinding], problems: list[Diagnostic]
) -> list[SystemBinding]:
    """Systems that ask for logins before those that mint them."""
    waiting = dict(systems)
    ordered: list[SystemBinding] = []
    while waiting:
        asked = {target.system for binding in waiting.values() if (target := binding.login_target)}
        free = [name for name in waiting if name not in asked]
        if not free:
            problems.append(_circle(environment, waiting))
            return []
        ordered += [waiting.pop(name) for name in free]
    return ordered


def _circle(environment: Located[Environment], waiting: Mapping[str, SystemBinding]) -> Diagnostic:
    trail = [next(iter(waiting))]
    while (target := waiting[trail[-1]].login_target) is not None and target.system not in trail:
        trail.append(target.system)
    first = target.system if target else trail[0]
    names = [*trail[trail.index(first) :], first]
    return error(
        "W211",
        f"systems mint each other's credentials in a circle: {' → '.join(names)}",
        subject=f"environments.{environment.value.metadata.name}.spec.systems.{first}.credentials",
        help="let one of them have its logins made elsewhere",
        span=environment.span("spec", "systems", first, "credentials", "system"),
    )


@dataclass(frozen=True, slots=True)
class _Context:
    """What lowering any system of the environment needs."""

    environment: Located[Environment]
    pairs: tuple[Pair, ...]
    blocks: AccessBlocks
    keys: Mapping[str, IssuerKeys]
    names: Names


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
            if pair.agent.issuer in context.environment.value.spec.issuers:
                problems.append(_no_audience(binding, context.environment, pair))
        else:
            named = context.names.get((pair.agent.name, pair.intent.name, binding.name))
            demands.append(PairDemand(pair, access, requests, named))
    lowering = binding.provider.lower(binding.scope, Demand(issuers, tuple(demands)))
    problems.extend(lowering.diagnostics)
    return lowering


def _no_audience(binding: SystemBinding, environment: Located[Environment], pair: Pair) -> Diagnostic:
    names = dict.fromkeys((binding.name, binding.record.provider))
    return error(
        "W212",
        f"issuer {pair.agent.issuer} has no audience for {binding.name}, which {pair.agent.name} needs "
        f"for {pair.intent.name}",
        subject=f"issuers.{pair.agent.issuer}.audiences",
        help=f"add {' or '.join(f'{name}:' for name in names)} to its audiences",
        span=environment.span("spec", "issuers", pair.agent.issuer, "audiences"),
    )


def _is_over(wanted: Desired, now: datetime) -> bool:
    return wanted.until is not None and wanted.until <= now


def _over(resources: Iterable[Desired], now: datetime) -> Iterator[Diagnostic]:
    """One warning for each object of a pair that nobody wants any more, though a spec names it."""
    for wanted in resources:
        if _is_over(wanted, now) and wanted.origin.agent and wanted.until is not None:
            yield warning(
                "W217",
                f"{wanted.resource.address} was declared until {wanted.until:%Y-%m-%d %H:%M} UTC, which is over: "
                "it isn't wanted any more, and apply takes it away",
                subject=str(wanted.resource.address),
                help="take it out of the specs, or give it another end",
                span=wanted.origin.span,
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
