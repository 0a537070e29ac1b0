"""The systems of one run, logged in: what the engine's verbs share."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, TypeVar

from reconciler.model import Address
from reconciler.provider import Attribute, Provider, ResourceType, Scope

T = TypeVar("T")


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

    @property
    def marks(self) -> Marks:
        """Every attribute's marks, by system and resource type."""
        return {
            name: {kind.name: kind.attributes for kind in system.provider.types.values()}
            for name, system in self.systems.items()
        }

    def close(self, seconds: float | None = None) -> None:
        """Log out everywhere at once, waiting at most so long."""
        if not self.systems:
            return
        pool = ThreadPoolExecutor(len(self.systems), thread_name_prefix="logout")
        try:
            logouts = [pool.submit(system.provider.close, system.client) for system in self.systems.values()]
            done, _ = wait(logouts, timeout=seconds)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        for logout in done:
            logout.result()


GLANCE = 0.5
"""Seconds between two looks at what others do. A signal that comes just before a wait without an end wakes nobody."""


def wait_for_all(futures: Collection[Future[T]]) -> None:
    """Until all are done, in steps that let a signal be seen."""
    while wait(futures, timeout=GLANCE).not_done:
        pass


PATIENCE = 2.0
"""Seconds that logging out may take when a run was interrupted."""


Marks = Mapping[str, Mapping[str, Mapping[str, Attribute]]]
"""System → resource type → attribute → its marks."""
