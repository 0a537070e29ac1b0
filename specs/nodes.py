"""A document as plain text values that still know their lines: the tree, and where each node stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from specs.redaction import suspicious
from specs.source import Path, SourceSpan

_PLURALS = {
    "Agent": "agents",
    "Intent": "intents",
    "Environment": "environments",
    "Guardrail": "guardrails",
    "Retirement": "retirements",
}
_SMALL = 256
_LONGEST = 128
MARK = 3
"""Numbers of a position: line, column and end column, from 0, as YAML parsers count."""
UNKNOWN = -1
"""The end column of what ends on another line, and of collections."""


class Positions:
    """Locates the values of one document: a position for each node, in the order of the text.

    ``first`` is the line in the file on which the document's own lines count from 0.
    For a mapping's entry the key's position comes before its value's. A collection that stands under a key
    is located at that key, where people look for it; a list's item, and a scalar, at itself.
    """

    __slots__ = ("_first", "_index", "_marks", "_owner", "_root", "file")

    def __init__(self, file: str, root: Any, marks: Sequence[int], first: int) -> None:
        self.file = file
        self._owner: Path = ()
        """``("agents", "support-bot")``, once it is known."""
        self._root = root
        self._marks = marks
        self._first = first
        self._index: dict[int, dict[str | int, int]] = {}

    def span(self, path: Path) -> SourceSpan:
        """The position of the value at ``path``, or of its nearest written ancestor."""
        node, index, key, _ = self._find(path)
        return self._at(key if key >= 0 and isinstance(node, dict | list) else index)

    def key_span(self, path: Path) -> SourceSpan:
        """The position of the key at the end of ``path``; as ``span`` where it is no key."""
        _, index, key, depth = self._find(path)
        return self._at(key if key >= 0 and depth == len(path) else index)

    def subject(self, path: Path) -> str:
        """``agents.support-bot.spec.intents[0].ttl``."""
        return dotted((*self._owner, *path))

    def own(self, kind: str, name: str) -> None:
        """Say which document this is, for subjects."""
        self._owner = (_PLURALS[kind], name) if kind in _PLURALS and name else ()

    def _at(self, index: int) -> SourceSpan:
        at = index * MARK
        if at >= len(self._marks):
            return SourceSpan(self.file, 1, 1)
        line, column, end = self._marks[at : at + MARK]
        return SourceSpan(self.file, line + self._first, column + 1, end + 1)

    def _find(self, path: Path) -> tuple[Any, int, int, int]:
        """The deepest node on the path, its index, its key's (-1 without), and how many parts led there."""
        start = _start_of if len(self._marks) <= _SMALL * MARK else self._start
        node, index, key = self._root, 0, -1
        for depth, part in enumerate(path):
            if type(node) is dict:
                if part not in node:
                    return node, index, key, depth
                key = start(node, index, part)
                index = key + 1
            elif type(node) is list and isinstance(part, int) and 0 <= part < len(node):
                index, key = start(node, index, part), -1
            else:
                return node, index, key, depth
            node = node[part]
        return node, index, key, len(path)

    def _start(self, node: Any, index: int, part: str | int) -> int:
        """As _start_of, for a document of which many positions may be asked: worked out once for each collection."""
        if id(node) not in self._index:
            self._index[id(node)] = _starts(node, index)
        return self._index[id(node)][part]


def _start_of(node: Any, index: int, wanted: str | int) -> int:
    """Where an entry of a collection at ``index`` begins."""
    index += 1
    if isinstance(node, dict):
        for key, child in node.items():
            if key == wanted:
                break
            index += 2 if type(child) is str else 1 + _size(child)
    elif isinstance(wanted, int):
        for child in node[:wanted]:
            index += 1 if type(child) is str else _size(child)
    return index


def _starts(node: Any, index: int) -> dict[str | int, int]:
    """Where all entries of a collection at ``index`` begin."""
    starts: dict[str | int, int] = {}
    index += 1
    keyed = isinstance(node, dict)
    for part, child in node.items() if keyed else enumerate(node):
        starts[part] = index
        index += _size(child) + keyed
    return starts


def _size(node: Any) -> int:
    if type(node) is str:
        return 1
    children = node.values() if isinstance(node, dict) else node
    count = 1 + (len(node) if isinstance(node, dict) else 0)
    for child in children:
        count += 1 if type(child) is str else _size(child)
    return count


def dotted(path: Path, owner: str = "") -> str:
    """A path as people write it."""
    text = owner
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            # Keys are people's input: one may be a secret, a novel, or a line break.
            named = part if len(part) <= _LONGEST and part.isprintable() and not suspicious(part) else "?"
            text += f".{named}" if text else named
    return text


@dataclass(frozen=True, slots=True)
class RawDocument:
    """A document as loaded: dicts, lists and text, nothing typed."""

    data: Any
    locator: Positions
    complete: bool = True
    """Whether all of it could be read; if not, only what stands before the error is there."""

    @property
    def kind(self) -> str:
        """Its kind as written; empty if it has none."""
        return _text(self.data, "kind")

    @property
    def name(self) -> str:
        """Its name as written; empty if it has none."""
        return _text(self.data.get("metadata"), "name") if isinstance(self.data, dict) else ""


def _text(node: Any, key: str) -> str:
    value = node.get(key) if isinstance(node, dict) else None
    return value if isinstance(value, str) else ""
