"""``.writ/sandbox``: what a sandbox writes for people and for the next command. Nothing secret is in it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from reconciler.provider.folder import sweep
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.processes import kill
from reconciler.sandbox.workplace import PREFIX
from reconciler.state.holder import Noted

DEFAULT = Path(".writ") / "sandbox"
_VERSION = 1
_CLAIM_TRIES = 5
_CLAIM_POLL = 0.02


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """One server as it was when it got ready."""

    environment: str
    system: str
    provider: str
    version: str
    endpoint: str
    processes: tuple[Noted, ...]

    @property
    def alive(self) -> bool:
        """Whether all its processes run."""
        return all(process.alive for process in self.processes)


@dataclass(frozen=True, slots=True)
class Status:
    """A sandbox that is starting or running."""

    supervisor: Noted
    workplace: str
    control: str
    connections: str
    specs: tuple[str, ...]
    issuer: str
    until: str
    """When it stops by itself: RFC 3339, UTC; empty for never."""
    ready: bool = False
    servers: tuple[ServerStatus, ...] = ()

    @property
    def down(self) -> tuple[str, ...]:
        """The systems whose server ended, each once."""
        return tuple(dict.fromkeys(server.system for server in self.servers if not server.alive))

    @property
    def environments(self) -> tuple[str, ...]:
        """Those that it runs systems for."""
        return tuple(dict.fromkeys(server.environment for server in self.servers))

    @property
    def healthy(self) -> bool:
        """Whether it is ready and all its processes run."""
        return self.ready and self.supervisor.alive and all(server.alive for server in self.servers)

    def to_json(self) -> str:
        """The status file's text."""
        return json.dumps({"version": _VERSION} | asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Status | None:
        """The status in a file's text; None if it isn't one of this version."""
        try:
            data = json.loads(text)
            if data.pop("version") != _VERSION:
                return None
            servers = tuple(
                ServerStatus(**server | {"processes": tuple(Noted(**noted) for noted in server["processes"])})
                for server in data.pop("servers")
            )
            specs = tuple(data.pop("specs"))
            return cls(**data | {"supervisor": Noted(**data["supervisor"]), "specs": specs, "servers": servers})
        except (ValueError, KeyError, TypeError, AttributeError):
            return None


class Folder:
    """The folder of one sandbox. Whoever holds its lock owns what is in it."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.connections = self.path / "connections.yaml"
        self.log = self.path / "log"
        self._lock_file = self.path / "lock"
        self._status_file = self.path / "status.json"
        self.handle = -1
        """The lock's file descriptor, while held."""

    def claim(self) -> bool:
        """Take the lock; False if a running sandbox holds it. What a crashed one left is removed.

        Raises SandboxError where the folder can't be made or written.
        """
        try:
            return self._claim()
        except OSError as failed:
            place = failed.filename or self.path
            raise SandboxError(
                f"the sandbox can't use {place}: {(failed.strerror or str(failed)).lower()}",
                help=f"{self.path} has to be a folder of your own: move away what is in its place, or run elsewhere",
            ) from failed

    def _claim(self) -> bool:
        for _ in range(_CLAIM_TRIES):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.mkdir(mode=0o700, exist_ok=True)
            handle = os.open(self._lock_file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            if _locked(handle) and self._is_lock(handle):
                self.handle = handle
                self.path.chmod(0o700)
                self._recover()
                return True
            # In use, or its last holder removed the file between our open and our lock, or `in_use` just looked.
            os.close(handle)
            time.sleep(_CLAIM_POLL)
        return False

    def adopt(self, handle: int) -> None:
        """Hold the lock that the parent process took."""
        os.set_inheritable(handle, False)
        self.handle = handle

    @property
    def in_use(self) -> bool:
        """Whether some process holds the lock."""
        try:
            handle = os.open(self._lock_file, os.O_RDWR | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return False
        try:
            return not _locked(handle)
        finally:
            os.close(handle)

    @property
    def status(self) -> Status | None:
        """What the last sandbox wrote; it may be dead."""
        try:
            return Status.from_json(self._status_file.read_text())
        except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
            return None

    def write_status(self, status: Status) -> None:
        """Replace the status file."""
        self.write(self._status_file, status.to_json())

    def write(self, path: Path, text: str) -> None:
        """Write a file that only its owner reads, all of it or nothing."""
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as out:
            out.write(text)
        draft.replace(path)

    def release(self) -> None:
        """Remove the folder, and the lock last. Harmless when repeated."""
        if self.handle < 0:
            return
        if self._is_lock(self.handle):  # else another process that shares the lock removed the folder already
            shutil.rmtree(self.path, ignore_errors=True)
        self.let_go()

    def let_go(self) -> None:
        """Close the lock's descriptor: another process that inherited it holds the lock on."""
        os.close(self.handle)
        self.handle = -1

    def _is_lock(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), self._lock_file.stat())
        except FileNotFoundError:
            return False

    def _recover(self) -> None:
        stale = self.status
        if stale is not None:
            for process in _processes(stale):
                kill(process)
            sweep(Path(stale.workplace).parent, PREFIX)
        for left in self.path.iterdir():
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left)
            elif left != self._lock_file:
                left.unlink()


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _processes(status: Status) -> Sequence[Noted]:
    return (status.supervisor, *(process for server in status.servers for process in server.processes))
