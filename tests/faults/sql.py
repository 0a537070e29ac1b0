"""A proxy for PostgreSQL's protocol 3.0: each simple query, and each batch that a Sync ends, is a call."""

from __future__ import annotations

import struct
from typing import IO

from tests.faults.gate import Gate
from tests.faults.unix import Talk, UnixProxy, words

_ASKS_MORE = frozenset({3, 5, 10, 11})
"""Authentication requests that the client answers: password, MD5, SASL."""


class SqlProxy(UnixProxy):
    """In ``folder``, as libpq looks for it. ``folder`` and ``port``: the server's."""

    def __init__(self, gate: Gate, folder: str, port: int, name: str = "sql") -> None:
        super().__init__(gate, name, f"{folder}/.s.PGSQL.{port}", _Handler, f".s.PGSQL.{port}")


class _Handler(Talk):
    def start(self) -> bool:
        """The login, which is no call of its own."""
        size = self.rfile.read(4)
        if len(size) < 4:
            return False
        self.upstream.sendall(size + self.rfile.read(struct.unpack("!I", size)[0] - 4))
        while True:
            last = self._answer(b"ZER")
            if last[:1] == b"Z":
                return True
            if last[:1] != b"R":
                return False
            if struct.unpack("!I", last[5:9])[0] in _ASKS_MORE:
                self.upstream.sendall(_message(self.rfile))

    def serve(self) -> bool:
        """Up to the next answer that ends a call."""
        batch = b""
        while True:
            message = _message(self.rfile)
            if message[:1] in (b"", b"X"):
                self.upstream.sendall(message)
                return False
            batch += message
            if message[:1] in (b"Q", b"S"):
                return self.call(words(batch[5:]), batch, self._reply)

    def _reply(self) -> bytes:
        found = b""
        while True:
            message = _message(self.answers)
            found += message
            if message[:1] in (b"Z", b""):
                return found

    def _answer(self, kinds: bytes) -> bytes:
        """Pass on up to a message of one of these kinds; that message."""
        while True:
            message = _message(self.answers)
            self.wfile.write(message)
            if not message or message[:1] in kinds:
                return message


def _message(source: IO[bytes]) -> bytes:
    head = source.read(5)
    return head + source.read(struct.unpack("!I", head[1:])[0] - 4) if len(head) == 5 else b""
