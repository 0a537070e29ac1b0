"""What every provider passes: plan → apply → empty → vandalise each attribute in turn → drift names it → apply → empty
→ destroy → nothing left.

A provider's subject says, for each attribute, a value that somebody could set by hand; or why there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reconciler.compile import SystemBinding
from reconciler.connections import read_connections
from reconciler.engine.refresh import refresh
from reconciler.engine.session import Session, System
from reconciler.model import Address, Drift, DriftKind, Live, Plan, Resource, Value
from reconciler.provider import Fenced, fenced
from reconciler.state.lock import locked
from reconciler.state.opening import open_store
from reconciler.workflow.applying import Console, Execution, execute
from reconciler.workflow.drifting import drift_of
from reconciler.workflow.planning import Options, plan_of
from reconciler.workflow.recorder import Book
from reconciler.workflow.situation import Situation, load_state
from reconciler.workflow.specs import Prepared, Request, prepare
from reconciler.workflow.systems import log_in
from specs.diagnostic import has_errors

Vandal = Callable[[Value], Value]
"""An attribute's value → what somebody sets by hand."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One provider: how each attribute is vandalised, and why some can't be."""

    provider: str
    values: Mapping[tuple[str, str], Vandal] = field(default_factory=dict)
    by_hand: Mapping[tuple[str, str], Callable[[Any, str], None]] = field(default_factory=dict)
    """What the provider itself never writes: (its client, the object's key) → done by hand."""
    fixed: Mapping[str, str] = field(default_factory=dict)
    """``type.attribute`` → why it can't be changed on an existing object."""
    found_only: frozenset[str] = frozenset()
    """Types that are never desired, only found (rogue attachments)."""


def vandal_of(subject: Subject, kind: str, name: str, value: Value) -> Value:
    """The value that somebody sets by hand."""
    vandal = subject.values.get((kind, name))
    if vandal is not None:
        return vandal(value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 60
    pytest.fail(f"{subject.provider}: the subject doesn't say how {kind}.{name} = {value!r} is vandalised")


@dataclass(frozen=True, slots=True)
class Bench:
    """Specs in front of running servers, logged in once, driven through the workflow."""

    prepared: Prepared
    systems: Mapping[str, SystemBinding]
    session: Session
    state: Path

    def now(self) -> Situation:
        state = load_state(self.state, self.prepared.environment)
        assert self.prepared.compiled is not None
        found = refresh(self.session, self.prepared.compiled.desired.keys() | state.objects.keys())
        assert not has_errors((*found.failures, *found.reported)), found
        return Situation(self.prepared, self.systems, self.session, state, found, ())

    def plan(self, *, destroy: bool = False) -> Plan:
        plan = plan_of(self.now(), Options(destroy=destroy))
        assert not plan.errored, plan.diagnostics
        return plan

    def drift(self) -> Drift:
        return drift_of(self.now())

    def apply(self, *, destroy: bool = False) -> None:
        console = Console(
            show=lambda plan: None,
            approve=lambda plan: True,
            listen=lambda event: None,
            notice=lambda text: None,
            walking=lambda: nullcontext(lambda: False),
        )
        now, name = self.now(), self.prepared.environment
        plan = plan_of(now, Options(destroy=destroy))
        assert not plan.errored, plan.diagnostics
        with open_store(self.state) as store, locked(store, name, "test", timeout=0, notice=pytest.fail) as mine:
            book = Book(store, mine, now.refreshed.snapshots)
            done = execute(plan, self.session, book, store.load(name), Execution(self.state), console)
        assert done.result is not None
        assert done.result.ok, [step.diagnostic for step in done.result.steps if step.diagnostic]


@contextmanager
def bench(specs: Path, connections: Path, state: Path, environment: str | None = None) -> Iterator[Bench]:
    """A bench for one environment."""
    operator, problems = read_connections(str(connections))
    assert not problems
    prepared = prepare(Request((str(specs),), environment), operator)
    assert prepared.compiled is not None, prepared.diagnostics
    session, failed = log_in(prepared.compiled.systems, operator)
    assert not failed
    try:
        yield Bench(prepared, prepared.compiled.systems, session, state)
    finally:
        session.close()


def check_every_attribute(subject: Subject, on: Bench, part: int, parts: int) -> int:
    """Vandalise one of ``parts`` of the attributes of one object of each type, in turn. Returns how many."""
    count = 0
    for address in _one_of_each(subject, on):
        _check_fence(on.session.systems[address.system], address)
        for name in _attributes(subject, on, address)[part::parts]:
            _check_attribute(subject, on, address, name)
            count += 1
    assert on.plan().is_empty
    return count


def _check_fence(system: System, address: Address) -> None:
    """A run that has lost its lock writes nothing."""
    kind = system.type_of(address)
    before: Live | None = kind.read(system.client, address.key)
    assert before is not None
    if not kind.borrowed:
        with fenced(lambda: False), pytest.raises(Fenced):
            kind.delete(system.client, before)
    now: Live | None = kind.read(system.client, address.key)
    assert now is not None
    assert now.resource == before.resource


def _one_of_each(subject: Subject, on: Bench) -> list[Address]:
    assert on.prepared.compiled is not None
    systems = on.prepared.compiled.systems
    chosen: dict[str, Address] = {}
    for address in sorted(on.prepared.compiled.desired):
        if systems[address.system].record.provider == subject.provider:
            chosen.setdefault(address.type, address)
    provider = next(s.provider for s in systems.values() if s.record.provider == subject.provider)
    assert chosen.keys() == provider.types.keys() - subject.found_only - {provider.retires}, (
        "a type that the example doesn't make"
    )
    return list(chosen.values())


def _attributes(subject: Subject, on: Bench, address: Address) -> list[str]:
    assert on.prepared.compiled is not None
    wanted = on.prepared.compiled.desired[address].resource.attributes
    marks = on.prepared.compiled.systems[address.system].provider.types[address.type].attributes
    assert wanted.keys() <= marks.keys(), "an attribute without a mark"
    # Not only those that are wanted: one that is merely read could be changed by hand and never be compared.
    return [name for name in marks if not marks[name].computed and f"{address.type}.{name}" not in subject.fixed]


def _check_attribute(subject: Subject, on: Bench, address: Address, name: str) -> None:
    _vandalise(subject, on.session.systems[address.system], address, name)
    now = on.now()
    items = drift_of(now).items
    where = f"{address} {name}"
    assert [item.address for item in items] == [address], where
    assert items[0].kind is DriftKind.CHANGED, where
    assert [change.name for change in items[0].attributes] == [name], where
    assert address in [row.address for row in plan_of(now, Options()).rows], where
    on.apply()
    healed = on.now()
    assert plan_of(healed, Options()).is_empty, where
    assert not drift_of(healed).items, where


def _vandalise(subject: Subject, system: System, address: Address, name: str) -> None:
    kind = system.type_of(address)
    live: Live | None = kind.read(system.client, address.key)
    assert live is not None
    by_hand = subject.by_hand.get((address.type, name))
    if by_hand is not None:
        by_hand(system.client, address.key)
        return
    value = vandal_of(subject, address.type, name, live.resource.attributes[name])
    changed = Resource(address, {**live.resource.attributes, name: value})
    if kind.attributes[name].replaces:
        kind.delete(system.client, live)
        kind.create(system.client, changed)
    else:
        kind.update(system.client, live, changed)


def in_scope(on: Bench, provider: str) -> set[Address]:
    """What lies in the scopes of a provider's systems."""
    assert on.prepared.compiled is not None
    systems = on.prepared.compiled.systems
    names = {name for name, binding in systems.items() if binding.record.provider == provider}
    snapshots = on.now().refreshed.snapshots
    return {address for name in names for address, live in snapshots[name].objects.items() if live.in_scope}
