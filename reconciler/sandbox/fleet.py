"""The servers of a sandbox: one for each kind of system, started side by side.

Environments share it, as they may share a Vault or an account: their scopes have to be apart.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path

from reconciler.compile import SystemBinding
from reconciler.provider import LocalServer
from reconciler.sandbox.blueprint import Blueprint
from reconciler.sandbox.ending import Ending
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.issuer import MISSING
from reconciler.sandbox.workplace import Workplace

_POLL = 0.1


class Fleet:
    """Servers by provider."""

    def __init__(self, blueprint: Blueprint) -> None:
        """Find each system's server. Raises SandboxError for a system that has none."""
        self._servers: dict[str, LocalServer] = {}
        self.missing: dict[str, str] = {}
        """Providers whose server this machine lacks → why, and the way out. Their systems are left out."""
        for system in blueprint.systems:
            self._add(system)
        # A thread ends when the pool does: a server's process dies with the thread that started it.
        self._pool = ThreadPoolExecutor(max_workers=max(1, len(self._servers)), thread_name_prefix="server")
        self._starting: list[Future[None]] = []

    def start(self, workplace: Workplace, ending: Ending, started: Callable[[LocalServer], None]) -> None:
        """Start all of them. Raises LocalServerError, and SandboxError when ``ending`` is set meanwhile."""
        for name, server in self._servers.items():
            folder = workplace.folder(name)
            self._starting.append(self._pool.submit(_start, server, folder, started))
        waiting: set[Future[None]] = set(self._starting)
        while waiting:
            done, waiting = wait(waiting, _POLL, FIRST_EXCEPTION)
            for finished in done:
                finished.result()
            if ending.is_set():
                raise SandboxError("stopped while starting")

    def server(self, provider: str) -> LocalServer:
        """The server of a provider. Raises KeyError."""
        return self._servers[provider]

    def stop(self) -> None:
        """Stop all of them, the half-started too. Harmless when repeated."""
        for starting in self._starting:
            starting.cancel()
        wait(self._starting)
        for server in self._servers.values():
            server.stop()
        self._pool.shutdown()

    def _add(self, system: SystemBinding) -> None:
        name = system.record.provider
        if name in self._servers or name in self.missing:
            return
        try:
            server = system.provider.local_server()
        except ImportError as missing:
            raise SandboxError(f"the sandbox needs the package {missing.name}", help=MISSING) from missing
        if server is None:
            raise SandboxError(
                f"{system.name}: provider {name} has no server for the sandbox",
                help="leave the system out of the specs given to `writ sandbox up`",
            )
        if server.missing:
            self.missing[name] = server.missing
        else:
            self._servers[name] = server


def _start(server: LocalServer, folder: Path, started: Callable[[LocalServer], None]) -> None:
    server.start(folder)
    started(server)
