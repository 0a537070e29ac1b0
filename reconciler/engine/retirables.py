"""Reading the standing principals that are to go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.engine.session import Session
from reconciler.model import Address, Deed, Plan, Retirable, Retired
from reconciler.provider import ProviderError, Retirement, Retiring
from specs.diagnostic import Diagnostic, error


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found of them. Of a system that couldn't be asked nothing is known, and an error says why."""

    found: Mapping[Address, Retirable] = field(default_factory=dict)
    systems: frozenset[str] = frozenset()
    """Those that were asked."""
    failures: tuple[Diagnostic, ...] = ()


def look(session: Session, wanted: Iterable[Retirement], recorded: Mapping[str, Retired] | None = None) -> Seen:
    """Ask each system about its own, where we are logged in. ``recorded``: by the retirement's name."""
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
            named = [_asked(one, recorded or {}) for one in some]
            seen = system.provider.retirables(system.client, system.scope, named)
        except ProviderError as failed:
            message = f"{name} could not be read: {failed.message}"
            failures.append(error("W501", message, subject=name, help=failed.help, span=some[0].span))
            continue
        asked.add(name)
        found |= {one.address: seen[one.retiring.principal] for one in some if one.retiring.principal in seen}
    return Seen(found, frozenset(asked), tuple(failures))


def _asked(one: Retirement, recorded: Mapping[str, Retired]) -> Retiring:
    known = recorded.get(one.name)
    return one.retiring if known is None or known.address != one.address else replace(one.retiring, before=known.before)


def look_again(session: Session, plan: Plan) -> Seen:
    """The principals that a saved plan does something to, as they are now."""
    again = (
        Retirement(row.name, row.address, Retiring(row.principal), (), 0, 0, row.span)
        for row in plan.retirements
        if row.deed is not Deed.NOTHING
    )
    return look(session, again)
