"""Documents as text: what a person would have written, whatever the names in it hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from specs.fmt import format_bytes

_WIDTH = 100
"""Characters of a collection on one line."""
_PLAIN = re.compile(r"[A-Za-z0-9/_.](?:[A-Za-z0-9/_@.*()+=-]|:(?=[A-Za-z0-9/])| (?=[A-Za-z0-9/_.(]))*")
"""A scalar that means itself in YAML, between brackets too."""
_LOOKS_TYPED = re.compile(r"[-+.]?[0-9][0-9_.:eExXoa-fA-F+-]*|true|false|yes|no|on|off|null|y|n|~?", re.IGNORECASE)
"""What other readers of YAML than ours would take for a number, a truth or nothing."""
_BLOCKS = frozenset({(), ("spec",), ("spec", "access"), ("spec", "intents"), ("spec", "issuers"), ("spec", "systems")})
"""Paths of what has a line of its own for each part."""


def document_text(data: Mapping[str, Any]) -> str:
    """One document, formatted as `writ fmt` does. ``data``: mappings, lists and texts.

    Raises specs.fmt.Refused for what no spec may hold (a secret, a control character).
    """
    text = "\n".join(_block(data, ())) + "\n"
    return format_bytes(text.encode("utf-8", "surrogatepass"), "<written>")


def documents_text(documents: Sequence[str]) -> str:
    """Several formatted documents of one file."""
    return "---\n".join(documents)


def _block(node: Any, path: tuple[str | int, ...]) -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _under(f"{_scalar(str(key))}:", value, (*path, str(key)), "  ")
    else:
        for at, item in enumerate(node):
            yield from _item(item, (*path, at))


def _under(label: str, value: Any, path: tuple[str | int, ...], indent: str) -> Iterator[str]:
    short = None if path in _BLOCKS and not isinstance(value, str) and value else _flow(value)
    if short is not None and (isinstance(value, str) or len(label) + len(short) <= _WIDTH):
        yield f"{label} {short}"
        return
    yield label
    yield from (f"{indent}{line}" for line in _block(value, path))


def _item(item: Any, path: tuple[str | int, ...]) -> Iterator[str]:
    short = _flow(item)
    if isinstance(item, str) or len(short) <= _WIDTH:
        yield f"- {short}"
        return
    first, *rest = _block(item, path)
    yield f"- {first}"
    yield from (f"  {line}" for line in rest)


def _flow(node: Any) -> str:
    if isinstance(node, Mapping):
        return "{" + ", ".join(f"{_scalar(str(key))}: {_flow(value)}" for key, value in node.items()) + "}"
    if isinstance(node, list | tuple):
        return "[" + ", ".join(_flow(item) for item in node) + "]"
    return _scalar("true" if node is True else "false" if node is False else str(node))


def _scalar(text: str) -> str:
    if text in {"true", "false"}:
        return text
    if _PLAIN.fullmatch(text) and not _LOOKS_TYPED.fullmatch(text):
        return text
    # JSON's texts are YAML's (YAML 1.2, 1.3): no line break or quote of a name ends one.
    return json.dumps(text, ensure_ascii=False)
