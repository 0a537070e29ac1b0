"""The command line: one thin file to a command, imported only when it is called."""

from __future__ import annotations

from reconciler.cli.main import main

__all__ = ["main"]
