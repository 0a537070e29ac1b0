"""One row of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.address import Address
from reconciler.model.resource import ByHand, Live, Origin, Resource, Value


class Action(StrEnum):
    """What will be done to an object. The words are Terraform's."""

    NO_OP = "no-op"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"
    """There already, ours, as wanted, but not in the state: it is recorded; the system isn't touched."""
    IMPORT = "import"
    """There already and not ours, and the specs name it: it gets our marker and our words, is recorded, and nobody's
    access changes."""
    FORGET = "forget"
    """Recorded, but gone or somebody else's, and no longer wanted: taken out of the state; the system isn't touched."""
    BY_HAND = "by-hand"
    """Not as it should be, and no step of ours can help: left as it is, and told."""


class Cause(StrEnum):
    """Who moved since the last apply."""

    NONE = "none"
    SPEC = "spec"
    """The specs changed."""
    OUTSIDE = "outside"
    """Somebody changed the system."""
    BOTH = "both"
    UNDECLARED = "undeclared"
    """Somebody made it, and no spec declares it."""
    EXPIRED = "expired"
    """It was declared until a moment, and that has come."""
    UNKNOWN = "unknown"
    """The state doesn't know the object, so nobody can tell."""


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """One attribute before and after, and who moved it."""

    name: str
    before: Value
    after: Value
    cause: Cause
    replaces: bool = False
    """This attribute can't be changed in place."""


@dataclass(frozen=True, slots=True)
class Change:
    """What will be done to one object, and why."""

    address: Address
    action: Action
    cause: Cause
    before: Live | None
    after: Resource | None
    attributes: tuple[AttributeChange, ...] = ()
    origin: Origin | None = None
    depends_on: tuple[Address, ...] = ()
    """Made after these; deleted before these."""
    by_hand: ByHand | None = None
    """Of a row that is left to somebody: why, and what to do."""

    @property
    def writes(self) -> bool:
        """Whether the system is touched."""
        return self.action in _WRITES


_WRITES = frozenset({Action.CREATE, Action.IMPORT, Action.UPDATE, Action.REPLACE, Action.DELETE})
