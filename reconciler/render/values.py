"""Attribute values and their differences as lines, the same for every output meant for people."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Literal, TypeAlias

from reconciler.model import Value
from reconciler.render.safe import safe

Mark: TypeAlias = Literal["+", "-", "~", " "]
Line: TypeAlias = tuple[Mark, str]
"""A mark and the text after it."""

_CONTEXT = 2
"""Unchanged lines kept around a change."""


def one_line(value: Value) -> str:
    """A value as compact JSON."""
    return safe(json.dumps(value, ensure_ascii=False, sort_keys=True))


def block(value: Value) -> list[str]:
    """A value over several lines: a document as indented JSON, a text by its lines, a list by its items."""
    if isinstance(value, str):
        document = as_document(value)
        if document is not None:
            return [safe(line) for line in json.dumps(document, indent=2, ensure_ascii=False).split("\n")]
        return [safe(line) for line in value.rstrip("\n").split("\n")]
    return [safe(line) for line in json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True).split("\n")]


def is_long(value: Value) -> bool:
    """Whether a value reads better over several lines."""
    return (isinstance(value, str) and ("\n" in value or as_document(value) is not None)) or len(one_line(value)) > 72


def changed_lines(before: Value, after: Value) -> Iterator[Line]:
    """Line by line what changes, with a little context."""
    old, new = block(before), block(after)
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        for tag, a1, a2, b1, b2 in group:
            if tag == "equal":
                yield from ((" ", line) for line in old[a1:a2])
            else:
                yield from (("-", line) for line in old[a1:a2])
                yield from (("+", line) for line in new[b1:b2])


def as_document(text: str) -> object | None:
    """The JSON object or array in a text, if it is one."""
    if text[:1] not in {"{", "["}:
        return None
    try:
        document: object = json.loads(text)
    except ValueError:
        return None
    return document
