"""Policy files of one kind of system, read and compared without specs and without the system."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from reconciler.access import Comparison


class PolicyFileError(ValueError):
    """A text that isn't such a policy: what is wrong, in which of the two (``old``, ``new``), and where if it is known.

    ``line`` and ``column`` count from 1; 0 is unknown, and then ``path`` may say where in a JSON document it is.
    ``help``: the way out.
    """

    def __init__(
        self,
        which: str,
        message: str,
        line: int = 0,
        column: int = 0,
        *,
        path: tuple[str | int, ...] = (),
        help: str = "mend the policy",
    ) -> None:
        super().__init__(message)
        self.help = help
        self.which, self.line, self.column, self.path = which, line, column, path


class PolicyFiles(ABC):
    """What `writ access-diff` asks of a provider. No I/O."""

    kind: ClassVar[str]
    """For people: ``AWS IAM policy``."""

    @abstractmethod
    def recognises(self, text: str) -> bool:
        """Whether a text looks like one of these. Two providers may not claim the same text."""

    @abstractmethod
    def compare(self, old: str, new: str) -> Comparison:
        """New access against old. Raises PolicyFileError."""
