"""Tells the demo's story on the screen, and runs the command line in it."""  # noqa: INP001 - beside a script

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.text import Text


class UnexpectedError(Exception):
    """Something was not as announced."""


class Narrator:
    """Prints numbered steps, and the commands in them with their output."""

    def __init__(self, folder: Path, stopping: Callable[[], bool]) -> None:
        """``stopping``: whether a signal has come. Its exception may have been dropped, in a finalizer for instance."""
        self._folder, self._stopping = folder, stopping
        self._console = Console(highlight=False, soft_wrap=True)
        self._began = time.monotonic()
        self._step = 0

    def _go_on(self) -> None:
        if self._stopping():
            raise KeyboardInterrupt

    def step(self, title: str) -> None:
        """A new step: what happens, in one sentence."""
        self._go_on()
        self._step += 1
        self._console.print(Text(f"\n{self._step}. {title}", "bold"))

    def tell(self, text: str) -> None:
        """What happened, or what a command printed."""
        for line in text.rstrip().splitlines():
            self._console.print(Text(f"     {line}".rstrip()))

    def typed(self, line: str) -> None:
        """A command, as one would type it."""
        self._go_on()
        self._console.print(Text(f"   $ {line}", "cyan"))

    def check(self, text: str, holds: bool) -> None:
        """State an expectation. Raises UnexpectedError when it doesn't hold."""
        self._go_on()
        if not holds:
            raise UnexpectedError(text)
        self._console.print(Text.assemble(("   ✓ ", "green"), text))

    def writ(self, *arguments: str, exit_code: int = 0, show: bool = True) -> str:
        """Run ``writ`` and return its output. Raises UnexpectedError for another exit code."""
        self.typed(shlex.join(["writ", *arguments]))
        done = subprocess.run(
            # -P: the folder's own `specs` is not to be taken for the package.
            [sys.executable, "-P", "-m", "reconciler.cli", *arguments],
            cwd=self._folder,
            env=os.environ | {"WRIT_CONNECTIONS": str(self._folder / ".writ" / "sandbox" / "connections.yaml")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if show or done.returncode != exit_code:
            self.tell(done.stdout)
        self.check(f"exit code {exit_code}", done.returncode == exit_code)
        return done.stdout

    def end(self, text: str) -> None:
        """The last line, with the time that all took."""
        self._console.print(Text(f"\n{text} ({time.monotonic() - self._began:.0f} s)", "bold green"))

    def failed(self, text: str) -> None:
        """Why the demo ends here."""
        self._console.print(Text(f"\nThe demo failed: not as announced: {text}", "bold red"))

    def interrupted(self) -> int:
        """The reader's own wish. Returns the exit code."""
        self._console.print(Text("\nInterrupted: everything that was started is stopped.", "bold"))
        return 130
