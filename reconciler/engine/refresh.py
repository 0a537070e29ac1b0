"""Reading every system's scope, all systems at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from reconciler.engine.concealing import concealed
from reconciler.engine.session import Session, System, wait_for_all
from reconciler.model import Address, Snapshot
from reconciler.provider import ProviderError
from specs.diagnostic import Diagnostic, error


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What was found. A system that couldn't be read has no snapshot, and an error says why."""

    snapshots: Mapping[str, Snapshot]
    failures: tuple[Diagnostic, ...] = ()

    @property
    def reported(self) -> tuple[Diagnostic, ...]:
        """What the systems, as they are, don't allow to be planned."""
        return tuple(d for snapshot in self.snapshots.values() for d in snapshot.diagnostics)


def refresh(session: Session, wanted: Collection[Address]) -> Refreshed:
    """Read all systems concurrently. ``wanted``: the desired and the recorded addresses."""
    by_system: dict[str, list[Address]] = {name: [] for name in session.systems}
    for address in wanted:
        if address.system in by_system:
            by_system[address.system].append(address)
    if not by_system:
        return Refreshed({})
    pool = ThreadPoolExecutor(len(by_system), thread_name_prefix="refresh")
    try:
        readings = [pool.submit(_read, session.systems[name], by_system[name]) for name in by_system]
        wait_for_all(readings)
        results = [reading.result() for reading in readings]
    finally:
        # Whoever interrupts doesn't wait for a system that doesn't answer.
        pool.shutdown(wait=False, cancel_futures=True)
    snapshots = {name: found for name, found in zip(by_system, results, strict=True) if isinstance(found, Snapshot)}
    failures = tuple(found for found in results if isinstance(found, Diagnostic))
    return Refreshed(snapshots, failures)


def _read(system: System, wanted: Collection[Address]) -> Snapshot | Diagnostic:
    try:
        return concealed(system.provider.read(system.client, system.scope, wanted), system)
    except ProviderError as failed:
        name = system.scope.system
        return error(
            "W501",
            f"{name} could not be read: {failed.message}",
            subject=name,
            help=failed.help,
            span=system.scope.span,
        )
