"""A finding as data: what, where and the way out. Rendered in one place, never raised as text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from specs.redaction import redacted
from specs.source import SourceSpan


class Severity(StrEnum):
    """How a finding counts: an error makes the command exit with 1."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    ``code`` is stable (docs/diagnostics.md lists all); ``subject`` names the value
    (``agents.support-bot.spec.intents[0].ttl``), a system or a resource's address; ``help`` is one line.
    """

    severity: Severity
    code: str
    message: str
    subject: str = ""
    help: str = ""
    span: SourceSpan | None = None

    def __post_init__(self) -> None:
        """Leave out what is a secret or looks like one, wherever the text came from."""
        for name in ("message", "subject", "help"):
            text = getattr(self, name)
            if (shown := redacted(text)) is not text:
                object.__setattr__(self, name, shown)


def error(
    code: str,
    message: str,
    *,
    subject: str = "",
    help: str = "",
    span: SourceSpan | None = None,
) -> Diagnostic:
    """An error."""
    return Diagnostic(Severity.ERROR, code, message, subject, help, span)


def warning(
    code: str,
    message: str,
    *,
    subject: str = "",
    help: str = "",
    span: SourceSpan | None = None,
) -> Diagnostic:
    """A warning."""
    return Diagnostic(Severity.WARNING, code, message, subject, help, span)


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any finding is an error."""
    return any(d.severity is Severity.ERROR for d in diagnostics)


def in_order_of_files(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """By place; those without one first, and those of one place as they came."""

    def place(one: Diagnostic) -> tuple[str, int, int]:
        return ("", 0, 0) if one.span is None else (one.span.file, one.span.line, one.span.column)

    return sorted(diagnostics, key=place)
