"""What a change does to access, as values: verdicts, witnesses, and the rows of a plan that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.address import Address
from reconciler.model.resource import Resource


class Verdict(StrEnum):
    """New access against old. Sound: never EQUAL or NARROWS where something new is allowed."""

    EQUAL = "equal"
    NARROWS = "narrows"
    WIDENS = "widens"
    INCOMPARABLE = "incomparable"
    """Something is gained and something is lost."""
    MAY_WIDEN = "may-widen"
    """Something is gained if a condition that isn't modelled can hold."""
    UNKNOWN = "unknown"
    """Not decided within the budget, or a witness that the evaluator contradicts: to be treated as MAY_WIDEN."""


@dataclass(frozen=True, slots=True)
class Witness:
    """One request that one side allows and the other doesn't."""

    request: str
    """For people, without sign: ``s3:PutObject on arn:aws:s3:::orders/x``, ``read kv/data/orders/x``."""
    certain: bool = True
    """False where it hangs on a condition that isn't modelled."""
    note: str = ""
    """What else must hold, or what is special: a context, a name that doesn't exist yet."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A verdict with its witnesses: ``gains`` only the new side allows, ``loses`` only the old one."""

    verdict: Verdict
    gains: tuple[Witness, ...] = ()
    loses: tuple[Witness, ...] = ()
    notes: tuple[str, ...] = ()
    """Why it is UNKNOWN or MAY_WIDEN; what is equal today and wider tomorrow."""


class Aspect(StrEnum):
    """Which side of a principal changed."""

    REACH = "reach"
    """What it may do."""
    TRUST = "trust"
    """Who may become it."""
    LIFETIME = "lifetime"
    """For how long it may be used."""


@dataclass(frozen=True, slots=True)
class Worlds:
    """One system's objects, and what is observed beside them, on both sides of a change."""

    before: Mapping[Address, Resource]
    after: Mapping[Address, Resource]
    touched: frozenset[Address]
    """The addresses at which the two differ."""
    surroundings: object = None
    """Snapshot.surroundings: the provider's own."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A principal, and a request of a forbidden kind that it may make."""

    subject: Address
    """The object that stands for the principal: a role."""
    witness: Witness


@dataclass(frozen=True, slots=True)
class Detour:
    """A principal that gives itself what it has not, and then may make such a request."""

    rule: str
    """The catalogue's id."""
    reach: Reach


@dataclass(frozen=True, slots=True)
class AccessChange:
    """What a change does to one principal of a system."""

    subject: Address
    """The object that stands for the principal: a role."""
    aspect: Aspect
    comparison: Comparison


class Mover(StrEnum):
    """Who changed the access."""

    PLAN = "plan"
    """Live against planned: applying does it."""
    OUTSIDE = "outside"
    """The last apply against live: somebody did it; applying takes it back, but for what is only observed."""


@dataclass(frozen=True, slots=True)
class AccessRow:
    """A change of access in a plan, with whom it concerns."""

    mover: Mover
    change: AccessChange
    agent: str = ""
    """Empty where no spec declares the principal."""
    intent: str = ""

    @property
    def system(self) -> str:
        """The system's name."""
        return self.change.subject.system
