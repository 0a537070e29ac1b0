"""A proxy before slapd that loses what it is told to lose."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

BIND, SEARCH, MODIFY, ADD, DELETE = 0x60, 0x63, 0x66, 0x68, 0x4A
"""Tags of requests (RFC 4511, 4)."""
Verdict = str
"""``pass``; ``cut``, before the server sees it; ``lose`` its reply, and the connection; ``spoil`` its reply; ``stall``:
never answer."""
NOISE = bytes.fromhex("3005 0201 02ff 00")
"""A message as long as it says, of nothing that is known."""


def operation(message: bytes) -> int:
    """The tag of a request: after its envelope's length and its id."""
    at = 2 if message[1] < 0x80 else 2 + (message[1] & 0x7F)
    return message[at + 2 + message[at + 1]]


class Wire:
    """Listens on a port of its own; ``judge`` is asked of every request."""

    def __init__(self, port: int) -> None:
        self.judge: Callable[[int], Verdict] = lambda tag: "pass"
        self.seen: list[int] = []
        self._upstream = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = [self._listening]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self._listening.getsockname()[1]}"

    def close(self) -> None:
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client = self._listening.accept()[0]
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._upstream))
            self._open += [client, server]
            thread = threading.Thread(target=self._serve, args=(client, server), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket, server: socket.socket) -> None:
        losing, last = threading.Event(), bytearray()
        back = threading.Thread(target=_pump, args=(server, client, losing, last), daemon=True)
        self._threads.append(back)
        back.start()
        with suppress(OSError):
            while message := client.recv(1 << 20):
                tag = operation(message)
                self.seen.append(tag)
                verdict = self.judge(tag)
                if verdict == "stall":
                    client.recv(1)
                if verdict in ("stall", "cut"):
                    break
                if verdict in ("lose", "spoil"):
                    last += NOISE if verdict == "spoil" else b""
                    losing.set()
                server.sendall(message)
                if verdict in ("lose", "spoil"):
                    return  # the way back ends it, once the server has answered
        _end(client, server)


def _pump(server: socket.socket, client: socket.socket, losing: threading.Event, last: bytearray) -> None:
    with suppress(OSError):
        while (reply := server.recv(1 << 20)) and not losing.is_set():
            client.sendall(reply)
        client.sendall(last)
    _end(client, server)


def _end(*sockets: socket.socket) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
