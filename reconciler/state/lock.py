"""The state's lock: one apply or destroy at a time in an environment. It names its holder."""

from __future__ import annotations

import getpass
import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from reconciler.state.errors import StateLocked
from reconciler.state.holder import has_ended, place, start_of
from reconciler.state.store import Store


@dataclass(frozen=True, slots=True)
class LockInfo:
    """Who holds the lock, in Terraform's words."""

    id: str
    operation: str
    who: str
    host: str
    """Where its process ids count: the host's name and holder.place(). Of other places nothing is known.

    Versions that wrote the name alone wrote it here too, so neither they nor we take over the other's lock.
    """
    pid: int
    pid_started: str
    """holder.start_of(), to tell the process from a later one of the same number."""
    created: str
    version: str

    @property
    def dead(self) -> bool:
        """Whether the holder has surely ended: only one of this place can be judged."""
        return self.host == _here() and has_ended(self.pid, self.pid_started)

    @property
    def alive_here(self) -> bool:
        """Whether the holder runs in this place."""
        return self.host == _here() and not has_ended(self.pid, self.pid_started)


class Held(StateLocked):
    """Another run holds the lock of the state at ``path``."""

    def __init__(self, holder: LockInfo, path: Path) -> None:
        super().__init__(
            f"{path} is locked by {holder.who} ({holder.operation}, process {holder.pid})",
            help=f"wait with -lock-timeout=60s; if that run is gone: writ force-unlock {holder.id}",
        )
        self.holder = holder
        self.path = path


def whoami() -> str:
    """``user@host``."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # A container's user often has no entry in the password database.
        user = f"uid:{os.getuid()}"
    return f"{user}@{socket.gethostname()}"


@contextmanager
def locked(
    store: Store, environment: str, operation: str, *, timeout: float, notice: Callable[[str], None]
) -> Iterator[LockInfo]:
    """Hold the lock. Waits up to ``timeout`` seconds, then raises Held. A dead holder is taken over."""
    mine = _mine(operation)
    deadline = time.monotonic() + timeout
    while True:
        holder = _try(store, environment, mine, notice)
        if holder is None:
            break
        if time.monotonic() >= deadline:
            raise Held(holder, store.path)
        time.sleep(min(0.25, max(0.0, deadline - time.monotonic())))
    try:
        yield mine
    finally:
        with store.immediate() as db:
            db.execute("DELETE FROM locks WHERE environment = ? AND id = ?", (environment, mine.id))


def force_unlock(store: Store, lock_id: str, *, force: bool = False) -> bool:
    """Remove the lock with this id. False if there is none. Raises StateLocked where its holder lives on this host."""
    columns = ", ".join(field.name for field in fields(LockInfo))
    with store.immediate() as db:
        row = db.execute(f"SELECT {columns} FROM locks WHERE id = ?", (lock_id,)).fetchone()  # noqa: S608
        holder = LockInfo(*row) if row else None
        if holder is not None and holder.alive_here and not force:
            raise StateLocked(
                f"process {holder.pid}, which holds this lock, is running ({holder.operation} by {holder.who})",
                help="end it first; or add -force: it then stops at its next step",
            )
        return db.execute("DELETE FROM locks WHERE id = ?", (lock_id,)).rowcount > 0


def still_held(store: Store, environment: str, mine: LockInfo) -> bool:
    """Whether the lock is ours yet: somebody may have removed it while we waited for an answer."""
    row = store.query("SELECT id FROM locks WHERE environment = ?", environment)
    return row is not None and row[0] == mine.id


def _here() -> str:
    return f"{socket.gethostname()}/{place()}"


def _mine(operation: str) -> LockInfo:
    return LockInfo(
        str(uuid.uuid4()),
        operation,
        whoami(),
        _here(),
        os.getpid(),
        start_of(os.getpid()),
        datetime.now(UTC).isoformat(timespec="seconds"),
        version("writ-iam"),
    )


def _try(store: Store, environment: str, mine: LockInfo, notice: Callable[[str], None]) -> LockInfo | None:
    """The living holder, or None once the lock is ours."""
    columns = ", ".join(field.name for field in fields(LockInfo))
    with store.immediate() as db:
        row = db.execute(f"SELECT {columns} FROM locks WHERE environment = ?", (environment,)).fetchone()  # noqa: S608
        holder = LockInfo(*row) if row else None
        if holder is not None and not holder.dead:
            return holder
        values = [getattr(mine, field.name) for field in fields(LockInfo)]
        db.execute(
            f"INSERT OR REPLACE INTO locks (environment, {columns}) VALUES (?{', ?' * len(values)})",  # noqa: S608
            (environment, *values),
        )
    if holder is not None:
        notice(f"took over the lock of {holder.who} ({holder.operation}, process {holder.pid}), which has ended")
    return None
