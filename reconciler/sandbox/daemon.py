"""``python -m reconciler.sandbox.daemon``: the background process of ``writ sandbox up``.

It inherits the folder's lock, and reports on a pipe, one JSON object a line: {"say"}, then {"ready"} or {"error"}.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.folder import Folder
from reconciler.sandbox.hosting import host, options


class Report:
    """The pipe to the process that waits for us."""

    def __init__(self, handle: int) -> None:
        self._pipe = os.fdopen(handle, "w")
        self._lock = threading.Lock()

    def say(self, line: str) -> None:
        """News. Raises BrokenPipeError when nobody waits any more, which ends the start."""
        self._write({"say": line})

    def end(self, **last: Any) -> None:
        """The last word."""
        self._write(last)
        self._pipe.close()

    def _write(self, message: dict[str, Any]) -> None:
        with self._lock:
            self._pipe.write(json.dumps(message) + "\n")
            self._pipe.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Host the sandbox; 1 when it could not be started."""
    parser = argparse.ArgumentParser(prog="python -m reconciler.sandbox.daemon")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--lock", type=int, required=True)
    parser.add_argument("--report", type=int, required=True)
    parser.add_argument("--lifetime", type=float, required=True)
    parser.add_argument("--seed", type=Path)
    parser.add_argument("--environment")
    parser.add_argument("paths", nargs="+")
    chosen = parser.parse_args(arguments)
    os.set_inheritable(chosen.report, False)
    folder, report = Folder(chosen.folder), Report(chosen.report)
    folder.adopt(chosen.lock)
    try:
        host(
            options(tuple(chosen.paths), chosen.seed, chosen.lifetime, chosen.environment),
            folder,
            report.say,
            lambda _: report.end(ready=True),
        )
    except SandboxError as failed:
        report.end(error=failed.message, help=failed.help)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
