"""What moved in the systems since the last apply."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reconciler.model.address import Address
from reconciler.model.change import AttributeChange
from reconciler.model.resource import Live, Origin, Resource
from specs.diagnostic import Diagnostic, has_errors


class DriftKind(StrEnum):
    """What happened outside."""

    CHANGED = "changed"
    MISSING = "missing"
    UNDECLARED = "undeclared"
    EXPIRED = "expired"
    """As it was applied, and its time is over."""
    APPEARED = "appeared"
    """Only of what is observed: there, and not when last applied."""


@dataclass(frozen=True, slots=True)
class DriftItem:
    """One object that is not as it was left. ``before`` of an attribute is what was applied, ``after`` what is live."""

    address: Address
    kind: DriftKind
    attributes: tuple[AttributeChange, ...] = ()
    origin: Origin | None = None
    live: Live | None = None
    applied: Resource | None = None
    """What was applied; without a record what is wanted. None for what nobody declared."""
    observed: bool = False
    """Not ours (Snapshot.observed): no apply takes it back."""


@dataclass(frozen=True, slots=True)
class Drift:
    """All that drifted in one environment."""

    environment: str
    created: datetime
    items: tuple[DriftItem, ...]
    checked: int
    """How many objects were compared."""
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def errored(self) -> bool:
        """A system that couldn't be read is an error, never 'clean'."""
        return has_errors(self.diagnostics)
