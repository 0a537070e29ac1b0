"""Seeds: entries as LDIF content records (RFC 2849), as far as seeds need them."""

from __future__ import annotations

import base64
from collections.abc import Iterator


def entries_of(text: str) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """DN and attributes of each record. Raises ValueError for what is no content record."""
    for block in _unfolded(text).split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith("#")]
        pairs = [_pair(line) for line in lines if not line.startswith("version:")]
        if not pairs:
            continue
        name, dn = pairs[0]
        if name.lower() != "dn":
            raise ValueError(f"a record without a dn: {lines[0]}")
        found: dict[str, list[str]] = {}
        for attribute, value in pairs[1:]:
            found.setdefault(attribute, []).append(value)
        yield dn, found


def _unfolded(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n ", "")


def _pair(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or value.startswith("<"):
        raise ValueError(f"not an attribute and a value: {line}")
    if value.startswith(":"):
        return name, base64.b64decode(value[1:].strip(), validate=True).decode()
    return name, value.lstrip(" ")
