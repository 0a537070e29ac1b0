"""The sandbox's side of the control socket."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reconciler.sandbox.errors import SandboxError

Answer = Callable[[dict[str, Any]], dict[str, Any]]
_LIMIT = 1 << 16


class Listener:
    """Answers requests in threads of its own until stopped."""

    def __init__(self, path: Path, answer: Answer) -> None:
        self._server = _Server(str(path), _Handler)
        self._server.answer = answer
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="control", daemon=True).start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    answer: Answer

    def reply_to(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                return {"error": "a request is a JSON object"}
            return self.answer(request)
        except SandboxError as refused:
            return {"error": refused.message, "help": refused.help}
        except ValueError as broken:
            return {"error": f"not a request: {broken}"}


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        line = self.rfile.readline(_LIMIT)
        if line:
            self.wfile.write(json.dumps(self.server.reply_to(line)).encode() + b"\n")
