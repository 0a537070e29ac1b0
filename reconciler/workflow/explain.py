"""`explain`: whether an agent may do something and by which statement; why an object exists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from reconciler.compile import Compiled, SystemBinding
from reconciler.connections import Connections
from reconciler.engine.refresh import refresh
from reconciler.model import Address, Chain, Desired, Explained, Live, Reason, Resource, Snapshot
from reconciler.provider import Asking, RequestError
from reconciler.state.opening import Place
from reconciler.workflow.situation import load_state
from reconciler.workflow.specs import Prepared
from reconciler.workflow.systems import logged_in
from specs import Grant, grants
from specs.diagnostic import Diagnostic, error, has_errors
from specs.source import SourceSpan
from specs.suggest import hint

_WITNESS = re.compile(r"(?P<verb>\S+) (?:\((?P<column>[^()]+)\) )?(?:on )?(?P<object>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Question:
    """May this agent do this on this system?"""

    agent: str
    system: str
    request: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a system's objects."""

    objects: Mapping[Address, Resource]
    found: Mapping[Address, Live] = field(default_factory=dict)
    surroundings: object = None
    live: bool = False


def as_asked(words: tuple[str, ...]) -> tuple[str, ...]:
    """A request in words; also as the plan writes a witness: ``SELECT on public.orders``, ``UPDATE (total) on …``."""
    found = _WITNESS.fullmatch(" ".join(words)) if len(words) == 1 or "on" in words[1:3] else None
    if found is None:
        return words
    return tuple(one for one in (found["verb"], found["object"], found["column"]) if one)


def explain_request(
    prepared: Prepared, connections: Connections, question: Question, *, live: bool
) -> tuple[Explained | None, tuple[Diagnostic, ...]]:
    """By the specs, or by the system as it is. None where an error stands in the way."""
    compiled, problems = prepared.compiled, prepared.diagnostics
    if compiled is None or has_errors(problems):
        return None, problems
    problems = (*problems, *_strange(prepared, compiled, question))
    if has_errors(problems):
        return None, problems
    binding = compiled.systems[question.system]
    with _known(compiled, binding, connections, live=live) as (known, failed):
        if has_errors(failed):
            return None, (*problems, *failed)
    try:
        chains = tuple(_chains(prepared, compiled, binding, known, question))
        if not chains:  # its words are to be judged all the same
            binding.provider.explain(binding.scope, _asking(Address(question.system, "", ""), known, question))
    except RequestError as wrong:
        subject = f"{question.system}: {' '.join(question.request)}"
        return None, (*problems, error("W653", wrong.message, subject=subject, help=wrong.help))
    agent = prepared.specs.catalog.agents[question.agent]
    owner = agent.value.spec.owner
    request = " ".join(question.request)
    owned = agent.span("spec", "owner")
    return Explained(question.agent, owner, owned, question.system, request, live, chains), (*problems, *failed)


def explain_address(
    prepared: Prepared, connections: Connections, state_place: Place, name: str, *, live: bool
) -> tuple[Reason | None, tuple[Diagnostic, ...]]:
    """Of a declared object, of one that is only recorded, or (``live``) of one that was found. Raises StateError."""
    compiled, problems = prepared.compiled, prepared.diagnostics
    if compiled is None or has_errors(problems):
        return None, problems
    wanted = {str(address): one for address, one in compiled.desired.items()}
    if name in wanted:
        return _declared(prepared, compiled.desired, wanted[name]), problems
    recorded = {str(one): applied for one, applied in load_state(state_place, compiled.environment).objects.items()}
    if name in recorded:
        applied = recorded[name]
        note = "it is recorded and no longer declared: the next apply removes it"
        address, owner = applied.resource.address, _owner(prepared, applied.origin.agent)
        return Reason(address, applied.origin, owner, note, applied.depends_on), problems
    binding = compiled.systems.get(name.partition(".")[0])
    if live and binding is not None:
        with _known(compiled, binding, connections, live=True) as (known, failed):
            found = {str(address): one for address, one in known.found.items()}
        if has_errors(failed):
            return None, (*problems, *failed)
        if name in found:
            return _undeclared(found[name]), (*problems, *failed)
    advice = hint(name, [*wanted, *recorded], "declared") or "as plan writes it; --live also looks at the system"
    return None, (*problems, error("W652", f"{name} is no object that is known", subject=name, help=advice))


def _declared(prepared: Prepared, desired: Mapping[Address, Desired], one: Desired) -> Reason:
    address = one.resource.address
    dependents = tuple(sorted(other for other, wanted in desired.items() if address in wanted.depends_on))
    return Reason(address, one.origin, _owner(prepared, one.origin.agent), "", one.depends_on, dependents)


def _undeclared(live: Live) -> Reason:
    where = "in the scope: the next apply removes it" if live.in_scope else "outside the scope: it is left alone"
    note = f"nobody declares it; it is {where}{f' ({live.note})' if live.note else ''}"
    return Reason(live.resource.address, None, "", note, live.depends_on)


def _owner(prepared: Prepared, agent: str) -> str:
    found = prepared.specs.catalog.agents.get(agent)
    return found.value.spec.owner if found else ""


def _strange(prepared: Prepared, compiled: Compiled, question: Question) -> Iterator[Diagnostic]:
    agents = prepared.specs.catalog.agents
    if question.agent not in agents:
        advice = hint(question.agent, tuple(agents), "declared")
        yield error("W654", f"agent {question.agent!r} is not declared", subject=question.agent, help=advice)
    if question.system not in compiled.systems:
        advice = hint(question.system, tuple(compiled.systems), "declared")
        yield error("W651", f"system {question.system!r} is not declared", subject=question.system, help=advice)


@contextmanager
def _known(
    compiled: Compiled, binding: SystemBinding, connections: Connections, *, live: bool
) -> Iterator[tuple[_Known, tuple[Diagnostic, ...]]]:
    """One system's objects, as the specs want them or as they are."""
    wanted = {address: one.resource for address, one in compiled.desired.items() if address.system == binding.name}
    if not live:
        yield _Known(wanted), ()
        return
    with logged_in({binding.name: binding}, connections) as (session, failed):
        refreshed = refresh(session, wanted.keys())
        snapshot = refreshed.snapshots.get(binding.name, Snapshot({}))
        yield (
            _Known(snapshot.everything, snapshot.objects, snapshot.surroundings, live=True),
            (*failed, *refreshed.failures),
        )


def _chains(
    prepared: Prepared, compiled: Compiled, binding: SystemBinding, known: _Known, question: Question
) -> Iterator[Chain]:
    for grant in grants(prepared.specs.catalog):
        subject = _subject(compiled, binding, grant) if grant.agent == question.agent else None
        if subject is None:
            continue
        intent = prepared.specs.catalog.intents[grant.intent]
        yield Chain(
            intent=grant.intent,
            purpose=intent.value.spec.purpose,
            granted=grant.span,
            delegators=grant.delegators,
            blocks=tuple(_blocks(prepared, grant.intent, binding.name)),
            subject=subject,
            through=tuple(_through(compiled, subject)),
            explanation=binding.provider.explain(binding.scope, _asking(subject, known, question)),
        )


def _asking(subject: Address, known: _Known, question: Question) -> Asking:
    return Asking(subject, question.request, known.objects, known.surroundings, known.live)


def _subject(compiled: Compiled, binding: SystemBinding, grant: Grant) -> Address | None:
    """The principal of a pair on a system; None where the intent has nothing there."""
    kinds = binding.provider.principals
    found = (
        address
        for address, one in compiled.desired.items()
        if address.system == binding.name
        and address.type in kinds
        and (one.origin.agent, one.origin.intent) == (grant.agent, grant.intent)
    )
    return next(found, None)


def _through(compiled: Compiled, subject: Address) -> Iterator[Address]:
    for address, one in sorted(compiled.desired.items()):
        if address.system != subject.system and subject in one.depends_on:
            yield address


def _blocks(prepared: Prepared, name: str, system: str) -> Iterator[SourceSpan]:
    intent = prepared.specs.catalog.intents[name]
    for index, access in enumerate(intent.value.spec.access):
        if access.system == system:
            yield intent.span("spec", "access", index)
