"""A tiny HTTP proxy between the client and the local AWS: counts calls, and breaks those it is told to."""

from __future__ import annotations

import http.client
import socket
import struct
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

Fault = Callable[["Handler", bytes], bool]
"""Answers a request itself (True), or lets it pass."""


class Handler(BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        action = parse_qs(body.decode())["Action"][0]
        self.server.calls[action] += 1
        self.server.order.append(action)
        fault = self.server.faults.get(action)
        if fault is None or not fault(self, body):
            self.answer(*self.forward(body))

    def forward(self, body: bytes) -> tuple[int, bytes]:
        upstream = http.client.HTTPConnection(*self.server.upstream, timeout=20)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in {"host", "connection"}}
        upstream.request("POST", "/", body, headers)
        reply = upstream.getresponse()
        content = reply.read()
        upstream.close()
        return reply.status, content

    def answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def cut(self) -> None:
        """Reset the connection without an answer."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


class Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, upstream: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream = upstream
        self.calls: Counter[str] = Counter()
        self.order: list[str] = []
        self.faults: dict[str, Fault] = {}
        self._thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()


def replies(status: int, code: str, message: str = "no", *, times: int = 10**6) -> Fault:
    """An AWS error reply, without asking AWS."""
    left = [times]

    def fault(handler: Handler, body: bytes) -> bool:
        if left[0] == 0:
            return False
        left[0] -= 1
        text = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        handler.answer(status, text.encode())
        return True

    return fault


def cuts(*, after_commit: bool, times: int = 10**6) -> Fault:
    """No reply, with or without having done it."""
    left = [times]

    def fault(handler: Handler, body: bytes) -> bool:
        if left[0] == 0:
            return False
        left[0] -= 1
        if after_commit:
            handler.forward(body)
        handler.cut()
        return True

    return fault


def garbles(status: int = 500, content: bytes = b"<!doctype html><p>sorry") -> Fault:
    """Done, but the reply is nothing that AWS would send."""

    def fault(handler: Handler, body: bytes) -> bool:
        handler.forward(body)
        handler.answer(status, content)
        return True

    return fault
