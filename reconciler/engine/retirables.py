"""Reading the standing principals that are to go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.engine.session import Session
from reconciler.model import Address, Deed, Plan, Retirable
from reconciler.provider import ProviderError, Retirement, Retiring
from specs.diagnostic import Diagnostic, error


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found of them. Of a system that couldn't be asked nothing is known, and an error says why."""

    found: Mapping[Address, Retirable] = field(default_factory=dict)
    systems: frozenset[str] = frozenset()
    """Those that were asked."""
    failures: tuple[Diagnostic, ...] = ()


def look(session: Session, wanted: Iterable[Retirement]) -> Seen:
    """Ask each system about its own, where we are logged in."""
    by_system: dict[str, list[Retirement]] = {}
    for one in wanted:
        if one.address.system in session.systems:
            by_system.setdefault(one.address.system, []).append(one)
    found: dict[Address, Retirable] = {}
    failures: list[Diagnostic] = []
    asked: set[str] = set()
    for name, some in by_system.items():
        system = session.systems[name]
        try:
            seen = system.provider.retirables(system.client, system.scope, [one.retiring for one in some])
        except ProviderError as failed:
            message = f"{name} could not be read: {failed.message}"
            failures.append(error("W501", message, subject=name, help=failed.help, span=some[0].span))
            continue
        asked.add(name)
        found |= {one.address: seen[one.retiring.principal] for one in some if one.retiring.principal in seen}
    return Seen(found, frozenset(asked), tuple(failures))


def look_again(session: Session, plan: Plan) -> Seen:
    """The principals that a saved plan does something to, as they are now."""
    again = (
        Retirement(row.name, row.address, Retiring(row.principal), (), 0, 0, row.span)
        for row in plan.retirements
        if row.deed is not Deed.NOTHING
    )
    return look(session, again)
