"""A quarantine and its record: what was there before it, what undoing it does, and whether a saved step still holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from reconciler.engine.diff import differing
from reconciler.engine.session import Marks
from reconciler.model import (
    Action,
    Address,
    AttributeChange,
    Cause,
    Change,
    Deed,
    Marked,
    Origin,
    Resource,
    Retirable,
    Retired,
    RetirementRow,
    Stage,
    Value,
    Waits,
)
from reconciler.provider import Attribute

LOCKED = frozenset({Marked.LOCKING, Marked.LOCKED, Marked.DELETING})
"""The principal is in quarantine, if what is found says so, too."""
_OVER = frozenset({Marked.LOCKED, Marked.DELETING, Marked.DELETED})
"""It was locked; of one that is still LOCKING a part may be."""
_SINCE: Mapping[Stage, frozenset[Marked]] = {Stage.QUARANTINED: LOCKED, Stage.DELETED: frozenset({Marked.DELETED})}
"""With which marks the recorded moment is when the stage began: else it is another step's, and nobody knows."""
UNDOABLE = LOCKED | {Marked.RESTORING}
"""Something of the principal may be locked, and what was before it is recorded."""


def since_when(stage: Stage, recorded: Retired | None) -> datetime | None:
    """When a stage began, as far as it is recorded."""
    return recorded.since if recorded is not None and recorded.marked in _SINCE.get(stage, ()) else None


def of_another(recorded: Retired | None, address: Address) -> str:
    """Why a retirement can't go on: it locked somebody else before. Empty: it can."""
    if recorded is None or recorded.address == address or recorded.marked not in UNDOABLE:
        return ""
    who = f"{recorded.address.key} of {recorded.address.system}"
    return (
        f"the retirement {recorded.name} locked {who} before it named this one: "
        f"unlock that first (writ retire --undo {recorded.name}), or give this one a Retirement of its own"
    )


def before_quarantine(recorded: Retired, found: Retirable) -> Resource:
    """The principal as undoing leaves it: what is locked as it was recorded, and all else as it is.

    A quarantine may be half done, and somebody may have unlocked a part of it, or all, and changed that.
    """
    was = recorded.before.attributes if recorded.before is not None else {}
    now, locked = found.live.resource.attributes, found.locked.attributes
    kept = {name: _unlocked(was.get(name, value), value, locked.get(name)) for name, value in now.items()}
    return Resource(recorded.address, {**was, **kept})


def _unlocked(was: Value, now: Value, locked: Value) -> Value:
    if isinstance(was, Mapping) and isinstance(now, Mapping) and isinstance(locked, Mapping):
        parts = {name: _unlocked(was.get(name, value), value, locked.get(name)) for name, value in now.items()}
        return {**was, **parts}
    return was if now == locked else now


def half_undone(recorded: Retired, found: Retirable, known: Mapping[str, Attribute]) -> bool:
    """Whether something is to be restored still, where undoing a quarantine was begun."""
    if found.quarantined or found.restored is not None:
        return found.quarantined or found.restored != found.live.resource
    now = found.live.resource.attributes
    was = recorded.before.attributes if recorded.before is not None else {}
    return any(now.get(name) != value and not known[name].computed for name, value in was.items() if name in known)


def came_back(found: Retirable, recorded: Retired) -> bool:
    """Whether somebody unlocked it: that very one was locked, or given up for good, and nobody undid that by us."""
    same = recorded.native_id == found.live.native_id
    return same and recorded.marked in _OVER and not found.quarantined


def restoring(recorded: Retired, found: Retirable, marks: Marks) -> tuple[RetirementRow, Change]:
    """What undoing a quarantine does: the principal as it was before it."""
    kept = before_quarantine(recorded, found)
    known = marks.get(recorded.address.system, {}).get(recorded.address.type, {})
    before = found.live.resource.attributes
    after = dict(found.restored.attributes) if found.restored is not None else _after(kept.attributes, before, known)
    moved = tuple(
        AttributeChange(name, before[name], after[name], Cause.SPEC) for name in differing(before, after, known)
    )
    origin = Origin(f"retirement {recorded.name} undone")
    stage = Stage.QUARANTINED if found.quarantined else Stage.STANDING
    row = RetirementRow(
        recorded.name, recorded.address, found.what, stage, Deed.RESTORE, Waits.NOTHING,
        since=since_when(stage, recorded), before=kept,
        ends=found.lost if found.restored is not None else tuple(_lost(kept.attributes, before, known)),
    )  # fmt: skip
    wanted = Resource(recorded.address, after)
    return row, Change(recorded.address, Action.UPDATE, Cause.SPEC, found.live, wanted, moved, origin)


def _after(was: Mapping[str, Value], now: Mapping[str, Value], known: Mapping[str, Attribute]) -> dict[str, Value]:
    return {
        name: value if name in known and known[name].computed else _again(was.get(name, value), value)
        for name, value in now.items()
    }


def _again(was: Value, now: Value) -> Value:
    """What was, of what is there still: a part that has gone since can't be brought back by changing the rest."""
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        return {name: was.get(name, value) for name, value in now.items()}
    return was


def _lost(was: Mapping[str, Value], now: Mapping[str, Value], known: Mapping[str, Attribute]) -> Iterator[str]:
    """What was there before the quarantine and isn't any more: a deletion was begun, or somebody was at it."""
    for name, value in was.items():
        there = now.get(name)
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            yield from (f"{name} {part} has gone, and can't be brought back" for part in value if part not in there)
        elif value is True and there is False and name in known and known[name].computed:
            yield f"{name} has gone, and can't be brought back"


def not_due(row: RetirementRow, change: Change, recorded: Retired | None, found: Retirable | None) -> str:
    """Why a saved plan's step isn't to be done, by what is recorded and found now. Empty: it is.

    What a plan needs to say that a step is due, whoever applies it can look up again.
    """
    if found is None:
        return "isn't there any more"
    if found.never:
        return f"must not be retired: {'; '.join(found.never)}"
    if found.unseen or any(use.now for use in found.uses):
        return found.unseen[0] if found.unseen else "is in use since"
    if recorded is None or recorded.address != row.address:
        return "was never proved to be replaced"
    if row.deed is Deed.DELETE:
        ours = change.before is not None and change.before.native_id == recorded.native_id
        locked = ours and recorded.marked in LOCKED and found.quarantined
        return "" if locked else "isn't locked by what is recorded"
    proved = [recorded.proof_of(one.agent, one.intent) for one in row.successors]
    good = row.deed is Deed.QUARANTINE and proved and all(proved) and proved == [one.proof for one in row.successors]
    return "" if good else "isn't proved to be replaced by what is recorded"


def settled(row: RetirementRow, recorded: Retired | None) -> Retired | None:
    """What is to be recorded of a retirement for what was found alone, and not for what is done. None: nothing.

    A quarantine that somebody lifted doesn't count on from its beginning once somebody has locked the principal again.
    """
    if recorded is None or recorded.address != row.address or row.deed is Deed.RESTORE:
        return None
    if row.stage is Stage.DELETED and recorded.marked is not Marked.DELETED:
        return replace(recorded, marked=Marked.DELETED, since=datetime.now(UTC), before=None)
    if row.stage is Stage.GONE and recorded.marked in UNDOABLE:
        return Retired(recorded.name, recorded.address, proofs=recorded.proofs)
    if row.stage is Stage.STANDING and recorded.marked in LOCKED and recorded.since is not None:
        return lapsed(recorded)
    return None


def lapsed(recorded: Retired) -> Retired:
    """A quarantine that isn't, or never was: it has no beginning. It may be half done, so what was before is kept."""
    return replace(recorded, since=None)


def marked(row: RetirementRow, recorded: Retired | None, change: Change, who: str, *, done: bool) -> Retired:
    """What is to be recorded of a step: before its calls, and once it is ``done``."""
    begun, ended = _MARKS[row.deed]
    proofs = recorded.proofs if recorded is not None else ()
    since = recorded.since if recorded is not None and row.deed is Deed.DELETE and not done else None
    if row.deed is Deed.RESTORE:
        # What takes its place didn't suffice, so it is proved anew before anything is locked again.
        proofs = ()
    if done and recorded is not None and row.deed is Deed.QUARANTINE:
        since = recorded.since
    return Retired(
        row.name,
        row.address,
        ended if done else begun,
        since or datetime.now(UTC),
        who,
        # What nobody can undo isn't kept.
        None if done and row.deed is Deed.DELETE else row.before,
        change.before.native_id if change.before is not None else "",
        proofs,
    )


_MARKS: Mapping[Deed, tuple[Marked, Marked]] = {
    Deed.QUARANTINE: (Marked.LOCKING, Marked.LOCKED),
    Deed.DELETE: (Marked.DELETING, Marked.DELETED),
    Deed.RESTORE: (Marked.RESTORING, Marked.RESTORED),
}
