"""Child processes on loopback that never outlive this process, for LocalServer implementations."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from reconciler.provider.local import LocalServerError

_PR_SET_PDEATHSIG = 1
# Looked up here: between fork and exec another thread's hold on the loader's lock would never end.
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def free_port() -> int:
    """A TCP port on 127.0.0.1 that is free, and that the kernel gives to nobody else for about a minute.

    A connection to it that its own side ended waits (RFC 9293, TIME-WAIT): only who asks for that very port, with
    SO_REUSEADDR as servers do, may have it. Without that, two servers that start at once could be told the same one.
    """
    with socket.socket() as listening, socket.socket() as client:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        client.connect(listening.getsockname())
        listening.accept()[0].close()
        port: int = listening.getsockname()[1]
        return port


class ChildProcess:
    """One server process: its output goes to a log file, and the kernel ends it when we end (Linux, prctl(2))."""

    def __init__(
        self,
        argv: Sequence[str],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        uid: int | None = None,
        gid: int | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Start ``argv``, as ``uid`` and ``gid`` where given. Must be called from a thread that lives as long."""
        self._argv, self._log, self._stop_signal = argv, log, stop_signal
        self._uid, self._gid = uid, gid
        with log.open("ab") as out:
            try:
                self._process = subprocess.Popen(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    env=dict(env) if env is not None else None,
                    cwd=cwd,
                    preexec_fn=self._in_child,  # noqa: PLW1509 - only prctl and setuid run there
                    start_new_session=True,
                )
            except OSError as failed:
                raise LocalServerError(f"cannot start {argv[0]}: {failed}") from failed

    def _in_child(self) -> None:
        # The kernel forgets the signal when credentials change, so it is asked for last.
        if self._gid is not None:
            os.setgroups([])
            os.setgid(self._gid)
        if self._uid is not None:
            os.setuid(self._uid)
        if _PRCTL is not None:
            _PRCTL(_PR_SET_PDEATHSIG, int(self._stop_signal))

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Once it has ended; minus the signal's number where one ended it."""
        return self._process.poll()

    def wait_until(self, ready: Callable[[], bool], *, what: str, seconds: float = 60.0) -> None:
        """Poll ``ready`` until it says yes. Raises LocalServerError with the log's tail when it ends or is late."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running and not ready():  # asked again: it may end well between the two questions
                raise LocalServerError(f"{what} ended at its start with {self._process.returncode}:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                self.stop()
                raise LocalServerError(f"{what} did not answer within {seconds:.0f} s:\n{self.log_tail()}")
            time.sleep(0.05)

    def log_tail(self, characters: int = 2000) -> str:
        """The end of its output."""
        return self._log.read_text(errors="replace")[-characters:] if self._log.exists() else ""

    def stop(self, seconds: float = 10.0) -> None:
        """Ask it to end, wait, then kill. Harmless when repeated."""
        if not self.running:
            return
        self._process.send_signal(self._stop_signal)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
