"""What the proxies on Unix sockets have in common: a call goes on, its reply comes back, unless a fault is due."""

from __future__ import annotations

import socket
import socketserver
import tempfile
import threading
from collections.abc import Callable
from typing import Self

from tests.faults.gate import Deed, Gate, Phase


class UnixProxy:
    """Serves on a Unix socket of its own, ``path``, what the server at ``target`` answers. A context manager."""

    def __init__(self, gate: Gate, name: str, target: str, handler: type[Talk], socket_name: str = "socket") -> None:
        self.gate, self.name, self.target = gate, name, target
        self._place = tempfile.TemporaryDirectory(prefix="fault-")
        self.folder = self._place.name
        self.path = f"{self.folder}/{socket_name}"
        self._server = _Server(self.path, handler)
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
    proxy: UnixProxy

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is no news."""


class Talk(socketserver.StreamRequestHandler):
    """One connection: how it starts, and how it goes on, is the protocol's."""

    server: _Server

    def handle(self) -> None:
        with socket.socket(socket.AF_UNIX) as upstream:
            upstream.connect(self.server.proxy.target)
            self.upstream = upstream
            self.answers = upstream.makefile("rb")
            if self.start():
                while self.serve():
                    pass

    def start(self) -> bool:
        """What comes before any call; False where the connection is over."""
        return True

    def serve(self) -> bool:
        """What comes up to the end of the next call; False where the connection is over."""
        raise NotImplementedError

    def call(self, label: str, request: bytes, reply: Callable[[], bytes]) -> bool:
        """One call; False where its connection breaks."""
        proxy = self.server.proxy
        with proxy.gate.call(f"{proxy.name} {label}") as number:
            if self._breaks(number, Phase.BEFORE):
                return False
            self.upstream.sendall(request)
            answer = reply()
            if self._breaks(number, Phase.AFTER):
                return False
            self.wfile.write(answer)
            self.wfile.flush()
            return not self._breaks(number, Phase.REPLY)

    def _breaks(self, number: int, phase: Phase) -> bool:
        """Any fault here is a connection that breaks; a program that is stopped keeps its own."""
        return self.server.proxy.gate.due(number, phase) not in {None, Deed.STOP}


def words(text: bytes, length: int = 60) -> str:
    """The beginning of what is readable."""
    found = text.replace(b"\0", b" ").decode("utf-8", "replace")
    return " ".join("".join(one if one.isprintable() else " " for one in found).split())[:length]
