"""What was last applied. Tells 'the spec changed' from 'somebody changed it'. Holds no secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.address import Address
from reconciler.model.plan import SystemRecord
from reconciler.model.resource import Origin, Resource
from reconciler.model.retirement import Retired


@dataclass(frozen=True, slots=True)
class Applied:
    """An object as it was last applied."""

    resource: Resource
    origin: Origin
    depends_on: tuple[Address, ...] = ()
    native_id: str = ""
    """Live.native_id as it was applied; empty where the system gives none, or the record is older."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What steps that ended did, for the record: each of these objects has one that was begun."""

    made: tuple[Applied, ...] = ()
    """As they are now."""
    gone: tuple[Address, ...] = ()
    """Removed, or ours no more."""
    undone: tuple[Address, ...] = ()
    """As before: the call did nothing."""

    @property
    def ended(self) -> tuple[Address, ...]:
        """All of them."""
        return (*(one.resource.address for one in self.made), *self.gone, *self.undone)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A step that was begun and whose end was not recorded: the run died, or never learned what its call did."""

    address: Address
    phase: str
    """create, update or delete."""
    run: str
    """The id of the lock that the run held."""
    who: str
    began: str
    """UTC, ISO 8601."""


@dataclass(frozen=True, slots=True)
class State:
    """All that was applied in one environment."""

    environment: str
    lineage: str
    """A random id given when the state is made; empty while there is none."""
    serial: int
    """Grows with every write."""
    objects: Mapping[Address, Applied]
    systems: Mapping[str, SystemRecord]
    """The systems as they were when last applied: one that left the specs can still be cleaned."""
    unfinished: tuple[Unfinished, ...] = ()
    """What earlier runs left open, in the order in which it was begun."""
    retirements: Mapping[str, Retired] = field(default_factory=dict)
    """What is known of standing principals that are to go, by the retirement's name."""
