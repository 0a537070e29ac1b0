"""A proxy before MariaDB that loses what it is told to lose."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

QUERY = 0x03
"""COM_QUERY (MariaDB documentation, the protocol): a packet's fifth byte."""
NOISE = bytes.fromhex("03000009 01ff00")
"""A packet that says to be the tenth of the reply: waited for is nothing."""
DEMAND = bytes.fromhex("05000001 fb") + b"/etc"
"""A reply that wants a file of ours (LOCAL INFILE)."""
Verdict = str
"""``pass``; ``cut``, before the server sees it; ``lose`` its reply, and the connection; ``spoil`` its reply;
``demand`` a file in it; ``stall``: never answer."""


class Wire:
    """Listens on a port of its own; ``judge`` is asked of every statement."""

    def __init__(self, port: int) -> None:
        self.judge: Callable[[str], Verdict] = lambda statement: "pass"
        self._upstream = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._open: list[socket.socket] = [self._listening]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

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
            self._start(self._forward, client, server)

    def _start(self, what: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=what, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        losing = threading.Event()
        self._start(_pump, server, client, losing)
        with suppress(OSError):
            while data := client.recv(1 << 16):
                verdict = self.judge(data[5:].decode(errors="replace")) if data[4:5] == bytes([QUERY]) else "pass"
                if verdict in {"lose", "stall", "spoil", "demand"}:
                    losing.set()
                if verdict == "cut":
                    break
                server.sendall(data)
                if verdict in {"spoil", "demand"}:
                    losing.reply.wait(5)  # type: ignore[attr-defined]
                    client.sendall(NOISE if verdict == "spoil" else DEMAND)
                if verdict == "lose":
                    losing.reply.wait(5)  # type: ignore[attr-defined]
                    break
        for one in (client, server):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def _pump(source: socket.socket, target: socket.socket, losing: threading.Event) -> None:
    """Replies, until they are to be lost."""
    done = threading.Event()
    losing.reply = done  # type: ignore[attr-defined]
    with suppress(OSError):
        while data := source.recv(1 << 16):
            if losing.is_set():
                done.set()
            else:
                target.sendall(data)
