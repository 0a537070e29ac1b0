"""What a plan can be refused for by the one who runs it: ``--fail-on``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Condition(StrEnum):
    """One reason to stop. The words are what people type."""

    WIDENING = "widening"
    """Somebody gains access, by this plan or by what was done outside."""
    MAY_WIDEN = "may-widen"
    """Whether somebody gains access can't be told."""
    GUARDRAIL = "guardrail"
    """A guardrail objects, be it with a warning only."""
    ESCALATION = "escalation"
    """There is a new path to what is critical, or to administrator of a system, be it perhaps."""
    UNMANAGED = "unmanaged"
    """In the scope is an object that no spec declares."""
    DRIFT = "drift"
    """Something moved outside since the last apply."""


@dataclass(frozen=True, slots=True)
class Tripped:
    """A condition that holds, and the rows for which it does: addresses, or a finding's place and subject."""

    condition: Condition
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gate:
    """What was asked about, and what of it holds."""

    asked: tuple[Condition, ...]
    tripped: tuple[Tripped, ...]
