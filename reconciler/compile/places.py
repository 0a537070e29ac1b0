"""Systems that may be one place under several names: what holds for one of them holds for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.compile.systems import SystemBinding  # which tells each system of the logins that it may mint


def groups(bindings: Iterable[SystemBinding]) -> list[list[SystemBinding]]:
    """Systems by the place that their settings mean, in order.

    Where a provider's settings needn't say which place they mean, none of its systems can be told from another.
    """
    by_provider: dict[str, dict[str, list[SystemBinding]]] = {}
    for binding in bindings:
        places = by_provider.setdefault(binding.record.provider, {})
        places.setdefault(binding.provider.place(binding.scope.settings), []).append(binding)
    found: list[list[SystemBinding]] = []
    for places in by_provider.values():
        found += [[one for group in places.values() for one in group]] if "" in places else places.values()
    return found


def alike(systems: Mapping[str, SystemBinding]) -> dict[str, frozenset[str]]:
    """Each system's name → the systems of the environment that may be it, itself among them."""
    found: dict[str, frozenset[str]] = {}
    for group in groups(systems.values()):
        names = frozenset(binding.name for binding in group)
        found |= dict.fromkeys(names, names)
    return found
