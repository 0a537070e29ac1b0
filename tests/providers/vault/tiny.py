"""A real HTTP server on loopback whose every answer is a function: for what OpenBao doesn't do on demand."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Tiny:
    """Requests as they came (head and body), and the address."""

    address: str = ""
    requests: list[str] = field(default_factory=list)
    connections: int = 0


def reply(status: int, body: str, *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status} Told", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


@contextmanager
def tiny(answer: Callable[[int], bytes | None]) -> Iterator[Tiny]:
    """``answer`` gets the number of the request; None closes the connection without an answer."""
    made = Tiny()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            made.connections += 1
            while head := self._head():
                length = next(
                    (int(h.split(":")[1]) for h in head.split("\r\n") if h.lower().startswith("content-l")), 0
                )
                made.requests.append(head + self.rfile.read(length).decode())
                sent = answer(len(made.requests))
                if sent is None:
                    return
                self.wfile.write(sent)
                if b"Connection: close" in sent or b"X-Cut" in sent:
                    return

        def _head(self) -> str:
            head = ""
            while line := self.rfile.readline().decode():
                head += line
                if line == "\r\n":
                    return head
            return ""

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        made.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield made
        server.shutdown()
