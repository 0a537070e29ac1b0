"""What is done to the record by hand is told in the audit record first: it could hide what a run did."""

from __future__ import annotations

import os

from reconciler.audit import record
from reconciler.audit.entry import Kind
from reconciler.audit.journal import Journal
from reconciler.model import State
from reconciler.state.errors import LedgerError, LockLost, StateError
from reconciler.state.lock import force_unlock
from reconciler.state.lockinfo import LockInfo, whoami
from reconciler.state.opening import Place, may_hold, open_store
from reconciler.state.store import Store


def tell(store: Store, lock: str, operation: str, old: State, new: State) -> None:
    """``operation`` is about to put ``new`` in the place of ``old``, under this lock. Raises StateError."""
    body = record.state_edited(operation, whoami(), record.ci_run(os.environ), old, new)
    try:
        Journal(store, old.environment, old.lineage, lock).write([(Kind.STATE_EDITED, body)])
    except (LockLost, LedgerError):
        raise
    except StateError as failed:
        message = f"nothing was done, for it can't be recorded: {failed.message}"
        raise LedgerError(message, help=failed.help) from failed


def unlock(place: Place, lock_id: str, *, force: bool) -> bool:
    """Remove the lock with this id, and tell of it. False if there is none.

    Raises StateLocked where its holder lives on this host, LedgerError where it is removed and can't be told.
    """
    if not may_hold(place):
        return False
    with open_store(place) as store:

        def told(environment: str, holder: LockInfo, mine: str) -> None:
            body = record.unlocked(whoami(), record.ci_run(os.environ), holder)
            try:
                journal = Journal(store, environment, store.load(environment).lineage, mine)
                journal.write([(Kind.UNLOCKED, body)])
            except StateError as failed:
                message = f"the lock is removed, and the audit record doesn't say so: {failed.message}"
                raise LedgerError(message, help=failed.help) from failed

        return force_unlock(store, lock_id, told, force=force)
