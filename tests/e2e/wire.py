"""What a client asks of each server, counted on its way: writes by what they do, not by their HTTP method."""

from __future__ import annotations

import re
import socket
import socketserver
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qs

from tests.e2e.recorder import Recorder
from tests.e2e.wiring import rewired
from tests.servers import World

_VAULT_READS = re.compile(
    r"(?:GET|LIST) |(?:POST|PUT) /v1/(?:auth/[^/]+/login|auth/token/revoke-self|identity/lookup/entity)$"
)
"""Reads, logging in and out, and looking up, which the API wants as a POST."""
_AWS_READS = re.compile(r"Get|List|AssumeRole")
_SQL_WRITE = re.compile(
    rb"[QP].{4}(?:[^\0]*\0)??\s*((?:CREATE|ALTER|DROP|GRANT|REVOKE|COMMENT|INSERT|UPDATE|DELETE|TRUNCATE|REASSIGN|DO)\b[^\0]*)",
    re.DOTALL | re.IGNORECASE,
)


class SqlTap:
    """Passes on what comes to a server's Unix socket, and keeps the statements that write. A context manager."""

    def __init__(self, folder: str, port: int) -> None:
        self.target = f"{folder}/.s.PGSQL.{port}"
        self._place = tempfile.TemporaryDirectory(prefix="tap-")
        self.folder, self.writes = self._place.name, list[str]()
        tap = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with socket.socket(socket.AF_UNIX) as server:
                    server.connect(tap.target)
                    back = threading.Thread(target=_pump, args=(server, self.request), daemon=True)
                    back.start()
                    _pump(self.request, server, tap.keep)
                    back.join(5)

        self._server = socketserver.ThreadingUnixStreamServer(f"{self.folder}/.s.PGSQL.{port}", Handler)
        self._server.daemon_threads = True

    def keep(self, data: bytes) -> None:
        self.writes += [found.decode("utf-8", "replace") for found in _SQL_WRITE.findall(data)]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._place.cleanup()


def _pump(source: socket.socket, target: socket.socket, keep: object = None) -> None:
    try:
        while data := source.recv(65536):
            if callable(keep):
                keep(data)
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return  # one side went away: so does the other


@dataclass
class Tapped:
    """The quickstart's three servers behind counters."""

    connections: str
    vault: Recorder
    aws: Recorder
    sql: SqlTap
    _seen: dict[str, int] = field(default_factory=dict)

    def all_writes(self) -> dict[str, list[str]]:
        """Every write so far, by system."""
        actions = (parse_qs(text.rpartition("\n")[2]).get("Action", [""])[0] for text in list(self.aws.texts))
        return {
            "vault": [one for one in self.vault.requests if not _VAULT_READS.match(one)],
            "payments": [one for one in actions if one and not _AWS_READS.match(one)],
            "orders-db": list(self.sql.writes),
        }

    def asked(self) -> dict[str, int]:
        """How much was asked at all: else nothing was counted."""
        return {"vault": len(self.vault.requests), "payments": len(self.aws.requests)}

    def new_writes(self) -> dict[str, list[str]]:
        """Those since the last look."""
        found = {name: writes[self._seen.get(name, 0) :] for name, writes in self.all_writes().items()}
        self._seen = {name: len(writes) for name, writes in self.all_writes().items()}
        return found


@contextmanager
def tapped(world: World) -> Iterator[Tapped]:
    """A connections file that leads through the counters."""
    place = world.connection("orders-db")
    with (
        Recorder(world.connection("vault")["address"]) as vault,
        Recorder(world.connection("payments")["endpoint_url"]) as aws,
        SqlTap(place["host"], place["port"]) as sql,
    ):
        connections = rewired(
            world,
            vault={"address": vault.url},
            payments={"endpoint_url": aws.url},
            orders_db={"host": sql.folder},
        )
        yield Tapped(connections, vault, aws, sql)
