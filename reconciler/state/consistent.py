"""A saved plan that says one thing: what is shown is what is done, and nothing is said twice."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping

from reconciler.model import Action, Address, Change, Deed, DriftItem, DriftKind, Plan, Value

_SIDES: Mapping[Action, tuple[bool, bool]] = {
    Action.NO_OP: (True, True),
    Action.ADOPT: (True, True),
    Action.CREATE: (False, True),
    Action.IMPORT: (True, True),
    Action.UPDATE: (True, True),
    Action.REPLACE: (True, True),
    Action.DELETE: (True, False),
    Action.BY_HAND: (True, False),
}
"""Whether a row has a ``before`` and an ``after``. A row to forget may have what is there and somebody else's."""
_DRIFT_SIDES: Mapping[DriftKind, tuple[bool, bool]] = {
    DriftKind.CHANGED: (True, True),
    DriftKind.MISSING: (True, False),
    DriftKind.UNDECLARED: (False, True),
    DriftKind.EXPIRED: (True, True),
    DriftKind.APPEARED: (False, True),
}
"""Whether an item has what was ``applied`` and what is ``live``."""
_DEEDS: Mapping[Deed, Action | None] = {
    Deed.NOTHING: None,
    Deed.QUARANTINE: Action.UPDATE,
    Deed.DELETE: Action.DELETE,
    Deed.RESTORE: Action.UPDATE,
}
"""What is done to a principal that goes."""


def consistent(plan: Plan) -> Plan:
    """The plan as it is. Raises ValueError where its parts contradict each other."""
    systems = [record.name for record in plan.systems]
    _each_once(systems, "system")
    _each_once([change.address for change in plan.changes], "row")
    _each_once([item.address for item in plan.drift], "drift")
    _each_once([row.name for row in plan.retirements], "retirement")
    if plan.created.tzinfo is None:
        raise ValueError("created at no known time")
    named = {*plan.facts, *(change.address.system for change in plan.changes)}
    named |= {item.address.system for item in plan.drift} | {row.system for row in plan.access}
    named |= {address.system for address in (*plan.left, *plan.wording, *plan.observed)}
    named |= {row.address.system for row in plan.retirements}
    if not named <= set(systems):
        raise ValueError("a system that the plan doesn't declare")
    for change in plan.changes:
        if not _one_object(change.address, _named_by(change)) or not _has_sides(change) or not _shows_all(change):
            raise ValueError(f"row {change.address}")
    actions = {change.address: change.action for change in plan.changes}
    for row in plan.retirements:
        if actions.get(row.address) is not _DEEDS[row.deed]:
            raise ValueError(f"retirement {row.name}")
    for item in plan.drift:
        sides = (item.applied is not None, item.live is not None)
        if not _one_object(item.address, _found_by(item)) or sides != _DRIFT_SIDES[item.kind]:
            raise ValueError(f"drift {item.address}")
    return plan


def _each_once(names: Collection[object], what: str) -> None:
    if len(set(names)) != len(names):
        raise ValueError(f"the same {what} twice")


def _one_object(address: Address, named: Iterator[Address]) -> bool:
    return all(one == address for one in named)


def _named_by(change: Change) -> Iterator[Address]:
    if change.before is not None:
        yield change.before.resource.address
    if change.after is not None:
        yield change.after.address


def _found_by(item: DriftItem) -> Iterator[Address]:
    if item.live is not None:
        yield item.live.resource.address
    if item.applied is not None:
        yield item.applied.address


def _has_sides(change: Change) -> bool:
    """What will be there is recorded, and with the reason for it."""
    explained = change.after is None or change.origin is not None
    if (change.action is Action.BY_HAND) is (change.by_hand is None):
        return False
    sides = (change.before is not None, change.after is not None)
    return explained and (not sides[1] if change.action is Action.FORGET else sides == _SIDES[change.action])


def _shows_all(change: Change) -> bool:
    """Whether the attributes listed differ as the two sides do, and none that differs is left out."""
    before = change.before.resource.attributes if change.before else {}
    after = change.after.attributes if change.after else {}
    listed = {item.name for item in change.attributes}
    for item in change.attributes:
        if _differ(before.get(item.name), item.before) or _differ(after.get(item.name), item.after):
            return False
    return not any(_differ(before[name], after[name]) for name in (before.keys() & after.keys()) - listed)


def _differ(left: Value, right: Value) -> bool:
    # As JSON: in Python, True is 1.
    if isinstance(left, str) or isinstance(right, str):
        return left != right
    return json.dumps(left, sort_keys=True) != json.dumps(right, sort_keys=True)
