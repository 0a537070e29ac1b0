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

from reconciler.state.errors import StateError, StateLocked
from reconciler.state.store import Store


@dataclass(frozen=True, slots=True)
class LockInfo:
    """Who holds the lock, in Terraform's words."""

    id: str
    operation: str
    who: str
    host: str
    pid: int
    pid_started: str
    """The process's start in clock ticks since boot (proc(5)), to tell it from a later one of the same number."""
    created: str
    version: str

    @property
    def dead(self) -> bool:
        """Whether the holder ran on this host and has ended."""
        return self.host == socket.gethostname() and process_started(self.pid) != self.pid_started

    @property
    def alive_here(self) -> bool:
        """Whether the holder runs on this host."""
        return self.host == socket.gethostname() and process_started(self.pid) == self.pid_started


def process_started(pid: int) -> str:
    """When a process of this host was started, in a form only to be compared; empty if there is none."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        return stat.read_text().rpartition(")")[2].split()[19]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "alive"
    return "alive"


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
    """Hold the lock. Waits up to ``timeout`` seconds, then raises StateLocked. A dead holder is taken over."""
    mine = _mine(operation)
    deadline = time.monotonic() + timeout
    while True:
        holder = _try(store, environment, mine, notice)
        if holder is None:
            break
        if time.monotonic() >= deadline:
            raise _locked_by(holder, store.path)
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


def _mine(operation: str) -> LockInfo:
    return LockInfo(
        str(uuid.uuid4()),
        operation,
        whoami(),
        socket.gethostname(),
        os.getpid(),
        process_started(os.getpid()),
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


def _locked_by(holder: LockInfo, path: Path) -> StateError:
    return StateLocked(
        "Error acquiring the state lock\n"
        f"  ID:        {holder.id}\n  Path:      {path}\n  Operation: {holder.operation}\n  Who:       {holder.who}\n"
        f"  Process:   {holder.pid}\n  Version:   {holder.version}\n  Created:   {holder.created}",
        help=f"wait with -lock-timeout=60s; if that run is gone: writ force-unlock {holder.id}",
    )
