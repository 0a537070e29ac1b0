"""An audit record that was cut or lost is gone on with as it stands: an entry says so, and who decided it."""

from __future__ import annotations

import os

from reconciler.audit import record
from reconciler.audit.chain import Verified, verify
from reconciler.audit.entry import Kind
from reconciler.audit.journal import Journal
from reconciler.state.errors import LedgerBroken, NothingRecorded
from reconciler.state.lock import locked
from reconciler.state.lockinfo import whoami
from reconciler.state.opening import Place, may_hold, open_store, shown
from reconciler.state.store import Store
from reconciler.workflow.auditing import only_one

_MOVE = "keep it elsewhere, move it away, and accept that: a new record is begun, which says so"


def accept(place: Place, environment: str | None) -> tuple[str, int, int] | None:
    """Take the record as it stands, though the state knows more of it.

    The environment, how many entries the state knew and how many there are; None where nothing is wrong. Raises
    StateError: LedgerBroken where what is there isn't sound in itself.
    """
    if not may_hold(place):
        raise NothingRecorded(f"there is no state at {shown(place)}", help="without a state nothing is missed")
    with open_store(place) as store:
        name = environment or only_one(store, place)
        with locked(store, name, "audit accept", timeout=0.0, notice=lambda _: None) as mine:
            known, found = store.end(name), _sound(store, name)
            if known is None or found.holds(known):
                return None
            count = len(found.entries)
            body = record.accepted(whoami(), record.ci_run(os.environ), (known.number, known.head), (count, found.head))
            Journal(store, name, store.load(name).lineage, mine.id, accepting=True).write([(Kind.ACCEPTED, body)])
            return name, known.number, count


def _sound(store: Store, environment: str) -> Verified:
    """What is there, if it is sound without regard to what the state knows."""
    found = verify(environment, store.lines(environment) if environment in store.audited() else ())
    if found.flaw is not None:
        message = f"the audit record of {environment} isn't sound in itself: {found.flaw.message}"
        raise LedgerBroken(message, help=_MOVE)
    return found
