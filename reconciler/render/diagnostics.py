"""Findings for people: position, code, message, the line with a caret, one line of help."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from reconciler.render.safe import safe
from specs.diagnostic import Diagnostic, Severity
from specs.source import SourceSpan

SourceLine = Callable[[SourceSpan], str | None]
"""The text of a span's line, where it can still be read."""

_ALIKE = 5
"""Findings that are alike, of which every one is shown; of more, the first _SHOWN."""
_SHOWN = 3
_WIDTH = 100
"""Characters of a source line that are shown."""


def no_source(span: SourceSpan) -> str | None:  # noqa: ARG001
    """For findings without their files at hand."""
    return None


def diagnostic_lines(diagnostic: Diagnostic, source_line: SourceLine = no_source) -> Iterator[Text]:
    """One finding as styled lines."""
    colour = "red" if diagnostic.severity is Severity.ERROR else "yellow"
    head = Text()
    if diagnostic.span is not None:
        head.append(f"{safe(diagnostic.span.file)}:{diagnostic.span.line}:{diagnostic.span.column}: ", "bold")
    head.append(f"{diagnostic.severity.value}[{diagnostic.code}]", f"bold {colour}")
    first, *rest = diagnostic.message.split("\n")
    # An object's address is told once: most messages about one begin with it.
    told = "." in diagnostic.subject and first.startswith(f"{diagnostic.subject} ")
    if diagnostic.subject and not told:
        head.append(f" {safe(diagnostic.subject)}")
    head.append(f": {safe(first)}")
    yield head
    yield from (Text(safe(line)) for line in rest)
    if diagnostic.span is not None:
        yield from _excerpt(diagnostic.span, source_line(diagnostic.span), colour)
    if diagnostic.help:
        yield Text.assemble(("  help: ", "bold cyan"), safe(diagnostic.help))


def findings_lines(diagnostics: Sequence[Diagnostic], source_line: SourceLine = no_source) -> Iterator[Text]:
    """All findings. Of many in a row that differ only in their subject, the first and how many more."""
    for _, group in groupby(diagnostics, lambda one: (one.code, one.severity, one.message, one.help, one.span)):
        alike = list(group)
        folded = len(alike) > _ALIKE and alike[0].span is None
        for diagnostic in alike[:_SHOWN] if folded else alike:
            yield from diagnostic_lines(diagnostic, source_line)
        if folded:
            first = alike[0]
            yield Text(
                f"… and {len(alike) - _SHOWN:,} more {first.severity.value}[{first.code}]: {safe(first.message)}"
            )


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """``2 errors, 1 warning``; empty when there is nothing to say."""
    counts = dict.fromkeys(Severity, 0)
    for diagnostic in diagnostics:
        counts[diagnostic.severity] += 1
    return ", ".join(
        f"{count} {severity.value}{'s' if count > 1 else ''}" for severity, count in counts.items() if count
    )


def diagnostics_json(diagnostics: Sequence[Diagnostic]) -> list[dict[str, Any]]:
    """Findings as documented in docs/json.md."""
    return [diagnostic_json(d) for d in diagnostics]


def diagnostic_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """One finding."""
    span = diagnostic.span
    return {
        "severity": diagnostic.severity.value,
        "code": diagnostic.code,
        "summary": diagnostic.message,
        "detail": diagnostic.help,
        "subject": diagnostic.subject,
        "range": None if span is None else {"filename": span.file, "start": {"line": span.line, "column": span.column}},
    }


def _excerpt(span: SourceSpan, line: str | None, colour: str) -> Iterator[Text]:
    if line is None:
        return
    first = max(0, span.column - 1 - _WIDTH // 2)
    shown = safe(line[first : first + _WIDTH])
    # A terminal gives a CJK character or an emoji two cells.
    before = cell_len(safe(line[first : span.column - 1]))
    marked = cell_len(safe(line[span.column - 1 : max(span.end_column - 1, span.column)]))
    number = str(span.line)
    yield Text.assemble((f"  {number} | ", "blue"), shown)
    length = max(1, min(marked, cell_len(shown) - before))
    yield Text.assemble((f"  {' ' * len(number)} | ", "blue"), " " * before, ("^" * length, colour))
