"""A forwarding HTTP server in front of a real one: keeps what passes by, holds it up, or drops it."""

from __future__ import annotations

import http.client
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

_SECRETS = (
    re.compile(r"^X-Vault-Token: (\S+)", re.MULTILINE | re.IGNORECASE),
    re.compile(r'"(?:client_token|jwt|password|secret_id)": ?"([^"]+)"'),
    re.compile(r"<(?:SecretAccessKey|SessionToken)>([^<]+)<"),
    re.compile(r"\bWebIdentityToken=([^&\s]+)"),
    re.compile(r"^X-Amz-Security-Token: (\S+)", re.MULTILINE | re.IGNORECASE),
    re.compile(r"\bSignature=([0-9a-f]{64})"),
)
_HOP = frozenset({"connection", "transfer-encoding", "content-length", "host"})


class Recorder:
    """Serves on a free port of 127.0.0.1 what ``upstream`` (a URL) answers. A context manager."""

    def __init__(self, upstream: str) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.recorder = self
        self.upstream = urlsplit(upstream).netloc
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.texts: list[str] = []
        self.requests: list[str] = []
        """Method and path of each request, in order, whatever became of it."""
        self.cut_after: int | None = None
        """After so many writes every further one is dropped without an answer."""
        self.hold_after: int | None = None
        """After so many writes every further one waits until ``released``."""
        self.released = threading.Event()
        self.writes = 0
        self.lock = threading.Lock()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def secrets(self) -> set[str]:
        """All that logged somebody in, or that somebody got."""
        found = {found for text in self.texts for pattern in _SECRETS for found in pattern.findall(text)}
        return found | {unquote(one) for one in found}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    recorder: Recorder

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def _pass(self) -> None:
        recorder = self.server.recorder
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._keep(str(self.headers), body)
        recorder.requests.append(f"{self.command} {self.path}")
        if self.command != "GET" and not self._passes(recorder):
            self.close_connection = True
            return
        upstream = http.client.HTTPConnection(recorder.upstream, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        upstream.request(self.command, self.path, body, headers)
        reply = upstream.getresponse()
        content = reply.read()
        upstream.close()
        self._keep("", content)
        self.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in _HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _passes(self, recorder: Recorder) -> bool:
        """Count a write, and let it wait if it must; False where it is to be dropped."""
        with recorder.lock:
            recorder.writes += 1
            number = recorder.writes
        if recorder.hold_after is not None and number > recorder.hold_after:
            recorder.released.wait(60)
        return recorder.cut_after is None or number <= recorder.cut_after

    def _keep(self, headers: str, body: bytes) -> None:
        text = f"{headers}\n{body.decode('utf-8', 'replace')}"
        with self.server.recorder.lock:
            self.server.recorder.texts.append(text)

    do_GET = do_POST = do_PUT = do_DELETE = _pass  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""
