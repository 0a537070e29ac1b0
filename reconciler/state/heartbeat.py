"""Keeping a lock while its run lives: a lease that is renewed until the run ends, from a thread of its own."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from reconciler.state.errors import LockLost, StateError
from reconciler.state.lockinfo import LockInfo, ticking
from reconciler.state.store import Store


@dataclass(frozen=True, slots=True)
class Lease:
    """How long a lock holds without being renewed, and how often it is renewed."""

    seconds: float = 20.0
    every: float = 5.0


LEASE = Lease()
_FRESH = 1.4
"""Of the time between two beats: within so many the last one is surely known. Less than it takes until anybody may have
taken over, also a PostgreSQL server that cut off a run which was stopped within a transaction (8 s).
"""
_LOOK = 0.02
_LEAVING = 2.0
"""Seconds that the end of a run waits for a beat that is on its way."""


class Hold:
    """A lock that is ours, renewed from now on. The run's own store is used by the run's thread only."""

    def __init__(self, store: Store, environment: str, info: LockInfo, lease: Lease, since: float) -> None:
        """``since``: by ``ticking``, when it was sent that it is ours."""
        self.info = info
        self._store, self._environment, self._lease = store, environment, lease
        self._last = since
        self._lost = False
        self._bug: Exception | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._beating, name="heartbeat", daemon=True)
        self._thread.start()

    @property
    def id(self) -> str:
        """The lock's."""
        return self.info.id

    def check(self) -> None:
        """Before anything is begun. Raises LockLost, or StateError where the lease can't be renewed: begin nothing.

        A beat that failed shows here: two that are missed are made up for by the run itself.
        """
        if self._lost or self._bug is not None or ticking() - self._last > 2 * self._lease.every:
            self.renew()

    def stands(self) -> bool:
        """Whether the lock is surely ours: for any thread, before a call that writes. Asks nobody.

        Where the last beat is old (the process was stopped, a server is slow) it waits for the next one, with a bound.
        """
        until = ticking() + self._lease.every
        while not self._known():
            if self._lost or self._bug is not None or ticking() > until:
                return False
            time.sleep(_LOOK)
        return not self._lost

    def _known(self) -> bool:
        return ticking() - self._last <= _FRESH * self._lease.every

    def renew(self) -> None:
        """Renew the lease now. Raises LockLost or StateError."""
        if self._bug is not None:
            raise StateError(f"the lock can't be kept: {type(self._bug).__name__} in the heartbeat") from self._bug
        if self._lost:
            raise LockLost
        sent = ticking()
        self._store.beat(self._environment, self.id)
        self._last = sent

    def end(self) -> None:
        """Renew it no more."""
        self._ending.set()
        self._thread.join(_LEAVING)

    def _beating(self) -> None:
        while not self._ending.wait(self._lease.every):
            try:
                with self._store.another() as store:
                    self._beat_while_it_works(store)
            except LockLost:
                self._lost = True
                return
            except StateError:
                continue  # the lease runs on: ``check`` finds it old, and says why it can't be renewed
            except Exception as bug:  # noqa: BLE001 - told by ``check``, in the run's thread
                self._bug = bug
                return

    def _beat_while_it_works(self, store: Store) -> None:
        while True:
            sent = ticking()
            store.beat(self._environment, self.id)
            self._last = sent
            if self._ending.wait(self._lease.every):
                return
