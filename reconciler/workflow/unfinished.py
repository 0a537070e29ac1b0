"""Steps of earlier runs whose end nobody recorded: what reading the systems says of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.model import Action, Address, Change, Live, Plan, RetirementRow, Snapshot, State, Unfinished
from specs.diagnostic import Diagnostic, warning

_SAYS: Mapping[Action, str] = {
    Action.NO_OP: "it is there as wanted",
    Action.ADOPT: "it is there as wanted, and apply records it",
    Action.CREATE: "it is not there, and apply makes it",
    Action.IMPORT: "it is there, and apply takes it over",
    Action.UPDATE: "it is there and not as wanted, and apply mends it",
    Action.REPLACE: "it is there and not as wanted, and apply makes it anew",
    Action.DELETE: "it is there, and apply removes it",
    Action.FORGET: "it is gone, and apply records that",
    Action.BY_HAND: "it is there, and only somebody can help",
}


def told(
    state: State,
    snapshots: Mapping[str, Snapshot],
    changes: Mapping[Address, Change],
    rows: Iterable[RetirementRow] = (),
) -> Iterator[Diagnostic]:
    """One warning for each. ``rows``: the retirements that were looked at."""
    stages = {one.address: "" for one in state.retirements.values()} | {row.address: row.stage.value for row in rows}
    for one in state.unfinished:
        snapshot = snapshots.get(one.address.system)
        if snapshot is None:
            found = f"{one.address.system} was not read, so nobody knows yet whether it was done"
        elif one.address in changes:
            found = _SAYS[changes[one.address].action]
        elif one.address in stages:
            stage = stages[one.address]
            found = f"it is {stage}, and apply records that" if stage else "it is to be retired, and wasn't looked at"
        else:
            found = _seen(snapshot.objects.get(one.address))
        yield _warned(one, found)


def is_settled(plan: Plan, address: Address) -> bool:
    """Whether the plan says what became of an object's unfinished step: its system was read, and it was looked at."""
    return address.system in plan.facts and (not plan.targets or address in plan.by_address())


def _seen(live: Live | None) -> str:
    return "it is not there" if live is None else "it is there"


def _warned(one: Unfinished, found: str) -> Diagnostic:
    return warning(
        "W516",
        f"{one.phase} of {one.address} was begun at {one.began} by {one.who} and never recorded as ended; {found}",
        subject=str(one.address),
        help="" if "apply" in found else "apply settles it",
    )
