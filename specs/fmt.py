"""Formatting: one layout, fields in the models' order, comments kept, the meaning never changed."""

from __future__ import annotations

from collections.abc import Iterator

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
        sound = _meaning(load_bytes(made.encode(), file)) == _meaning(before) and _format(made) == made
    except Unwritable as problem:
        raise Refused((_unsafe(file, problem.line),)) from problem
    if not sound:
        raise Refused((_unsafe(file, 1),))
    return made


def format_text(text: str, file: str = "<stdin>") -> str:
    """As format_bytes."""
    return format_bytes(text.encode("utf-8", "surrogatepass"), file)


def _meaning(loaded: Loaded) -> list[object] | None:
    return None if has_errors(loaded.diagnostics) else [document.data for document in loaded.documents]


def _unsafe(file: str, line: int) -> Diagnostic:
    message = "can't be formatted without a risk to its meaning, so it is left as it is"
    return error("W024", message, help="write this part in a plainer way", span=SourceSpan(file, line, 1))


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
