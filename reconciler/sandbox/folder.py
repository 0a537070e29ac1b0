"""``.writ/sandbox``: what a sandbox writes for people and for the next command. Nothing secret is in it."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from reconciler.provider.folder import LOCK, remove_abandoned, sign, signed
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.ground import entered, file_in, misplaced, told
from reconciler.sandbox.processes import kill
from reconciler.sandbox.workplace import sweep_workplaces
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
    scopes: str = ""
    """Blueprint.digest of the specs that it was made for."""

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
    """The folder of one sandbox. Whoever holds its lock owns the files that a sandbox makes in it, and no others."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.connections = self.path / "connections.yaml"
        self.log = self.path / "log"
        self._lock_file = self.path / LOCK
        self._status_file = self.path / "status.json"
        files = (self._status_file, self.connections, self.log)
        self._made = (*files, *map(_draft, files))
        self.handle = -1
        """The lock's file descriptor, while held."""

    def claim(self) -> bool:
        """Take the lock; False if a running sandbox holds it. What a crashed one left is removed.

        Raises SandboxError where the folder can't be made or written, is a link, or wasn't made by a sandbox.
        """
        with told(self.path):
            return any(self._claim() for _ in range(_CLAIM_TRIES))

    def _claim(self) -> bool:
        with entered(self.path, make=True) as place:
            try:
                handle = file_in(place, self._lock_file, os.O_CREAT | os.O_RDWR)
            except FileNotFoundError:  # its last holder removed the folder after we entered it
                return False
            if _locked(handle) and self._is_lock(handle, place):
                self.handle = handle
                try:
                    self._take_over(place)
                except BaseException:
                    self.let_go()
                    raise
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
        """Whether some process holds the lock. Raises SandboxError where links or another user's things are."""
        try:
            handle = self.opened(self._lock_file, os.O_RDWR)
        except (FileNotFoundError, NotADirectoryError):
            return False
        try:
            return not _locked(handle)
        finally:
            os.close(handle)

    @property
    def is_gone(self) -> bool:
        """Whether somebody removed what we hold the lock of: no command would find us any more."""
        try:
            with entered(self.path) as place:
                return not self._is_lock(self.handle, place)
        except FileNotFoundError:
            return True
        except (OSError, SandboxError):  # something is in its place, or can't be looked at just now
            return False

    @property
    def status(self) -> Status | None:
        """What the last sandbox wrote; it may be dead."""
        try:
            with os.fdopen(self.opened(self._status_file, os.O_RDONLY), encoding="utf-8") as file:
                return Status.from_json(file.read())
        except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
            return None

    def opened(self, path: Path, flags: int) -> int:
        """A descriptor of a file of the folder. Raises FileNotFoundError, NotADirectoryError and SandboxError."""
        with told(self.path, but=(FileNotFoundError, NotADirectoryError)), entered(self.path) as place:
            return file_in(place, path, flags)

    def write_status(self, status: Status) -> None:
        """Replace the status file."""
        self.write(self._status_file, status.to_json())

    def write(self, path: Path, text: str) -> None:
        """Write a file that only its owner reads, all of it or nothing."""
        draft = _draft(path)
        with told(self.path), entered(self.path) as place:
            _unlink(draft, place)
            with os.fdopen(file_in(place, draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY), "w", encoding="utf-8") as out:
                out.write(text)
            os.replace(draft.name, path.name, src_dir_fd=place, dst_dir_fd=place)

    def release(self) -> None:
        """Remove what was made, the lock last; the folder too, if nothing else is in it. Harmless when repeated."""
        if self.handle < 0:
            return
        with suppress(FileNotFoundError), entered(self.path) as place:
            if self._is_lock(self.handle, place):  # else another process that shares the lock removed the rest already
                self._clear(place)
                _unlink(self._lock_file, place)
                with suppress(OSError):  # something of somebody else's is in it, or another sandbox already
                    self.path.rmdir()
        self.let_go()

    def let_go(self) -> None:
        """Close the lock's descriptor: another process that inherited it holds the lock on."""
        os.close(self.handle)
        self.handle = -1

    def _is_lock(self, handle: int, place: int) -> bool:
        try:
            found = os.stat(self._lock_file.name, dir_fd=place, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(os.fstat(handle), found)

    def _take_over(self, place: int) -> None:
        """End and remove what a crashed sandbox left here. Raises SandboxError where the files are not a sandbox's."""
        here = os.fstat(place)
        if not signed(self.handle, here):
            left = sorted({path.name for path in self._made} & set(os.listdir(place)))
            if os.fstat(self.handle).st_size:
                left.append(LOCK)
            elif left:
                _unlink(self._lock_file, place)
            if left:
                raise misplaced(self.path, f"{', '.join(left)} in it was not made by a sandbox of this folder")
            sign(self.handle, here)
        os.fchmod(place, 0o700)
        stale = self.status
        if stale is not None:
            for process in _processes(stale):
                kill(process)
            remove_abandoned(Path(stale.workplace))
        sweep_workplaces()
        self._clear(place)

    def _clear(self, place: int) -> None:
        for path in self._made:
            _unlink(path, place)


def _draft(path: Path) -> Path:
    return path.with_suffix(".new")


def _unlink(path: Path, place: int) -> None:
    try:
        os.unlink(path.name, dir_fd=place)
    except FileNotFoundError:
        return
    except OSError as failed:
        failed.filename = str(path)
        raise


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _processes(status: Status) -> Sequence[Noted]:
    return (status.supervisor, *(process for server in status.servers for process in server.processes))
