"""The state's lock: one apply or destroy at a time in an environment. It names its holder and lives as long as it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from reconciler.state.errors import StateError, StateLocked
from reconciler.state.heartbeat import LEASE, Hold, Lease
from reconciler.state.lockinfo import LockInfo, made, now, stamp, ticking
from reconciler.state.store import Store

_GLANCE = 0.25
"""Seconds between two looks at a lock that is held."""


class Held(StateLocked):
    """Another run holds the lock of the state at ``where``."""

    def __init__(self, holder: LockInfo, where: str) -> None:
        wait = f"; a run that is gone is taken over after its lease of {holder.lease:g} s" if holder.lease else ""
        super().__init__(
            f"{where} is locked by {holder.who} ({holder.operation}, process {holder.pid})",
            help=f"wait with -lock-timeout=60s{wait}; if that run is gone: writ force-unlock {holder.id}",
        )
        self.holder = holder
        self.where = where


@contextmanager
def locked(
    store: Store,
    environment: str,
    operation: str,
    *,
    timeout: float,
    notice: Callable[[str], None],
    lease: Lease = LEASE,
) -> Iterator[Hold]:
    """Hold the lock. Waits up to ``timeout`` seconds, then raises Held.

    A holder that has ended, or that doesn't renew its lease, is taken over.
    """
    hold = _taken(store, environment, made(operation, lease.seconds), lease, timeout, notice)
    try:
        yield hold
    finally:
        try:
            hold.end()
        finally:  # also where somebody who can't wait interrupts it
            _give_back(store, environment, hold, notice)


def _give_back(store: Store, environment: str, hold: Hold, notice: Callable[[str], None]) -> None:
    try:
        store.release(environment, hold.id)
    except StateError as failed:
        # What the run did is recorded or told already: this must not take its place.
        notice(f"the lock {hold.id} could not be given back, and ends with its lease: {failed.message}")


def force_unlock(
    store: Store, lock_id: str, tell: Callable[[str, LockInfo, str], None] = lambda *_: None, *, force: bool = False
) -> bool:
    """Remove the lock with this id. False if there is none. Raises StateLocked where its holder lives on this host.

    ``tell`` is called with the environment, the former holder and the id of the lock that is held in its place.
    """
    for environment, holder in store.locks().items():
        if holder.id == lock_id:
            if holder.alive_here and not force:
                raise StateLocked(
                    f"process {holder.pid}, which holds this lock, is running ({holder.operation} by {holder.who})",
                    help="end it first; or add -force: it then stops at its next step",
                )
            return _replaced(store, environment, holder, tell)
    return False


def _replaced(store: Store, environment: str, holder: LockInfo, tell: Callable[[str, LockInfo, str], None]) -> bool:
    """The holder's lock becomes ours, and then nobody's: nobody else writes in between."""
    mine, now_held = made("force-unlock", LEASE.seconds), holder
    while (in_the_way := store.take(environment, mine, now_held)) is not None:
        if in_the_way.id != holder.id:
            return False
        now_held = in_the_way  # it renewed its lease meanwhile
    try:
        tell(environment, holder, mine.id)
    finally:
        store.release(environment, mine.id)
    return True


class _Watch:
    """One observer's view of a holder. Of two machines' clocks neither is asked: only whether the beat moves, here."""

    def __init__(self) -> None:
        self._seen: tuple[str, int] | None = None
        self._since = 0.0

    def ran_out(self, holder: LockInfo) -> bool:
        """Whether it stood still for a whole lease."""
        seen = (holder.id, holder.beat)
        if seen != self._seen:
            self._seen, self._since = seen, time.monotonic()
        return holder.lease > 0 and time.monotonic() - self._since > holder.lease


def _taken(
    store: Store,
    environment: str,
    mine: LockInfo,
    lease: Lease,
    timeout: float,
    notice: Callable[[str], None],
) -> Hold:
    deadline, watch = time.monotonic() + timeout, _Watch()
    over: LockInfo | None = None
    why = ""
    while True:
        since = ticking()
        mine = replace(mine, beaten=now(), stamp=stamp())
        holder = store.take(environment, mine, over)
        if holder is None:
            break
        why = _why_over(store, holder, watch)
        over = holder if why else None
        if over is None:
            if time.monotonic() >= deadline:
                raise Held(holder, store.where)
            time.sleep(min(_GLANCE, max(0.0, deadline - time.monotonic())))
    if over is not None:
        notice(f"took over the lock of {over.who} ({over.operation}, process {over.pid}), {why}")
    return Hold(store, environment, mine, lease, since)


def _why_over(store: Store, holder: LockInfo, watch: _Watch) -> str:
    """Why a holder may be taken over; empty while it may live."""
    if holder.dead:
        return "which has ended"
    if holder.overdue or watch.ran_out(holder):
        return f"which didn't renew its lease of {holder.lease:g} s"
    return store.gone(holder)
