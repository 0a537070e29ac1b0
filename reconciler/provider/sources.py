"""Where a login's secret comes from: a variable, a file, a command. Errors name the source, never what it holds."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reconciler.provider.errors import Denied

_SECONDS = 30
_BY_HAND = "run it by hand: it must print the secret and end with 0"


def text_from(way: str, value: Any, environ: Mapping[str, str], *, help: str) -> tuple[str, str]:
    """What the source says, as it stands there, and the source's name. Raises Denied, which holds nothing of it.

    ``way`` and ``value``: ``env`` and a variable's name, ``file`` and a path, ``command`` and arguments (run without a
    shell, for at most 30 s). ``help`` for what can't be read or run.
    """
    if way == "env":
        if value not in environ:
            raise Denied(f"variable {value} is not set", help="set it, or name another source in the connections file")
        return environ[value], f"variable {value}"
    if way == "file":
        return _file(value, help), str(value)
    return _output(value, environ, help), f"the output of {value[0]}"


def _file(path: str, way_out: str) -> str:
    # What was read stays in a UnicodeDecodeError, so none is chained.
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except OSError as failed:
        raise Denied(f"cannot read {path}: {failed.strerror}", help=way_out) from None
    except ValueError:
        raise Denied(f"{path} is not text", help=way_out) from None


def _output(argv: Sequence[str], environ: Mapping[str, str], way_out: str) -> str:
    try:
        done = subprocess.run(
            list(argv),
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # may repeat the secret
            timeout=_SECONDS,
            check=False,
            encoding="utf-8",
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        raise Denied(f"{argv[0]} took more than {_SECONDS} s to print the secret", help=_BY_HAND) from None
    except (OSError, ValueError) as failed:
        why = getattr(failed, "strerror", None) or type(failed).__name__
        raise Denied(f"cannot run {argv[0]}: {why}", help=way_out) from None
    if done.returncode != 0:
        raise Denied(f"{argv[0]} exited with {done.returncode}", help=_BY_HAND)
    return done.stdout
