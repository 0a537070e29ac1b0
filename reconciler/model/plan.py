"""A plan: what would be done, bound to what it was made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.model.access import AccessRow, Mover
from reconciler.model.address import Address
from reconciler.model.change import Action, Change
from reconciler.model.drift import DriftItem
from reconciler.model.escalation import Escalation
from reconciler.model.resource import Resource, Value
from reconciler.model.retirement import Meter, RetirementRow
from reconciler.model.ttl import Ttl
from specs.diagnostic import Diagnostic, has_errors

_TOLD = frozenset({Action.FORGET, Action.BY_HAND})


@dataclass(frozen=True, slots=True)
class SystemRecord:
    """A system as its Environment declares it: enough to read its scope again, without any secret."""

    name: str
    provider: str
    settings: Mapping[str, Value]
    place: str = ""
    """In the state: where it was when last applied (PLACE); empty where that isn't known."""
    observed: Mapping[Address, Resource] | None = None
    """In the state: Snapshot.observed when last applied; None where that isn't known."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done to which objects, in no order: the graph gives the order."""

    environment: str
    created: datetime
    """UTC."""
    specs_digest: str
    """SHA-256 of what the specs' documents say (SpecSet.digest), in hex."""
    lineage: str
    serial: int
    systems: tuple[SystemRecord, ...]
    changes: tuple[Change, ...]
    """All rows, sorted by address, those without a change included."""
    diagnostics: tuple[Diagnostic, ...] = ()
    targets: tuple[str, ...] = ()
    facts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """For people, by system: its version, who we are there."""
    destroy: bool = False
    drift: tuple[DriftItem, ...] = ()
    """What moved outside since the last apply."""
    access: tuple[AccessRow, ...] = ()
    """What changes for whom, sorted by mover, agent, intent and address; principals whose access is touched only."""
    wording: frozenset[Address] = frozenset()
    """Objects whose text changes and nobody's access with it."""
    left: tuple[Address, ...] = ()
    """What was seen in the scopes and has no row, sorted: left alone, and so nothing new when the plan is applied."""
    observed: Mapping[Address, str] = field(default_factory=dict)
    """A digest of each thing that was observed: what the plan says of access hangs on them."""
    ttls: tuple[Ttl, ...] = ()
    """For how long each credential is meant to live and can, sorted by agent, intent and system."""
    escalations: tuple[Escalation, ...] = ()
    """New paths to what is critical, or to administrator: by what was done outside, then by the plan."""
    retirements: tuple[RetirementRow, ...] = ()
    """Standing principals that are to go, sorted by name. What is done for one of them is one of the changes."""
    meter: Meter | None = None
    """How much stands and how much is dynamic; None where nothing could be planned."""
    expires: datetime | None = None
    """UTC; of a saved plan: not to be applied after it."""

    @property
    def rows(self) -> tuple[Change, ...]:
        """The changes that write, forget, or are left to somebody: what a person must read."""
        return tuple(c for c in self.changes if c.writes or c.action in _TOLD)

    @property
    def is_empty(self) -> bool:
        """No system would be touched and nothing would be forgotten."""
        return all(row.action is Action.BY_HAND for row in self.rows)

    @property
    def errored(self) -> bool:
        """A plan with errors shows what it can and applies nothing."""
        return has_errors(self.diagnostics)

    @property
    def retiring(self) -> dict[Address, RetirementRow]:
        """Retirements by their principals' addresses."""
        return {row.address: row for row in self.retirements}

    def access_by(self, mover: Mover) -> tuple[AccessRow, ...]:
        """What the plan does to access, or what was done outside."""
        return tuple(row for row in self.access if row.mover is mover)

    def counts(self) -> Counter[Action]:
        """How many rows of each action."""
        return Counter(c.action for c in self.changes)

    def by_address(self) -> dict[Address, Change]:
        """Rows by address."""
        return {c.address: c for c in self.changes}
