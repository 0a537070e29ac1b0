"""How much of what the specs name stands, and how much is obtained when it is needed: from a plan alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from reconciler.model import Action, Change, Deed, Due, Meter, RetirementRow, Stage, Ttl, Waits


def meter(
    changes: Iterable[Change], obtained: Collection[str], ttls: Iterable[Ttl], retirements: Sequence[RetirementRow]
) -> Meter:
    """``obtained``: systems in which agents get a credential each time. In others their access stands until its end."""
    before: set[tuple[str, str, str]] = set()
    after: set[tuple[str, str, str]] = set()
    for change in changes:
        if change.origin is not None and change.origin.intent:
            whose = (change.origin.agent, change.origin.intent, change.address.system)
            if change.before is not None:
                before.add(whose)
            if change.after is not None or change.action is Action.BY_HAND:
                after.add(whose)
    stands = [row for row in retirements if row.stage is Stage.STANDING]
    stay = [row for row in stands if row.deed is not Deed.QUARANTINE]
    dynamic = tuple(sum(system in obtained for *_, system in side) for side in (before, after))
    boxed = tuple(len(side) - count for side, count in zip((before, after), dynamic, strict=True))
    return Meter(
        (boxed[0] + len(stands), boxed[1] + len(stay)),
        (dynamic[0], dynamic[1]),
        _soonest([*_of_retirements(retirements), *_of_ends(ttls)]),
    )


def _soonest(dues: Iterable[Due]) -> Due | None:
    """By date; what hangs on something else comes last."""
    latest = datetime.max.replace(tzinfo=UTC)
    return min(dues, key=lambda due: (due.at or latest, due.what), default=None)


def _of_retirements(rows: Iterable[RetirementRow]) -> Iterator[Due]:
    for row in rows:
        who = f"{row.principal} of {row.address.system} (retirement {row.name})"
        if row.deed is Deed.QUARANTINE or (row.waits is Waits.TIME and row.due is not None):
            yield Due(row.due, f"delete {who}")
        elif row.waits is Waits.PROOF:
            yield Due(None, f"prove what replaces {who}: writ retire --prove {row.name}")
        elif row.waits is Waits.USE:
            yield Due(None, f"{'delete' if row.stage is Stage.QUARANTINED else 'lock'} {who}, once nobody uses it")


def _of_ends(ttls: Iterable[Ttl]) -> Iterator[Due]:
    for one in ttls:
        if one.limit.until:
            at = datetime.fromisoformat(one.limit.until)
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
            yield Due(at, f"{one.agent}'s access for {one.intent} on {one.system} ends")
