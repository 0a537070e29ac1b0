"""A provider whose system is a dictionary, for the engine's own tests. It can be made to fail."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from reconciler.engine.apply import Ended
from reconciler.engine.session import Session, System
from reconciler.model import (
    PLACE,
    Address,
    Applied,
    Desired,
    Live,
    Origin,
    Outcome,
    Ownership,
    Resource,
    Snapshot,
    Value,
)
from reconciler.provider import Attribute, Demand, Lowering, Provider, ResourceType, Scope, may_write
from specs.base import SpecModel


@dataclass
class Memory:
    """The system: objects by key, a log of calls, and a hook that may raise before or after a call took effect."""

    objects: dict[str, dict[str, Value]] = field(default_factory=dict)
    parents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    """The system's own: one to each object that was ever made by a call."""
    place: str = ""
    observed: dict[Address, dict[str, Value]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    before: Callable[[str, str], None] = lambda verb, key: None
    after: Callable[[str, str], None] = lambda verb, key: None
    reading: Callable[[str], None] = lambda key: None
    """Called before an object is read on its own."""

    def make(self, key: str, attributes: Mapping[str, Value]) -> None:
        self.objects[key] = dict(attributes)
        self.ids[key] = f"i-{len(self.calls)}"

    def call(self, verb: str, key: str, effect: Callable[[], object]) -> None:
        may_write()
        self.calls.append((verb, key))
        self.before(verb, key)
        effect()
        self.after(verb, key)


class Thing(ResourceType[Memory]):
    name: ClassVar[str] = "thing"
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "size": Attribute("How big."),
        "kind": Attribute("What it is.", replaces=True),
        "id": Attribute("Given by the system.", computed=True),
    }

    def read(self, client: Memory, key: str) -> Live | None:
        client.reading(key)
        if key not in client.objects:
            return None
        return _found(client, key)

    def create(self, client: Memory, desired: Resource) -> None:
        key = desired.address.key
        client.call("create", key, lambda: client.make(key, desired.attributes))

    def update(self, client: Memory, before: Live, desired: Resource) -> None:
        key = desired.address.key
        client.call("update", key, lambda: client.objects[key].update(desired.attributes))

    def delete(self, client: Memory, before: Live) -> None:
        key = before.resource.address.key
        client.call("delete", key, lambda: client.objects.pop(key, None))


class MemoryProvider(Provider[SpecModel, SpecModel, SpecModel, SpecModel, Memory]):
    name: ClassVar[str] = "memory"
    settings_model = access_model = never_model = connection_model = SpecModel
    types: ClassVar[Mapping[str, ResourceType[Memory]]] = {"thing": Thing()}  # type: ignore[assignment]
    named: ClassVar[frozenset[str]] = frozenset({"named"})

    def lower(self, scope: Scope[SpecModel], demand: Demand[SpecModel]) -> Lowering:
        return Lowering(())

    def overlap(self, access: SpecModel, never: SpecModel) -> str | None:
        return None

    def connect(self, scope: Scope[SpecModel], connection: SpecModel, environ: Mapping[str, str]) -> Memory:
        return Memory()

    def identity(self, client: Memory) -> str:
        return "me"

    def read(self, client: Memory, scope: Scope[SpecModel], wanted: Collection[Address]) -> Snapshot:
        found = [_found(client, key) for key in client.objects]
        observed = {address: Resource(address, dict(values)) for address, values in client.observed.items()}
        objects = {one.resource.address: one for one in found}
        return Snapshot(objects, facts={PLACE: client.place}, observed=observed)


def _found(client: Memory, key: str) -> Live:
    return live(key, client.objects[key], client.parents.get(key, ()), native_id=client.ids.get(key, ""))


MARKS = {"mem": {"thing": Thing.attributes}}


def at(key: str) -> Address:
    return Address("mem", "thing", key)


def resource(key: str, **attributes: Value) -> Resource:
    return Resource(at(key), attributes)


def wanted(key: str, *needs: str, **attributes: Value) -> Desired:
    return Desired(resource(key, **attributes), Origin(f"{key} is wanted"), tuple(at(need) for need in needs))


def live(key: str, attributes: Mapping[str, Value], needs: tuple[str, ...] = (), **more: Any) -> Live:
    return Live(
        Resource(at(key), dict(attributes)),
        more.pop("ownership", Ownership.OURS),
        tuple(at(need) for need in needs),
        **more,
    )


def session(memory: Memory) -> Session:
    return Session({"mem": System(MemoryProvider(), Scope("test", "mem", SpecModel()), memory)})


def remember(objects: dict[Address, Applied], steps: Iterable[Ended]) -> None:
    """What a state records of steps that ended (engine.apply.Recorder)."""
    for one in steps:
        change = one.change
        if one.event.outcome is not Outcome.DONE:
            continue
        if change.after is None:
            objects.pop(change.address, None)
        elif change.origin is not None:
            objects[change.address] = Applied(change.after, change.origin, change.depends_on, one.native_id)
