"""Comparing attribute values: a saved plan brings tuples where IAM brings lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """The value with every sequence as a list and every mapping as a dict."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def holds(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether ``found`` has every attribute that is wanted, as wanted."""
    return all(name in found and plain(found[name]) == plain(value) for name, value in wanted.items())
