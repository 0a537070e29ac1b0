"""The state's lock: one apply or destroy at a time in an environment. It names its holder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reconciler.state.errors import StateLocked
from reconciler.state.lockinfo import LockInfo, made
from reconciler.state.store import Store

_GLANCE = 0.25
"""Seconds between two looks at a lock that is held."""


class Held(StateLocked):
    """Another run holds the lock of the state at ``where``."""

    def __init__(self, holder: LockInfo, where: str) -> None:
        super().__init__(
            f"{where} is locked by {holder.who} ({holder.operation}, process {holder.pid})",
            help=f"wait with -lock-timeout=60s; if that run is gone: writ force-unlock {holder.id}",
        )
        self.holder = holder
        self.where = where


@contextmanager
def locked(
    store: Store, environment: str, operation: str, *, timeout: float, notice: Callable[[str], None]
) -> Iterator[LockInfo]:
    """Hold the lock. Waits up to ``timeout`` seconds, then raises Held. A dead holder is taken over."""
    mine = made(operation, 0.0)
    deadline = time.monotonic() + timeout
    holder = store.take(environment, mine)
    while holder is not None:
        if holder.dead:
            over, holder = holder, store.take(environment, mine, holder)
            if holder is None:
                notice(f"took over the lock of {over.who} ({over.operation}, process {over.pid}), which has ended")
            continue
        if time.monotonic() >= deadline:
            raise Held(holder, store.where)
        time.sleep(min(_GLANCE, max(0.0, deadline - time.monotonic())))
        holder = store.take(environment, mine)
    try:
        yield mine
    finally:
        store.release(environment, mine.id)


def force_unlock(store: Store, lock_id: str, *, force: bool = False) -> bool:
    """Remove the lock with this id. False if there is none. Raises StateLocked where its holder lives on this host."""
    for environment, holder in store.locks().items():
        if holder.id == lock_id:
            if holder.alive_here and not force:
                raise StateLocked(
                    f"process {holder.pid}, which holds this lock, is running ({holder.operation} by {holder.who})",
                    help="end it first; or add -force: it then stops at its next step",
                )
            return store.release(environment, lock_id)
    return False


def still_held(store: Store, environment: str, mine: LockInfo) -> bool:
    """Whether the lock is ours yet: somebody may have removed it while we waited for an answer."""
    holder = store.locks().get(environment)
    return holder is not None and holder.id == mine.id
