"""Starting the background process, and waiting until it is ready."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.folder import Folder, Status
from reconciler.sandbox.sandbox import Options

_STOP_SECONDS = 30.0


def launch(chosen: Options, folder: Folder, say: Callable[[str], None]) -> Status:
    """Host the sandbox in a process of its own, in its own session. ``folder`` is claimed; the process inherits it.

    Raises SandboxError when it can't be started; then, and when interrupted, no process is left, and the caller
    still holds the folder.
    """
    reader, writer = os.pipe()
    with os.fdopen(reader) as report:
        try:
            process = _spawn(chosen, folder, writer)
        finally:
            os.close(writer)
        with _ended_unless_ready(process):
            _follow(report, say, folder)
    folder.let_go()
    status = folder.status
    if status is None:
        raise SandboxError("the sandbox ended as soon as it was ready")
    return status


def _spawn(chosen: Options, folder: Folder, writer: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "reconciler.sandbox.daemon"]
    command += ["--folder", str(folder.path), "--lock", str(folder.handle), "--report", str(writer)]
    command += ["--lifetime", str(chosen.lifetime)]
    command += ["--environment", chosen.environment] if chosen.environment is not None else []
    command += ["--seed", str(chosen.seed)] if chosen.seed is not None else []
    log = folder.opened(folder.log, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    try:
        return subprocess.Popen(
            [*command, "--", *chosen.specs],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(folder.handle, writer),
            start_new_session=True,
        )
    finally:
        os.close(log)


@contextmanager
def _ended_unless_ready(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise
    # It is meant to outlive us: without this, its Popen would warn when collected.
    process.returncode = 0


def _follow(report: Any, say: Callable[[str], None], folder: Folder) -> None:
    with os.fdopen(folder.opened(folder.log, os.O_RDONLY), encoding="utf-8", errors="replace") as log:
        for line in report:
            message = json.loads(line)
            if "say" in message:
                say(message["say"])
            elif "error" in message:
                raise SandboxError(message["error"], help=message["help"])
            else:
                return
        # Opened before it was removed: a dying process takes its folder along.
        raise SandboxError(f"the sandbox ended while starting:\n{log.read()[-2000:]}")
