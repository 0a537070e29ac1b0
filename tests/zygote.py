"""`writ` in forks of a process that has done its imports: half of what a short command costs.

Started once by a pytest worker, with the socket to listen on; it ends when its standard input does. A request is one
message: a JSON object (arguments, cwd, env) with the command's three streams as file descriptors. The answers are the
process's id and, once it has ended, its exit code, each on a line.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import providers
import reconciler
import specs
from providers.aws.client import raw_client
from reconciler import registry
from reconciler.cli.main import COMMANDS, cli, main
from reconciler.state.bucket import Bucket

_MOST = 1 << 20
PLANTED = "WRIT_TESTS_PLANTED_BUG"
"""Names one of tests.faults.bugs, to be put into this run: so it is seen whether the tests would see it. Or, as
``module:argument``, another module's ``plant``."""


def serve(path: str) -> None:
    """Fork for each request until standard input ends."""
    _preload()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen(64)
        while True:
            ready, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _run(connection)
            connection.close()


def _preload() -> None:
    for name in COMMANDS:
        cli.get_command(None, name)  # type: ignore[arg-type]
    for name in registry.names():
        registry.load(name).load()
    for package in (specs, reconciler, providers):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith(("__main__", "local_server")):  # programs of their own
                importlib.import_module(found.name)
    for service in ("iam", "sts"):
        raw_client(service, "http://127.0.0.1:9", "us-east-1").close()  # AWS's models: parsed here, not in each fork
    Bucket("warm")  # the same of a state in S3
    gc.freeze()


def _run(connection: socket.socket) -> None:
    code = 1
    try:
        request, streams, _, _ = socket.recv_fds(connection, _MOST, 3)
        asked = json.loads(request)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        connection.sendall(f"{os.getpid()}\n".encode())
        connection.recv(2)
        os.chdir(asked["cwd"])
        os.environ.clear()
        os.environ.update(asked["env"])
        if bug := os.environ.pop(PLANTED, ""):
            module, _, name = bug.rpartition(":")
            importlib.import_module(module or "tests.faults.bugs").plant(name)
        sys.argv = ["writ", *asked["arguments"]]
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
        try:
            main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 1
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        connection.sendall(f"{code}\n".encode())
        os._exit(code)


class Zygote:
    """The running process, seen from the tests."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="writ-z-")
        self._path = str(Path(self._folder.name) / "socket")
        root = Path(__file__).parent.parent
        program = "import sys; sys.path.insert(0, sys.argv[1]); from tests.zygote import serve; serve(sys.argv[2])"
        command = [sys.executable, "-P", "-c", program]
        self._process = subprocess.Popen([*command, str(root), self._path], stdin=subprocess.PIPE, cwd="/")

    def run(
        self,
        arguments: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        stdin: str,
        seconds: float,
        started: Callable[[int], None] = lambda pid: None,
    ) -> subprocess.CompletedProcess[str]:
        """As subprocess.run: text, captured. ``started`` is told the process's id before it does anything."""
        with (
            tempfile.TemporaryFile("w+") as into,
            tempfile.TemporaryFile("w+") as out,
            tempfile.TemporaryFile("w+") as err,
            self._connected() as connection,
        ):
            into.write(stdin)
            into.flush()
            into.seek(0)
            request: dict[str, Any] = {"arguments": list(arguments), "cwd": str(cwd), "env": dict(env)}
            streams = [stream.fileno() for stream in (into, out, err)]
            socket.send_fds(connection, [json.dumps(request).encode()], streams)
            code = self._code(connection, list(arguments), seconds, started)
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(["writ", *arguments], code, out.read(), err.read())

    def _connected(self) -> socket.socket:
        deadline = time.monotonic() + 30
        while True:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.connect(self._path)
            except OSError:
                connection.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return connection

    def _code(
        self, connection: socket.socket, arguments: list[str], seconds: float, started: Callable[[int], None]
    ) -> int:
        connection.settimeout(seconds)
        told = b""
        try:
            while told.count(b"\n") < 2 and (more := connection.recv(64)):
                if not told:
                    started(int(more.split()[0]))
                    connection.sendall(b"go")
                told += more
        except TimeoutError:
            os.kill(int(told.split()[0]), signal.SIGKILL)
            raise subprocess.TimeoutExpired(arguments, seconds) from None
        answers = told.split()
        return int(answers[1]) if len(answers) > 1 else -signal.SIGKILL

    def stop(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._folder.cleanup()
