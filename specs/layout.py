"""A document's layout: nodes as they were written, with the comments and blank lines that belong to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any


class Form(Enum):
    """How a node is written."""

    SCALAR = auto()
    MAPPING = auto()
    SEQUENCE = auto()


@dataclass(slots=True)
class Comment:
    """One comment, ``#`` included."""

    text: str
    index: int
    line: int
    column: int


@dataclass(slots=True)
class Node:
    """A value as written. ``start`` and ``end`` are offsets into the document's text."""

    form: Form
    start: int
    end: int
    line: int
    column: int
    end_line: int
    flow: bool = False
    text: str = ""
    """A scalar's source."""
    entries: list[Entry] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)
    """Comments after the last entry."""
    commented: bool = False
    """Whether there are comments inside."""


@dataclass(slots=True)
class Entry:
    """A mapping's key and value, or a sequence's item."""

    key: Node | None
    value: Node
    name: str = ""
    """The key as text."""
    leading: list[str] = field(default_factory=list)
    """Comments above it, and "" for blank lines."""
    trailing: str = ""
    """The comment at the end of its line."""

    @property
    def first(self) -> Node:
        """What stands first."""
        return self.key or self.value


class Layout:
    """One document: ``root`` is None if it holds nothing but comments."""

    def __init__(self, text: str, events: Iterator[Any]) -> None:
        self._text = text
        self._events = events
        self._scalars: list[tuple[int, int]] = []
        self.head: list[str] = []
        """Comments about the document as a whole."""
        self.root: Node | None = None
        for event in events:
            if _is(event, "Scalar", "MappingStart", "SequenceStart"):
                self.root = self._node(event)
        self._comments = _comments(text, self._scalars)
        self._next = 0
        self._attach_root()

    def _node(self, event: Any) -> Node:
        start, end = event.start_mark, event.end_mark
        if _is(event, "Scalar"):
            return self._scalar(event)
        form = Form.MAPPING if _is(event, "MappingStart") else Form.SEQUENCE
        node = Node(form, start.index, end.index, start.line, start.column, start.line, flow=bool(event.flow_style))
        for child in self._events:
            if _is(child, "MappingEnd", "SequenceEnd"):
                if node.flow:
                    node.end, node.end_line = child.end_mark.index, child.end_mark.line
                break
            first = self._node(child)
            node.entries.append(
                Entry(first, self._node(next(self._events)), child.value)
                if form is Form.MAPPING
                else Entry(None, first)
            )
        return node

    def _scalar(self, event: Any) -> Node:
        start, end = event.start_mark, event.end_mark
        text = self._text[start.index : end.index]
        if not event.style:
            text = text.rstrip(" \t\n")
        self._scalars.append((start.index, end.index))
        # Blank lines at the end belong to a block scalar that keeps them; to others they are layout.
        kept = event.style in {"|", ">"} and "+" in text.partition("\n")[0].partition("#")[0]
        lines = (text.removesuffix("\n")) if kept else text.rstrip("\n")
        end_line = start.line + lines.count("\n")
        return Node(Form.SCALAR, start.index, start.index + len(text), start.line, start.column, end_line, text=text)

    def _attach_root(self) -> None:
        end = len(self._text)
        if self.root is None:
            self.head = self._tail(end, -1, -1)
            return
        if not self.root.entries:
            self.head = self._leading(self.root, -1)
        self._attach(self.root, -1, end)
        if self.root.entries:
            first = self.root.entries[0]
            # What is set off by a blank line is about the document, not about its first field.
            blank = max((at for at, text in enumerate(first.leading) if not text), default=-1)
            self.head, first.leading = first.leading[: blank + 1], first.leading[blank + 1 :]
        while self.head and not self.head[-1]:
            self.head.pop()
        self.root.tail += self._tail(end, self._last_line(self.root), -1)

    def _attach(self, node: Node, above: int, limit: int, indent: int = -1) -> None:
        """Give every entry its comments, in the order of the text.

        ``above`` is the last line before the node, ``limit`` where the next node begins, ``indent`` the column
        of the mapping around it: comments as far left as that belong to what follows.
        """
        began = self._next
        for entry, following in zip(node.entries, [*node.entries, None][1:], strict=True):
            entry.leading = self._leading(entry.first, above)
            above = self._attach_entry(node, entry, limit if following is None else following.first.start)
        if node.flow:
            node.tail = self._tail(node.end, above, -1)
            node.commented = self._next > began
            for entry in node.entries:
                entry.leading = [text for text in entry.leading if text]
        elif node.entries:
            node.tail = self._tail(limit, above, max(node.column, indent + 1))

    def _attach_entry(self, node: Node, entry: Entry, limit: int) -> int:
        value = entry.value
        if value.form is Form.SCALAR:
            above = max(entry.first.end_line, value.end_line)
            entry.trailing = self._trailing(above, max(entry.first.end, value.end))
            return above
        if entry.key is not None and not value.flow:
            entry.trailing = self._trailing(entry.key.line, entry.key.end, value.start)
        self._attach(value, entry.first.line, limit, node.column)
        if value.flow:
            entry.trailing = self._trailing(value.end_line, value.end)
        return self._last_line(value)

    def _trailing(self, line: int, after: int, before: int | None = None) -> str:
        if self._next < len(self._comments):
            comment = self._comments[self._next]
            if comment.line == line and comment.index >= after and (before is None or comment.index < before):
                self._next += 1
                return comment.text
        return ""

    def _leading(self, before: Node, above: int) -> list[str]:
        """Comments before a node, with "" wherever lines were left blank."""
        found = self._tail(before.start, above, -1)
        if found:
            above = self._comments[self._next - 1].line
        if above >= 0 and before.line > above + 1:
            found.append("")
        return found

    def _tail(self, before: int, above: int, column: int) -> list[str]:
        """Comments before an offset that stand no further left than a column."""
        found: list[str] = []
        while self._next < len(self._comments):
            comment = self._comments[self._next]
            if comment.index >= before or comment.column < column:
                break
            if above >= 0 and comment.line > above + 1:
                found.append("")
            found.append(comment.text)
            above = comment.line
            self._next += 1
        return found

    def _last_line(self, node: Node) -> int:
        """The last line that a node or its comments take."""
        if node.flow or node.form is Form.SCALAR:
            return node.end_line
        last = max((self._last_line(entry.value) for entry in node.entries[-1:]), default=node.line)
        return max(last, self._comments[self._next - 1].line) if self._next else last


def _is(event: Any, *names: str) -> bool:
    return type(event).__name__.removesuffix("Event") in names


def _comments(text: str, scalars: list[tuple[int, int]]) -> list[Comment]:
    """Every comment: whatever follows # outside of scalars."""
    found: list[Comment] = []
    begin = counted = line = 0
    for start, end in [*scalars, (len(text), len(text))]:
        at = text.find("#", begin, start)
        while at >= 0:
            stop = text.find("\n", at)
            stop = len(text) if stop < 0 else stop
            column = at - text.rfind("\n", 0, at) - 1
            line += text.count("\n", counted, at)
            counted = at
            found.append(Comment(text[at:stop].rstrip(), at, line, column))
            at = text.find("#", stop, start)
        begin = max(begin, end)
    return found
