"""A sandbox in this process, until a signal, its time, a request or the loss of its folder ends it."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable
from pathlib import Path

from reconciler.sandbox.folder import Folder, Status
from reconciler.sandbox.reading import find_seed, read_blueprint
from reconciler.sandbox.sandbox import Options, Sandbox

_LOOK = 2.0
"""Seconds between two looks at the folder."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def options(paths: tuple[str, ...], seed: Path | None, lifetime: float, environment: str | None = None) -> Options:
    """What ``writ sandbox up`` starts for these specs; ``lifetime`` in seconds.

    ``environment``: of several, the one to start; by default all.
    """
    # As given for reading, so that findings name files as the user does; absolute for other commands.
    return Options(
        read=lambda: read_blueprint(paths, environment),
        specs=tuple(str(Path(path).absolute()) for path in paths),
        seed=seed.absolute() if seed is not None else find_seed(paths),
        lifetime=lifetime,
        environment=environment,
    )


def host(chosen: Options, folder: Folder, say: Callable[[str], None], ready: Callable[[Status], None]) -> None:
    """Start, say so, wait, stop. Raises SandboxError when it can't be started. Takes over the signal handlers."""
    sandbox = Sandbox(chosen, folder, say)
    for number in _SIGNALS:
        signal.signal(number, lambda *_: sandbox.ending.set())
    with sandbox:
        ready(sandbox.status)
        _wait(sandbox, folder, chosen.lifetime)


def _wait(sandbox: Sandbox, folder: Folder, lifetime: float) -> None:
    """Until it is told to end, its time is over, or its folder is gone: then no command could tell it."""
    until = time.monotonic() + lifetime if lifetime else math.inf
    while (left := until - time.monotonic()) > 0 and not sandbox.ending.wait(min(left, _LOOK)):
        if folder.is_gone:
            return
