"""A layout to lines: two spaces, lists indented under their key, short flow collections on one line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specs.layout import Entry, Form, Node

WIDTH = 120
_BLOCK = re.compile(r"(?P<style>[|>])(?P<marks>[-+0-9]*)(?P<rest>[^\n]*)(?:\n|\Z)")


class Unwritable(Exception):  # noqa: N818
    """A construct that this writer doesn't master; ``line`` counts from 1 in the file."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


class Emitter:
    """Writes one document that begins at ``line`` of its file."""

    def __init__(self, line: int) -> None:
        self._line = line

    def document(self, root: Node) -> Iterator[str]:
        """All lines."""
        if root.form is Form.SCALAR or not root.entries:
            yield from self._attached("", root, 0, -1)
        else:
            yield from self._entries(root, 0)
        yield from root.tail if root.entries or root.form is Form.SCALAR else ()

    def _entries(self, node: Node, indent: int) -> Iterator[str]:
        for at, entry in enumerate(node.entries):
            leading = entry.leading
            if at == 0:
                leading = leading[next((n for n, text in enumerate(leading) if text), len(leading)) :]
            yield from (f"{' ' * indent}{text}" if text else "" for text in leading)
            yield from self._entry(node, entry, indent)
        if indent or node.flow:
            yield from (f"{' ' * indent}{text}" if text else "" for text in node.tail)

    def _entry(self, node: Node, entry: Entry, indent: int) -> Iterator[str]:
        label = f"{self._key(entry.key)}:" if entry.key is not None else "-"
        lines = list(self._attached(f"{' ' * indent}{label}", entry.value, indent, node.column))
        if entry.trailing:
            within = entry.value.form is not Form.SCALAR and len(lines) > 1
            if _BLOCK.match(entry.value.text) or (within and entry.key is None):
                yield f"{' ' * indent}{entry.trailing}"
            else:
                at = 0 if within else len(lines) - 1
                lines[at] = f"{lines[at]}  {entry.trailing}"
        yield from lines

    def _attached(self, label: str, value: Node, indent: int, column: int) -> Iterator[str]:
        """A value behind its key or dash."""
        gap = " " if label else ""
        if value.form is Form.SCALAR:
            yield from self._scalar(f"{label}{gap}" if value.text else label, value, indent, column)
            return
        short = self._short(value)
        if not value.entries or (value.flow and short and len(label) + 1 + len(short) <= WIDTH):
            if short is None:
                raise Unwritable(self._line + value.line)
            yield f"{label}{gap}{short}"
            return
        inner = list(self._entries(value, indent + 2))
        if label.endswith("-"):
            # Comments above the first line of an item stand above its dash.
            while not inner[0].strip() or inner[0].lstrip().startswith("#"):
                yield f"{' ' * indent}{inner.pop(0).lstrip()}".rstrip()
            inner[0] = f"{label} {inner[0].lstrip()}"
        elif label:
            yield label
        yield from inner

    def _scalar(self, label: str, value: Node, indent: int, column: int) -> Iterator[str]:
        block = _BLOCK.match(value.text)
        if block is not None:
            yield from self._block(label, value, indent, column)
            return
        first, *rest = value.text.split("\n")
        yield f"{label}{first}"
        for line in rest:
            yield f"{' ' * (indent + 2)}{line.lstrip()}" if line.strip() else ""

    def _block(self, label: str, value: Node, indent: int, column: int) -> Iterator[str]:
        header, _, body = value.text.partition("\n")
        lines = body.split("\n")
        digits = re.findall(r"[0-9]", header.split("#")[0])
        keep = "+" in header.split("#")[0]
        if lines and not lines[-1]:
            lines.pop()
        while lines and not keep and not lines[-1].strip():
            lines.pop()
        spaces = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip()]
        base = max(column, 0) + int(digits[0]) if digits else (spaces[0] if spaces else 0)
        if any(count < base for count in spaces):
            raise Unwritable(self._line + value.line)
        yield f"{label}{re.sub('[0-9]', '2', header, count=1) if digits else header}".rstrip()
        for line in lines:
            yield f"{' ' * (indent + 2)}{line[base:]}" if line[base:] else ""

    def _short(self, value: Node) -> str | None:
        """A flow collection on one line; None where that can't be."""
        if value.commented:
            return None
        parts: list[str] = []
        for entry in value.entries:
            inner = self._flat(entry.value)
            if inner is None:
                return None
            parts.append(f"{self._key(entry.key)}: {inner}" if entry.key is not None else inner)
        joined = ", ".join(parts)
        return f"{{{joined}}}" if value.form is Form.MAPPING else f"[{joined}]"

    def _flat(self, value: Node) -> str | None:
        if value.form is not Form.SCALAR:
            return self._short(value)
        return None if "\n" in value.text else value.text or '""'

    def _key(self, key: Node | None) -> str:
        text = key.text if key is not None else ""
        if not text or "\n" in text or len(text) > 1000 or (key is not None and key.form is not Form.SCALAR):
            raise Unwritable(self._line + (key.line if key is not None else 0))
        return text
