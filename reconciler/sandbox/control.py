"""Requests to a running sandbox: one JSON object a line, over a Unix socket that only its user can reach."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from reconciler.sandbox.errors import SandboxError

_LIMIT = 1 << 20


def ask(path: Path | str, request: dict[str, Any], *, seconds: float = 15.0) -> dict[str, Any]:
    """Send a request and return its reply. Raises SandboxError for no answer, and for a refusal."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(seconds)
        try:
            connection.connect(str(path))
            connection.sendall(json.dumps(request).encode() + b"\n")
            line = connection.makefile("rb").readline(_LIMIT)
        except OSError as failed:
            raise SandboxError(f"the sandbox doesn't answer at {path}: {failed}", help="writ sandbox up") from failed
    if not line:
        raise SandboxError(f"the sandbox at {path} closed the connection", help="writ sandbox up")
    reply: dict[str, Any] = json.loads(line)
    if "error" in reply:
        raise SandboxError(reply["error"], help=reply.get("help", ""))
    return reply
