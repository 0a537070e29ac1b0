"""Providers by name, found by entry point and imported only when a spec uses them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeAlias

from reconciler.provider import Provider

GROUP = "writ.providers"
"""Entry point group: ``name = "package.module:ProviderClass"``."""

AnyProvider: TypeAlias = Provider[Any, Any, Any, Any, Any]


class UnknownProvider(LookupError):  # noqa: N818
    """No installed package offers a provider of this name."""


@cache
def _found() -> Mapping[str, EntryPoint]:
    return {point.name: point for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)}


def names() -> tuple[str, ...]:
    """The installed providers' names."""
    return tuple(_found())


@cache
def load(name: str) -> AnyProvider:
    """The provider ``name``. Raises UnknownProvider."""
    point = _found().get(name)
    if point is None:
        raise UnknownProvider(name)
    provider: AnyProvider = point.load()()
    return provider
