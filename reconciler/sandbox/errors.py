"""What goes wrong with a sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # The token command raises these errors too, and is not to import the language.
    from specs.diagnostic import Diagnostic
    from specs.source import SourceSpan


class SandboxError(Exception):
    """What happened, and the way out. Never carries a secret."""

    def __init__(self, message: str, *, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class BrokenSpecs(SandboxError):  # noqa: N818
    """The specs have errors: nothing is started."""

    def __init__(
        self, diagnostics: tuple[Diagnostic, ...], source_line: Callable[[SourceSpan], str | None] = lambda _: None
    ) -> None:
        super().__init__("the specs have errors", help="writ validate")
        self.diagnostics = diagnostics
        self.source_line = source_line
