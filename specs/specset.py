"""Paths to a checked set of specs: the whole of the language in one call."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import BinaryIO

from specs.assemble import assemble, problems_of
from specs.catalog import Catalog, Failed
from specs.check import check
from specs.codes import STRICT_CODES
from specs.collector import collector_off
from specs.diagnostic import Diagnostic, Severity
from specs.loader import ENOUGH, Loaded, load
from specs.nodes import RawDocument
from specs.sources import Sources

LIMIT = 100
"""Findings of one run that are shown."""


@dataclass(frozen=True, slots=True)
class SpecSet:
    """Specs as read: trust the catalogue only if there is no error among the diagnostics."""

    catalog: Catalog
    diagnostics: tuple[Diagnostic, ...]
    """In the order of the files, at most LIMIT and one that counts the rest."""
    sources: Sources
    documents: tuple[RawDocument, ...]
    failed: Failed = field(default_factory=Failed)
    """What is declared, and couldn't be read."""

    def with_findings(self, found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """Our own findings and more of them, each once, in the order of the files: at most LIMIT."""
        if len(self.diagnostics) > LIMIT:
            return self.diagnostics
        return problems_of(dict.fromkeys((*self.diagnostics, *found)), LIMIT)

    @property
    def digest(self) -> str:
        """SHA-256 of what the documents say: files, order, comments and layout don't count."""
        texts = sorted(_canonical(document) for document in self.documents)
        return sha256("\n".join(texts).encode("utf-8", "surrogatepass")).hexdigest()


def read(paths: Sequence[str], stdin: BinaryIO | None = None, today: date | None = None) -> SpecSet:
    """Load, decode and check. Never raises for what is in the files; ``today`` defaults to the day in UTC."""
    return checked(load(paths, stdin), today)


def checked(loaded: Loaded, today: date | None = None) -> SpecSet:
    """The same of what is loaded."""
    with collector_off():
        catalog, failed, problems = assemble(loaded)
        told = {one.span for one in problems}
        every = check(catalog, failed, today or datetime.now(UTC).date())
        # A name that isn't one can't be declared either: that is one mistake.
        found = _enough(one for one in every if one.span is None or one.span not in told)
        diagnostics = problems_of((*loaded.diagnostics, *problems, *found), LIMIT)
    return SpecSet(catalog, diagnostics, loaded.sources, loaded.documents, failed)


def escalate(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """What ``--strict`` makes of findings: warnings of STRICT_CODES are errors."""
    return tuple(
        replace(found, severity=Severity.ERROR) if found.code in STRICT_CODES else found for found in diagnostics
    )


def _enough(found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Findings until there is more to mend than anybody reads at once. Warnings alone hide no error."""
    errors = 0
    for one in found:
        yield one
        errors += one.severity is Severity.ERROR
        if errors >= ENOUGH:
            return


def _canonical(document: RawDocument) -> str:
    return json.dumps(document.data, sort_keys=True, separators=(",", ":"))
