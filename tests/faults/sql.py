"""A proxy for PostgreSQL's protocol 3.0: each simple query, and each batch that a Sync ends, is a call."""

from __future__ import annotations

import socket
import socketserver
import struct
import tempfile
import threading
from typing import Self

from tests.faults.gate import Deed, Gate, Phase

_ASKS_MORE = frozenset({3, 5, 10, 11})
"""Authentication requests that the client answers: password, MD5, SASL."""


class SqlProxy:
    """Serves on a Unix socket what the server at ``folder`` and ``port`` answers. A context manager."""

    def __init__(self, gate: Gate, folder: str, port: int, name: str = "sql") -> None:
        self.gate, self.target, self.name = gate, f"{folder}/.s.PGSQL.{port}", name
        self._place = tempfile.TemporaryDirectory(prefix="fault-")
        self.folder = self._place.name
        self._server = _Server(f"{self.folder}/.s.PGSQL.{port}", _Handler)
        self._server.proxy = self

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._place.cleanup()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64
    proxy: SqlProxy

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is no news."""


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        with socket.socket(socket.AF_UNIX) as upstream:
            upstream.connect(self.server.proxy.target)
            self._upstream = upstream
            self._answers = upstream.makefile("rb")
            if self._start():
                while self._call():
                    pass

    def _start(self) -> bool:
        """The login, which is no call of its own."""
        size = self.rfile.read(4)
        if len(size) < 4:
            return False
        self._upstream.sendall(size + self.rfile.read(struct.unpack("!I", size)[0] - 4))
        while True:
            last = self._answer(b"ZER")
            if last[:1] == b"Z":
                return True
            if last[:1] != b"R":
                return False
            if struct.unpack("!I", last[5:9])[0] in _ASKS_MORE:
                self._upstream.sendall(self._message(self.rfile))

    def _call(self) -> bool:
        """Up to the next answer that ends a call; False once the connection is over."""
        batch = b""
        while True:
            message = self._message(self.rfile)
            if message[:1] in (b"", b"X"):
                self._upstream.sendall(message)
                return False
            batch += message
            if message[:1] in (b"Q", b"S"):
                break
        gate = self.server.proxy.gate
        with gate.call(f"{self.server.proxy.name} {_words(batch)}") as number:
            if self._breaks(number, Phase.BEFORE):
                return False
            self._upstream.sendall(batch)
            answer = self._until(b"Z")
            if self._breaks(number, Phase.AFTER):
                return False
            self.wfile.write(answer)
            self.wfile.flush()
            return not self._breaks(number, Phase.REPLY)

    def _breaks(self, number: int, phase: Phase) -> bool:
        """Any fault of a database is a connection that breaks; a program that is stopped keeps its own."""
        return self.server.proxy.gate.due(number, phase) not in {None, Deed.STOP}

    def _until(self, kind: bytes) -> bytes:
        found = b""
        while True:
            message = self._message(self._answers)
            found += message
            if message[:1] in (kind, b""):
                return found

    def _answer(self, kinds: bytes) -> bytes:
        """Pass on up to a message of one of these kinds; that message."""
        while True:
            message = self._message(self._answers)
            self.wfile.write(message)
            if not message or message[:1] in kinds:
                return message

    def _message(self, source: object) -> bytes:
        head = source.read(5)  # type: ignore[attr-defined]
        if len(head) < 5:
            return b""
        return bytes(head + source.read(struct.unpack("!I", head[1:])[0] - 4))  # type: ignore[attr-defined]


def _words(batch: bytes) -> str:
    """The statement's beginning."""
    text = batch[5:].replace(b"\0", b" ").decode("utf-8", "replace")
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:60]
