"""What isn't ours and bears on the access of ours: whether it is as it was when last applied, or read for a plan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping

from reconciler.engine.session import System
from reconciler.model import (
    Address,
    AttributeChange,
    Cause,
    DriftItem,
    DriftKind,
    Live,
    Ownership,
    Plan,
    Resource,
    Snapshot,
    State,
)
from specs.diagnostic import Diagnostic, error, warning

_MOST_NAMED = 3


def recorded(state: State, system: str) -> Mapping[Address, Resource] | None:
    """What was observed when last applied; None where that isn't known."""
    return state.systems[system].observed if system in state.systems else None


def observed_drift(
    systems: Mapping[str, System], snapshots: Mapping[str, Snapshot], state: State
) -> tuple[DriftItem, ...]:
    """What differs, sorted by address. Without a record nothing does."""
    return tuple(item for name in sorted(snapshots) for item in _of_system(name, systems[name], snapshots[name], state))


def _of_system(name: str, system: System, snapshot: Snapshot, state: State) -> Iterator[DriftItem]:
    before, now = recorded(state, name), snapshot.observed
    if before is None:
        return
    for address in sorted(before.keys() | now.keys()):
        old, new = before.get(address), now.get(address)
        if old != new and (address.type not in system.provider.named or (old and new)):
            yield _item(address, old, new)


def _item(address: Address, old: Resource | None, new: Resource | None) -> DriftItem:
    live = Live(new, Ownership.FOREIGN, in_scope=False) if new is not None else None
    if old is None or new is None:
        return DriftItem(
            address, DriftKind.APPEARED if old is None else DriftKind.MISSING, live=live, applied=old, observed=True
        )
    before, after = old.attributes, new.attributes
    changes = tuple(
        AttributeChange(name, before.get(name), after.get(name), Cause.OUTSIDE)
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    )
    return DriftItem(address, DriftKind.CHANGED, changes, live=live, applied=old, observed=True)


def not_taken_back(drift: tuple[DriftItem, ...]) -> Iterator[Diagnostic]:
    """A warning for each system of what an apply would only record."""
    by_system: dict[str, list[Address]] = {}
    for item in drift:
        if item.observed:
            by_system.setdefault(item.address.system, []).append(item.address)
    for system, moved in by_system.items():
        named = ", ".join(map(str, moved[:_MOST_NAMED]))
        more = f" and {len(moved) - _MOST_NAMED} more" if len(moved) > _MOST_NAMED else ""
        theirs = "they aren't Writ's" if len(moved) > 1 else "it isn't Writ's"
        yield warning(
            "W517",
            f"changed since the last apply: {named}{more}; {theirs}, so apply takes nothing back",
            subject=system,
            help="undo it in the system; or apply, which records it as it is now",
        )


def digests(snapshots: Mapping[str, Snapshot]) -> dict[Address, str]:
    """What a saved plan needs, to know that nothing moved."""
    return {address: _digest(one) for name in sorted(snapshots) for address, one in _sorted(snapshots[name])}


def _sorted(snapshot: Snapshot) -> list[tuple[Address, Resource]]:
    return sorted(snapshot.observed.items(), key=lambda item: item[0])


def _digest(resource: Resource) -> str:
    """SHA-256, in hex."""
    text = json.dumps(resource.attributes, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def stale_against_observed(
    plan: Plan, snapshots: Mapping[str, Snapshot], named: Mapping[str, Collection[str]]
) -> Iterator[Diagnostic]:
    """All of it, whatever the plan's targets, in the systems that could be read for it.

    ``named``: Provider.named by system. Of these a plan with targets doesn't miss any: what only its left out rows want
    is no longer looked at, and had it been ours to begin with, that it changed is told.
    """
    now = digests({name: one for name, one in snapshots.items() if name in plan.facts})
    before = {address: one for address, one in plan.observed.items() if address.system in snapshots}
    for address in sorted(before.keys() | now.keys()):
        left = address not in now and bool(plan.targets) and address.type in named.get(address.system, ())
        if before.get(address) != now.get(address) and not left:
            what = "has gone" if address not in now else "has changed" if address in before else "has appeared"
            yield error(
                "W606",
                f"Saved plan is stale: {address} {what} since; it isn't Writ's, and bears on access",
                subject=str(address),
                help="plan again, and have the new plan reviewed",
            )
