"""Formatting: one layout, fields in the models' order, comments kept, the meaning never changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specs.collector import collector_off
from specs.diagnostic import Diagnostic, error, has_errors
from specs.documents import KINDS
from specs.emit import Emitter, Unwritable
from specs.layout import Entry, Form, Layout, Node
from specs.loader import Loaded, events, load_bytes, split
from specs.shape import fields, models_at
from specs.source import Path, SourceSpan


class Refused(Exception):  # noqa: N818
    """The text has errors, so it is left as it is."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics[0].message if diagnostics else "")
        self.diagnostics = diagnostics


def format_bytes(data: bytes, file: str = "<stdin>") -> str:
    """A file's formatted text. Raises Refused for what isn't sound YAML or couldn't be formatted safely.

    JSON is returned as it is: it has no comments, and its own formatters.
    """
    with collector_off():
        return _format_bytes(data, file)


def _format_bytes(data: bytes, file: str) -> str:
    before = load_bytes(data, file)
    if has_errors(before.diagnostics):
        raise Refused(before.diagnostics)
    text = data.decode("utf-8-sig").replace("\r\n", "\n")
    if file.endswith(".json"):
        return text
    try:
        made = _format(text)
        changed = _changed(before, load_bytes(made.encode(), file), file)
        if changed is None and _format(made) != made:
            changed = SourceSpan(file, 1, 1)
    except Unwritable as problem:
        raise Refused((_unsafe(SourceSpan(file, problem.line, 1)),)) from problem
    if changed is not None:
        raise Refused((_unsafe(changed),))
    return made


def format_text(text: str, file: str = "<stdin>") -> str:
    """As format_bytes."""
    return format_bytes(text.encode("utf-8", "surrogatepass"), file)


def _changed(before: Loaded, after: Loaded, file: str) -> SourceSpan | None:
    """Where the meaning is another one after formatting, if it is."""
    for old, new in zip(before.documents, after.documents, strict=False):
        path = _difference(old.data, new.data)
        if path is not None:
            return old.locator.span(path)
    same = len(before.documents) == len(after.documents) and not has_errors(after.diagnostics)
    return None if same else SourceSpan(file, 1, 1)


def _difference(old: Any, new: Any) -> Path | None:
    """The path of the first value that differs, order of fields apart; None if nothing does."""
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        pairs: Iterator[tuple[str | int, Any, Any]] = ((key, old[key], new[key]) for key in old)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = ((at, one, other) for at, (one, other) in enumerate(zip(old, new, strict=True)))
    else:
        return None if old == new else ()
    for part, one, other in pairs:
        path = _difference(one, other)
        if path is not None:
            return (part, *path)
    return None


def _unsafe(span: SourceSpan) -> Diagnostic:
    message = "can't be formatted without a risk to its meaning, so it is left as it is"
    return error("W024", message, help="write this part in a plainer way", span=span)


def _format(text: str) -> str:
    parts = [part for chunk in split(text) if (part := _document(chunk.text, chunk.line))]
    return "---\n".join(parts)


def _document(text: str, line: int) -> str:
    layout = Layout(text, events(text))
    if layout.root is not None and layout.root.form is Form.SCALAR and not layout.root.text:
        layout.head += layout.root.tail
        layout.root = None
    if layout.root is not None:
        _sort(layout.root, KINDS.get(_kind(layout.root)), ())
    return "".join(f"{one}\n" for one in _lines(layout, line))


def _lines(layout: Layout, line: int) -> Iterator[str]:
    yield from layout.head
    if layout.root is None:
        return
    if layout.head:
        yield ""
    yield from Emitter(line).document(layout.root)


def _kind(root: Node) -> str:
    return next((entry.value.text.strip("'\"") for entry in root.entries if entry.name == "kind"), "")


def _sort(node: Node, model: type | None, path: Path) -> None:
    """Fields in the models' order, others after them as written."""
    if model is None:
        return
    if node.form is Form.MAPPING:
        order = {name: at for at, name in enumerate(_known(model, path))}
        if order:
            node.entries.sort(key=lambda entry: order.get(entry.name, len(order)))
    for at, entry in enumerate(node.entries):
        _sort(entry.value, model, (*path, _part(node, entry, at)))


def _part(node: Node, entry: Entry, at: int) -> str | int:
    return entry.name if node.form is Form.MAPPING else at


def _known(model: type, path: Path) -> list[str]:
    return list(dict.fromkeys(name for owner in models_at(model, path) for name in fields(owner)))
