"""A run that is refused does nothing, and the audit record says that it was tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from reconciler.audit import record
from reconciler.audit.entry import Kind
from reconciler.audit.journal import Journal
from reconciler.audit.record import Circumstances
from reconciler.model import Plan
from reconciler.state.errors import NotSigned, StateError
from reconciler.state.heartbeat import Hold
from reconciler.state.lock import locked
from reconciler.state.lockinfo import whoami
from reconciler.state.opening import Place, may_hold, open_store, reading_ledger
from reconciler.state.planfile import SavedPlan
from reconciler.state.signing import PublicKey
from reconciler.state.store import Store
from reconciler.workflow.saved import load
from specs.diagnostic import Diagnostic, error

Findings = tuple[Diagnostic, ...]


def refused(plan: Plan, store: Store, lock: Hold, how: Circumstances, why: Sequence[Diagnostic] = ()) -> Findings:
    """Tell of a plan that isn't applied, under the run's lock; without ``why`` it was not approved.

    A finding where that can't be told.
    """
    try:
        _tell(store, lock, plan.environment, _body(plan, how, why))
    except StateError as failed:
        return (_untold(plan.environment, failed),)
    return ()


def refused_early(plan: Plan, place: Place, how: Circumstances, why: Findings) -> Findings:
    """As ``refused``, before there is a lock, and with ``why``: nothing is made for it."""
    try:
        _tell_if_known(place, plan.environment, _body(plan, how, why))
    except StateError as failed:
        return (*why, _untold(plan.environment, failed))
    return why


def load_told(path: Path, required: PublicKey | None, place: Place, how: Circumstances) -> SavedPlan:
    """A saved plan, to be applied. Raises StateError.

    One that isn't signed as it must be is told of, where the environment that it says it is of has a record.
    """
    try:
        return load(path, required)
    except NotSigned as failed:
        environment, digest = failed.claimed
        why = (error(failed.code, failed.message, help=failed.help),)
        body = record.run_refused(how, whoami(), "apply", ("", digest), why, version("writ-iam"))
        try:
            _tell_if_known(place, environment, body)
        except StateError as untold:
            told = f"{failed.message}; the audit record doesn't say so: {untold.message}"
            raise NotSigned(told, help=failed.help, claimed=failed.claimed) from untold
        raise


def _body(plan: Plan, how: Circumstances, why: Sequence[Diagnostic]) -> dict[str, Any]:
    operation = "destroy" if plan.destroy else "apply"
    digests = plan.specs_digest, record.plan_digest(plan)
    return record.run_refused(how, whoami(), operation, digests, why, version("writ-iam"))


def _tell_if_known(place: Place, environment: str, body: Mapping[str, Any]) -> None:
    """What is refused before it is looked at can't begin a record."""
    if not may_hold(place):
        return
    with reading_ledger(place) as ledger:
        if environment not in ledger.audited():
            return
    with (
        open_store(place) as store,
        locked(store, environment, str(body["operation"]), timeout=0.0, notice=lambda _: None) as mine,
    ):
        _tell(store, mine, environment, body)


def _tell(store: Store, lock: Hold, environment: str, body: Mapping[str, Any]) -> None:
    # The lineage is the state's own: the plan may be of another.
    lineage = store.load(environment).lineage
    Journal(store, environment, lineage, lock.id).write([(Kind.RUN_REFUSED, body)])


def _untold(environment: str, failed: StateError) -> Diagnostic:
    message = f"the audit record doesn't say that this run was refused: {failed.message}"
    return error(failed.code, message, subject=environment, help=failed.help)
