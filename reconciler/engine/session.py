"""The systems of one run, logged in: what the engine's verbs share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.model import Address
from reconciler.provider import Attribute, Provider, ResourceType, Scope


@dataclass(frozen=True, slots=True)
class System:
    """One system with its provider and its scope; ``client`` is the provider's own, logged in."""

    provider: Provider[Any, Any, Any, Any, Any]
    scope: Scope[Any]
    client: Any

    def type_of(self, address: Address) -> ResourceType[Any]:
        """The resource type of an address in this system."""
        return self.provider.types[address.type]


@dataclass(frozen=True, slots=True)
class Session:
    """All systems that could be reached, by name."""

    systems: Mapping[str, System]

    def close(self) -> None:
        """Log out everywhere."""
        for system in self.systems.values():
            system.provider.close(system.client)


Marks = Mapping[str, Mapping[str, Mapping[str, Attribute]]]
"""System → resource type → attribute → its marks."""
