"""A running sandbox: issuer, servers, control socket, and the files that describe them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from reconciler.provider import LocalServer
from reconciler.provider.local import LocalServerError
from reconciler.sandbox.answers import Answers
from reconciler.sandbox.blueprint import Blueprint
from reconciler.sandbox.connections import Connections
from reconciler.sandbox.ending import Ending
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.fleet import Fleet
from reconciler.sandbox.folder import Folder, ServerStatus, Status
from reconciler.sandbox.issuer import Issuer
from reconciler.sandbox.listener import Listener
from reconciler.sandbox.operator import Operator
from reconciler.sandbox.prepare import prepare
from reconciler.sandbox.undisturbed import undisturbed
from reconciler.sandbox.workplace import Workplace
from reconciler.state.holder import note

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Options:
    """What a sandbox is made of."""

    read: Callable[[], Blueprint]
    """Reads the specs: at the start, and again for each agent's token."""
    specs: tuple[str, ...]
    """Their paths, for people."""
    seed: Path | None = None
    """A folder with data for the systems: ``<system>.sql`` or ``<system>.seed``."""
    lifetime: float = 0.0
    """Seconds after which it stops; 0 for never."""
    environment: str | None = None
    """The only one that it is for; None: all of the specs."""


class Sandbox:
    """Starts in ``start``, or on entering; ends in ``stop``, or on leaving, or with its process."""

    status: Status
    """Once started."""
    issuer: Issuer
    """Once started."""

    def __init__(self, options: Options, folder: Folder, say: Callable[[str], None] = lambda _: None) -> None:
        """``folder`` is claimed; ``say`` gets a line of news at a time, from several threads."""
        self._options, self._folder, self._say = options, folder, say
        self.ending = Ending()
        """Set when the sandbox was asked to end."""
        self._closers: list[Callable[[], None]] = [self.ending.close, folder.release]

    def start(self) -> Status:
        """Start everything and return when it can be used. Raises SandboxError, and then nothing is left."""
        try:
            self.status = self._start()
        except LocalServerError as failed:
            self.stop()
            raise SandboxError(str(failed)) from failed
        except BaseException:
            self.stop()
            raise
        return self.status

    def stop(self) -> None:
        """Stop everything and remove every file. Harmless when repeated; a second Ctrl-C doesn't interrupt it."""
        self.ending.set()
        undisturbed(self._close)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def server(self, provider: str) -> LocalServer:
        """The running server of a provider. Raises KeyError."""
        return self._fleet.server(provider)

    def _start(self) -> Status:
        self._blueprint = self._options.read()
        self._fleet = Fleet(self._blueprint)
        workplace = self._closing(Workplace(), Workplace.remove)
        self.issuer = self._closing(Issuer(), Issuer.stop)
        operator = Operator(self.issuer, workplace.socket)
        answers = Answers(self._options.read, operator, self.ending)
        self._closing(Listener(workplace.socket, answers), Listener.stop)
        self._folder.write_status(self._describe(workplace))
        self._closing(self._fleet, Fleet.stop)
        for provider, why in self._fleet.missing.items():
            self._say(f"{provider} is left out: {why}")
        self._fleet.start(workplace, self.ending, self._tell)
        connections = Connections(
            prepare(self._blueprint, self._fleet, operator, self._options.seed),
            dict.fromkeys(self._blueprint.issuers, self.issuer.jwks_url),
        )
        self._folder.write(self._folder.connections, connections.to_yaml())
        status = replace(self._describe(workplace), ready=True, servers=tuple(self._servers()))
        self._folder.write_status(status)
        return status

    def _closing(self, thing: T, close: Callable[[T], None]) -> T:
        self._closers.append(lambda: close(thing))
        return thing

    def _close(self) -> None:
        while self._closers:
            self._closers.pop()()

    def _tell(self, server: LocalServer) -> None:
        place = f" at {server.endpoint}" if server.endpoint else ""
        self._say(f"{server.version} runs{place}")

    def _describe(self, workplace: Workplace) -> Status:
        lifetime = self._options.lifetime
        until = (datetime.now(UTC) + timedelta(seconds=lifetime)).isoformat(timespec="seconds") if lifetime else ""
        return Status(
            supervisor=note(os.getpid()),
            workplace=str(workplace.path),
            control=str(workplace.socket),
            connections=str(self._folder.connections),
            specs=self._options.specs,
            issuer=self.issuer.url,
            until=until,
            scopes=self._blueprint.digest,
        )

    def _servers(self) -> Iterator[ServerStatus]:
        for binding in self._blueprint.systems:
            if binding.record.provider in self._fleet.missing:
                continue
            server = self._fleet.server(binding.record.provider)
            yield ServerStatus(
                environment=binding.scope.environment,
                system=binding.name,
                provider=server.provider,
                version=server.version,
                endpoint=server.endpoint,
                processes=tuple(note(pid) for pid in server.pids),
            )
