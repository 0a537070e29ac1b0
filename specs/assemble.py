"""Loaded documents to a catalogue: kinds told apart, fields decoded, names unique."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from specs.catalog import Catalog, Failed
from specs.decode import decode
from specs.diagnostic import Diagnostic, error, has_errors, in_order_of_files
from specs.documents import API_VERSION, KINDS
from specs.loader import ENOUGH, Loaded
from specs.nodes import RawDocument
from specs.source import Located, SourceSpan
from specs.suggest import closest, hint
from specs.text import shape, shown

_NAME = ("metadata", "name")
_HEAD = f"begin it with apiVersion: {API_VERSION} and kind: {', '.join(KINDS)}"


def assemble(loaded: Loaded) -> tuple[Catalog, Failed, tuple[Diagnostic, ...]]:
    """Decode every document. One finding to a line: what the loader said of a line isn't said again otherwise."""
    building = _Building({(d.span.file, d.span.line) for d in loaded.diagnostics if d.span and d.code != "W016"})
    for document in loaded.documents:
        building.take(document)
    catalog = Catalog(**{f"{kind.lower()}s": found for kind, found in building.found.items()})
    failed = Failed(
        {kind: frozenset(names) for kind, names in building.failed.items()},
        tuple(building.broken),
        building.opaque or loaded.opaque,
    )
    return catalog, failed, tuple(building.problems)


class _Building:
    def __init__(self, reported: set[tuple[str, int]]) -> None:
        self.problems: list[Diagnostic] = []
        self.found: dict[str, dict[str, Located[Any]]] = {kind: {} for kind in KINDS}
        self.failed: dict[str, set[str]] = {kind: set() for kind in KINDS}
        self.broken: list[RawDocument] = []
        self.opaque = False
        self._reported = reported
        self._names: dict[tuple[str, str], RawDocument] = {}

    def take(self, document: RawDocument) -> None:
        """Decode one document; none any more once there is more to mend than anybody reads at once."""
        if len(self.problems) >= ENOUGH:
            self.opaque = True
            return
        kind = document.kind
        model = KINDS.get(kind)
        problem = _head_problem(document) if document.complete else None
        if problem is not None:
            self._report(problem)
        if model is None or problem is not None or not document.complete:
            self._fail(document, document.complete)
            return
        unique = self._unique(document)
        value, problems = decode(model, Located(document.data, document.locator))
        for found in problems:
            self._report(found)
        if value is None:
            self._fail(document, nameable=True)
            self.broken.append(document)
        elif unique:
            self.found[kind][document.name] = Located(value, document.locator)

    def _fail(self, document: RawDocument, nameable: bool) -> None:
        if document.kind in self.failed and document.name:
            self.failed[document.kind].add(document.name)
        elif document.kind != "Connections" and (document.kind in self.failed or not nameable or _any(document.kind)):
            self.opaque = True

    def _report(self, problem: Diagnostic) -> None:
        if problem.span is None or (problem.span.file, problem.span.line) not in self._reported:
            self.problems.append(problem)

    def _unique(self, document: RawDocument) -> bool:
        """Whether nobody has the name yet, upper and lower case being one."""
        name = document.name
        if not name:
            return True
        first = self._names.setdefault((document.kind, name.casefold()), document)
        if first is document:
            return True
        span = document.locator.span(_NAME)
        self.problems.append(_taken(document, first.name, first.locator.span(_NAME), span))
        self._reported.add((span.file, span.line))
        return False


def _any(kind: str) -> bool:
    """Whether a document of no kind of ours may be meant as one that is."""
    return not kind or closest(kind, KINDS) is not None


def _taken(document: RawDocument, first: str, where: SourceSpan, span: SourceSpan) -> Diagnostic:
    subject = document.locator.subject(_NAME)
    kind, name = document.kind, document.name
    if name == first:
        return error(
            "W206", f"{kind} {shown(name)} is declared twice", subject=subject, help=f"first at {where}", span=span
        )
    message = f"names differ only by case: {shown(name)} and {shown(first)}"
    return error("W207", message, subject=subject, help=f"the other is at {where}", span=span)


def _head_problem(document: RawDocument) -> Diagnostic | None:
    data, locator = document.data, document.locator
    if not isinstance(data, dict):
        return error("W020", f"expected a document, got {shape(data)}", help=_HEAD, span=locator.span(()))
    for key in ("apiVersion", "kind"):
        if not isinstance(data.get(key), str):
            if key not in data:
                return error(
                    "W101", f"{key} is required", subject=locator.subject((key,)), help=_HEAD, span=locator.span(())
                )
            message = f"expected text, got {shape(data[key])}"
            return error("W103", message, subject=locator.subject((key,)), help=_HEAD, span=locator.span((key,)))
    return _kind_problem(document)


def _kind_problem(document: RawDocument) -> Diagnostic | None:
    locator, kind, version = document.locator, document.kind, document.data["apiVersion"]
    if version != API_VERSION:
        message = f"unknown apiVersion {shown(version)}"
        return error(
            "W021", message, subject="apiVersion", help=f"write {API_VERSION}", span=locator.span(("apiVersion",))
        )
    if kind == "Connections":
        message = "connections are the operator's; pass them with --connections"
        return error(
            "W023", message, subject="kind", help="take the document out of the specs", span=locator.span(("kind",))
        )
    if kind not in KINDS:
        message = f"unknown kind {shown(kind)}"
        return error("W022", message, subject="kind", help=hint(kind, tuple(KINDS)), span=locator.span(("kind",)))
    return None


def problems_of(diagnostics: Iterable[Diagnostic], limit: int) -> tuple[Diagnostic, ...]:
    """At most ``limit`` findings in the order of the files, and one that counts the rest."""
    ordered = in_order_of_files(diagnostics)
    if len(ordered) <= limit:
        return tuple(ordered)
    rest = ordered[limit:]
    kept = tuple(ordered[:limit])
    last = error("W099", f"and at least {len(rest)} more", help="mend these first")
    if has_errors(kept) or has_errors(rest):
        return (*kept, last)
    return (*kept, Diagnostic(rest[0].severity, last.code, last.message, last.subject, last.help))
