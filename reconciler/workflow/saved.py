"""Saved plans: until when, of which specs, and signed by whom."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reconciler.model import Plan
from reconciler.state.lockinfo import ticking
from reconciler.state.planfile import SavedPlan, read_saved, save_plan
from reconciler.state.signing import PublicKey, SigningKey, read_public_key, read_signing_key
from reconciler.workflow.specs import Request, read_specs
from specs.diagnostic import Diagnostic, error, has_errors

CLOCKS = timedelta(minutes=1)
"""How far the clocks of whoever plans and whoever applies may differ."""
REQUIRED = "WRIT_REQUIRE_SIGNATURE"
"""The environment's name for ``apply --require-signature``."""
_HELP = "plan again, and have the new plan reviewed"


def signing_key(path: Path | None) -> tuple[SigningKey | None, tuple[Diagnostic, ...]]:
    """The key to sign with, if any. Raises StateError."""
    return read_signing_key(path) if path is not None else (None, ())


def required_key(path: Path | None) -> tuple[PublicKey | None, tuple[Diagnostic, ...]]:
    """The key that must have signed, if any. Raises StateError."""
    return read_public_key(path) if path is not None else (None, ())


def save(plan: Plan, path: Path, lifetime: float, key: SigningKey | None) -> Plan:
    """Save it, to be applied within ``lifetime`` seconds; the plan as it was saved. Raises StateError."""
    made = replace(plan, expires=plan.created + timedelta(seconds=lifetime))
    save_plan(made, path, key)
    return made


def load(path: Path, required: PublicKey | None = None) -> SavedPlan:
    """A saved plan; with ``required``, only one that this key signed. Raises StateError."""
    return read_saved(path, required)


@dataclass(frozen=True, slots=True)
class Watch:
    """The time within a run: the clock as it was at its start, and what has passed since, which nobody can set."""

    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    _since: float = field(default_factory=ticking)

    def now(self) -> datetime:
        """UTC."""
        return self.began + timedelta(seconds=ticking() - self._since)


def out_of_time(plan: Plan, now: datetime) -> tuple[Diagnostic, ...]:
    """Why it is too late, or too early, to apply a plan."""
    if plan.created > now + CLOCKS:
        message = f"this plan was made in the future: at {_time(plan.created)}, and the clock says {_time(now)}"
        return (error("W623", message, subject=plan.environment, help="set the clocks right, or plan again"),)
    if plan.expires is not None and plan.expires <= now:
        message = f"this plan expired at {_time(plan.expires)}; it was made at {_time(plan.created)}"
        return (error("W623", message, subject=plan.environment, help=_HELP),)
    return ()


def not_of_specs(plan: Plan, request: Request) -> tuple[Diagnostic, ...]:
    """Why a plan isn't one of these specs."""
    found = read_specs(request)
    if has_errors(found.diagnostics):
        return found.diagnostics
    if found.digest == plan.specs_digest:
        return ()
    message = f"Saved plan is stale: it wasn't made from {', '.join(request.paths)} as they are"
    return (error("W624", message, subject=plan.environment, help=_HELP),)


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
