"""What happens during an apply, as it happens: for the progress display, the log and the summary."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.address import Address
from specs.diagnostic import Diagnostic


class Outcome(StrEnum):
    """How a step stands."""

    STARTED = "started"
    RETRYING = "retrying"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Not tried: something it depends on failed, or the run was interrupted."""


@dataclass(frozen=True, slots=True)
class StepEvent:
    """One step of an apply."""

    address: Address
    phase: str
    """create, update, delete or record."""
    outcome: Outcome
    seconds: float = 0.0
    diagnostic: Diagnostic | None = None
    """Why it failed, is tried again, or was skipped."""


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """All steps' last events."""

    steps: tuple[StepEvent, ...]
    interrupted: bool = False
    diagnostics: tuple[Diagnostic, ...] = ()
    """What went wrong beside the steps (the state could not be written)."""
    by_hand: int = 0
    """How many rows of the plan had no step: they are left to somebody."""
    refused: int = 0
    """How many retirements' steps were due and not done, for somebody works with the principal, or is needed."""

    def of(self, outcome: Outcome) -> tuple[StepEvent, ...]:
        """Steps that ended so."""
        return tuple(step for step in self.steps if step.outcome is outcome)

    @property
    def ok(self) -> bool:
        """Everything was done, and nothing is left to somebody."""
        undone = self.interrupted or self.diagnostics or self.by_hand or self.refused
        return not undone and all(step.outcome is Outcome.DONE for step in self.steps)
