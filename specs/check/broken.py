"""Names that a document uses which couldn't be decoded: one mistake in it doesn't hide the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from specs.check.context import Context, complain
from specs.diagnostic import Diagnostic
from specs.nodes import RawDocument
from specs.source import Located, Path
from specs.suggest import Hints

Named = tuple[Path, str]
"""Where a name stands, and the name."""


def check_broken(context: Context) -> Iterator[Diagnostic]:
    """Intents, agents, issuers and systems that are named where that could be read, and aren't declared."""
    for document in context.failed.documents:
        if document.kind == "Agent":
            yield from _declared(context, document, "Intent", _intents(document), "W202")
            yield from _declared(context, document, "Agent", _delegates(document), "W205")
            yield from _in_environments(context, document, "issuer", _issuer(document), "W204")
        if document.kind == "Intent":
            yield from _in_environments(context, document, "system", systems_of(document), "W203")


def systems_of(document: RawDocument) -> Iterator[Named]:
    """The system of each access block."""
    for index, _ in enumerate(_list(document.data, "spec", "access")):
        yield from _text(document.data, "spec", "access", index, "system")


def _intents(document: RawDocument) -> Iterator[Named]:
    data = document.data
    for index, one in enumerate(_list(data, "spec", "intents")):
        yield from _text(data, "spec", "intents", index, *(("name",) if isinstance(one, dict) else ()))
    for index, _ in enumerate(_list(data, "spec", "delegates")):
        for at, _ in enumerate(_list(data, "spec", "delegates", index, "intents")):
            yield from _text(data, "spec", "delegates", index, "intents", at)


def _delegates(document: RawDocument) -> Iterator[Named]:
    for index, _ in enumerate(_list(document.data, "spec", "delegates")):
        yield from _text(document.data, "spec", "delegates", index, "to")


def _issuer(document: RawDocument) -> Iterator[Named]:
    yield from _text(document.data, "spec", "identity", "issuer")


def _declared(
    context: Context, document: RawDocument, kind: str, names: Iterator[Named], code: str
) -> Iterator[Diagnostic]:
    declared: Mapping[str, object] = context.catalog.intents if kind == "Intent" else context.catalog.agents
    for path, name in names:
        if name not in declared and not context.failed.may_declare(kind, name):
            yield _complaint(document, path, f"{kind.lower()} {name!r} is not declared", Hints(declared).of(name), code)


def _in_environments(
    context: Context, document: RawDocument, what: str, names: Iterator[Named], code: str
) -> Iterator[Diagnostic]:
    for path, name in names:
        for environment in context.catalog.environments.values():
            spec, where = environment.value.spec, environment.value.metadata.name
            declared: Mapping[str, object] = spec.issuers if what == "issuer" else spec.systems
            if name not in declared:
                message = f"{what} {name!r} is not declared in environment {where}"
                yield _complaint(document, path, message, Hints(declared).of(name), code)


def _complaint(document: RawDocument, path: Path, message: str, help: str, code: str) -> Diagnostic:
    owner = f"{document.kind.lower()}s.{document.name}"
    return complain(code, message, owner, Located(document.data, document.locator), path, help)


def _at(value: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        if isinstance(part, int) and isinstance(value, list):
            value = value[part] if part < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value


def _list(value: Any, *path: str | int) -> list[Any]:
    found = _at(value, path)
    return found if isinstance(found, list) else []


def _text(value: Any, *path: str | int) -> Iterator[Named]:
    found = _at(value, path)
    if isinstance(found, str) and found:
        yield path, found
