"""``python -m reconciler.sandbox.token``: print one signed token. Runs at each operator login: imports little."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from reconciler.sandbox.control import ask
from reconciler.sandbox.errors import SandboxError


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the operator's token, or an agent's; exit 1 with one line on stderr if there is none."""
    parser = argparse.ArgumentParser(prog="python -m reconciler.sandbox.token")
    parser.add_argument("--control", required=True)
    parser.add_argument("--audience", required=True)
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--operator", action="store_true")
    whose.add_argument("--agent")
    parser.add_argument("--environment")
    chosen = parser.parse_args(arguments)
    request = {"do": "token", **{key: value for key, value in vars(chosen).items() if key != "control" and value}}
    try:
        reply = ask(chosen.control, request)
    except SandboxError as failed:
        sys.stderr.write(f"error: {failed.message}\n")
        return 1
    sys.stdout.write(reply["token"] + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
