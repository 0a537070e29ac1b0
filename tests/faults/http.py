"""A proxy for HTTP (OpenBao, the local AWS): each request is a call."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

from tests.faults.gate import Deed, Gate, Phase

_HOP = frozenset({"connection", "transfer-encoding", "content-length", "host", "expect"})
_STATUS = {Deed.BUSY: 429, Deed.BROKEN: 503, Deed.REFUSED: 403, Deed.STALL: 503}


class HttpProxy:
    """Serves on a free port of 127.0.0.1 what ``upstream`` (a URL) answers. A context manager."""

    def __init__(self, gate: Gate, name: str, upstream: str) -> None:
        self.gate, self.name, self.upstream = gate, name, urlsplit(upstream).netloc
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    proxy: HttpProxy

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each reply of two writes waits 40 ms for the client's acknowledgement
    wbufsize = -1

    def _pass(self) -> None:
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with proxy.gate.call(f"{proxy.name} {self.command} {self._what(body)}") as number:
            if self._ends(number, Phase.BEFORE):
                return
            reply, content = self._ask(body)
            if self._ends(number, Phase.AFTER):
                return
            self.send_response(reply.status)
            for name, value in reply.getheaders():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()
            self._ends(number, Phase.REPLY)

    def _what(self, body: bytes) -> str:
        asked = parse_qs(body.decode("utf-8", "replace")) if self.path == "/" else {}
        names = ("Action", "RoleName", "PolicyName", "PolicyArn", "OpenIDConnectProviderArn")
        return " ".join(asked[name][0] for name in names if name in asked) or self.path

    def _ends(self, number: int, phase: Phase) -> bool:
        deed = self.server.proxy.gate.due(number, phase)
        if deed is None or deed is Deed.STOP:
            return False
        if deed in _STATUS:
            self.send_response(_STATUS[deed])
            self.send_header("Content-Length", "0")
            self.end_headers()
            self.wfile.flush()
        else:
            self.close_connection = True
        return True

    def _ask(self, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        upstream = http.client.HTTPConnection(self.server.proxy.upstream, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        upstream.request(self.command, self.path, body, headers)
        reply = upstream.getresponse()
        content = reply.read()
        upstream.close()
        return reply, content

    def handle_expect_100(self) -> bool:
        """Tell the client at once to go on: what S3 is sent waits a second for it."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    do_GET = do_POST = do_PUT = do_DELETE = do_LIST = _pass  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""
