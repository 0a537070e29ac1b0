"""What ``writ sandbox`` can be told to do."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from reconciler.sandbox.control import ask
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.folder import Folder, Status
from reconciler.sandbox.hosting import host
from reconciler.sandbox.launch import launch
from reconciler.sandbox.processes import kill
from reconciler.sandbox.sandbox import Options

_READY_SECONDS = 120.0
_DOWN_SECONDS = 30.0
_ANSWER_SECONDS = 3.0
_POLL = 0.05


@dataclass(frozen=True, slots=True)
class Up:
    """The running sandbox, and whether it ran before."""

    status: Status
    already: bool
    outdated: bool = False
    """Whether the specs declare other systems or scopes now than it was made for."""


def up(chosen: Options, folder: Folder, say: Callable[[str], None]) -> Up:
    """Start a sandbox in the background, unless one runs here. Raises SandboxError.

    From here on SIGTERM and SIGHUP unwind as Ctrl-C does.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    found = chosen.read()  # a mistake in the specs is best told before anything is made
    if not folder.claim():
        status = _wait_for_other(folder)
        return Up(status, already=True, outdated=status.scopes != found.digest)
    try:
        return Up(launch(chosen, folder, say), already=False)
    finally:
        folder.release()


def up_here(chosen: Options, folder: Folder, say: Callable[[str], None], ready: Callable[[Status], None]) -> None:
    """Run a sandbox in this process until it is ended. Raises SandboxError, also where one runs already."""
    chosen.read()  # as above; it is read again where it is started
    if not folder.claim():
        raise SandboxError("a sandbox is up here already", help="stop it first: writ sandbox down")
    host(chosen, folder, say, ready)


def down(folder: Folder) -> bool:
    """Stop the sandbox and remove all that it left; False if there was none. Raises SandboxError."""
    if folder.in_use:
        _ask_to_end(folder)
        return True
    was_there = folder.status is not None
    if folder.path.exists() and folder.claim():  # claiming clears what a crash left
        folder.release()
    return was_there


def running(folder: Folder) -> Status | None:
    """The status of the sandbox that runs or starts here, None if there is none."""
    return folder.status if folder.in_use else None


def token(folder: Folder, request: dict[str, str | bool]) -> str:
    """A signed token. Raises SandboxError."""
    status = running(folder)
    if status is None:
        raise SandboxError("no sandbox runs here", help="writ sandbox up")
    reply: str = ask(status.control, {"do": "token"} | request)["token"]
    return reply


def _wait_for_other(folder: Folder) -> Status:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        status = folder.status
        if status is not None and status.ready:
            return status
        if not folder.in_use:
            raise SandboxError("another `writ sandbox up` was starting here, and failed", help="try again")
        time.sleep(_POLL)
    raise SandboxError("another `writ sandbox up` has been starting here for too long", help="writ sandbox down")


def _ask_to_end(folder: Folder) -> None:
    deadline = time.monotonic() + _DOWN_SECONDS
    asked: Status | None = None
    while (folder.in_use or (asked and asked.supervisor.alive)) and time.monotonic() < deadline:
        status = folder.status
        if status is not None and asked is None:
            asked = _asked(status)
        time.sleep(_POLL)
    if asked is not None:
        kill(asked.supervisor)  # harmless when it ended as asked
    if folder.path.exists() and folder.claim():  # claiming ends and removes what a killed one left
        folder.release()


def _asked(status: Status) -> Status:
    try:
        ask(status.control, {"do": "down"}, seconds=_ANSWER_SECONDS)
    except SandboxError:
        kill(status.supervisor)  # its lock is held, so it is alive: it hangs
    return status
