"""Retirements and the meter, for people and for machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.text import Text

from reconciler.model import Coming, Deed, Leaving, Meter, Plan, Proof, RetirementRow, Stage, Successor, Use, Waits
from reconciler.render.diagnostics import diagnostics_json
from reconciler.render.safe import safe
from specs.diagnostic import Diagnostic

_MOST = 5
"""Uses of one principal that are shown."""

_STAGES = {
    Stage.STANDING: "stands",
    Stage.QUARANTINED: "is locked",
    Stage.DELETED: "is deleted",
    Stage.GONE: "isn't there",
}
_DEEDS = {
    Deed.QUARANTINE: "this plan locks it",
    Deed.DELETE: "this plan deletes it",
    Deed.RESTORE: "this unlocks it, as it was",
}


def retirement_lines(plan: Plan) -> Iterator[Text]:
    """A block for each; nothing where there are none."""
    if not plan.retirements:
        return
    yield Text("Retirements:", "bold")
    for row in plan.retirements:
        yield Text(f"  {safe(headline(row))}", "yellow" if row.stopped else "")
        yield from (Text(f"      {safe(line)}") for line in details(row))
    yield Text()


def headline(row: RetirementRow) -> str:
    """Who, and where it stands."""
    what = f"{row.what} " if row.what else ""
    since = f" since {_when(row.since)}" if row.since is not None else ""
    return f"{row.name}: {what}{row.principal} of {row.address.system} {_STAGES[row.stage]}{since}"


def details(row: RetirementRow) -> Iterator[str]:
    """What replaces it, what is done, what ends, what is in the way, and what comes next."""
    yield from (f"replaced by {_successor(one)}" for one in row.successors)
    if row.deed is not Deed.NOTHING:
        yield _DEEDS[row.deed]
    yield from (f"ends: {line}" for line in row.ends)
    yield from (f"in use by {use_text(use)}" for use in row.uses[:_MOST])
    if len(row.uses) > _MOST:
        yield f"in use by {len(row.uses) - _MOST} more"
    yield from (f"in the way: {line}" for line in row.in_the_way)
    yield f"next: {coming(row)}"


def coming(row: RetirementRow) -> str:
    """The next step, with its date where it has one."""
    step = "delete it" if row.stage is Stage.QUARANTINED else "lock it"
    again = f", from {_when(row.due)} on" if row.due is not None else ""
    waiting = {
        Waits.PATH: "apply makes what replaces it; then it is proved by a login",
        Waits.PROOF: f"prove what replaces it: writ retire --prove {row.name}",
        Waits.USE: f"{step}, once nobody uses it{again}",
        Waits.SOMEBODY: f"{step}, once what is in the way is cleared",
        Waits.NEVER: "nothing: it must stay",
        Waits.TIME: f"delete it{again}, if nobody uses it until then (writ retire --undo {row.name} unlocks it)",
    }
    done = {
        Deed.QUARANTINE: f"delete it{again}, if nobody uses it until then",
        Deed.RESTORE: "prove anew what replaces it, before it is locked again",
    }
    return waiting.get(row.waits) or done.get(row.deed, "take the Retirement out of the specs")


def use_text(use: Use) -> str:
    """Who, from where, since when."""
    origin = f" from {use.origin}" if use.origin else ""
    if use.since is None:
        return f"{use.who}{origin}"
    return f"{use.who}{origin}, {'since' if use.now else 'last'} {_when(use.since)}"


def _successor(one: Successor) -> str:
    pair = f"{one.agent}/{one.intent}"
    if not one.ready:
        return f"{pair}, which isn't there yet as declared"
    if one.proof is None:
        return f"{pair}, which nobody has proved as it is"
    return f"{pair}, proved {_when(one.proof.at)} by {one.proof.who}"


def leaving_text(one: Leaving) -> str:
    """That a standing principal is named by a retirement: how far that has come, and what is next."""
    since = f", locked since {_when(one.since)}" if one.since is not None else ""
    if not one.declared:
        return f"{one.name}{since}, which has left the specs: writ retire --undo {one.name} unlocks it"
    coming = {
        Coming.PROVE: f"prove what replaces it (writ retire --prove {one.name})",
        Coming.LOCK: "the next apply locks it, if nobody uses it",
        Coming.DELETE: f"delete it from {_when(one.due)} on, if nobody uses it until then",
        Coming.UNDO: f"end undoing it (writ retire --undo {one.name})",
        Coming.UNKNOWN: "how far it has come stands in the state, which couldn't be read",
    }
    return f"{one.name}{since}; next: {coming[one.coming]}"


def leaving_json(one: Leaving | None) -> dict[str, Any] | None:
    """The same for machines."""
    if one is None:
        return None
    return {
        "name": one.name,
        "declared": one.declared,
        "locked_since": _iso(one.since),
        "next": one.coming.value,
        "due": _iso(one.due),
    }


def meter_line(meter: Meter) -> str:
    """How much stands, before and after, and what comes next; in one line."""
    (stands, remains), (dynamic, then) = meter.standing, meter.dynamic
    shares = [f"{share}%" if share is not None else "none" for share in (meter.share(0), meter.share(1))]
    text = f"Access that the specs name: {stands} -> {remains} standing, {dynamic} -> {then} dynamic"
    text += f" (dynamic share {shares[0]} -> {shares[1]})"
    if meter.next is None:
        return f"{text}; nothing is due."
    when = f" from {_when(meter.next.at)} on" if meter.next.at is not None else ""
    return f"{text}; next: {safe(meter.next.what)}{when}."


def meter_json(meter: Meter | None) -> dict[str, Any] | None:
    """The same for machines."""
    if meter is None:
        return None
    return {
        "standing": {"before": meter.standing[0], "after": meter.standing[1]},
        "dynamic": {"before": meter.dynamic[0], "after": meter.dynamic[1]},
        "dynamic_percent": {"before": meter.share(0), "after": meter.share(1)},
        "next": {"at": _iso(meter.next.at), "what": meter.next.what} if meter.next is not None else None,
    }


def retirement_json(row: RetirementRow) -> dict[str, Any]:
    """One retirement: docs/json.md."""
    return {
        "name": row.name,
        "address": str(row.address),
        "system": row.address.system,
        "principal": row.principal,
        "what": row.what,
        "stage": row.stage.value,
        "deed": row.deed.value,
        "waits_for": row.waits.value,
        "since": _iso(row.since),
        "due": _iso(row.due),
        "replaced_by": [
            {
                "agent": one.agent,
                "intent": one.intent,
                "ready": one.ready,
                "proved_at": _iso(one.proof.at) if one.proof else None,
                "proved_by": one.proof.who if one.proof else None,
                "how": one.proof.how if one.proof else None,
            }
            for one in row.successors
        ],
        "ends": list(row.ends),
        "in_use_by": [
            {"who": use.who, "from": use.origin or None, "since": _iso(use.since), "now": use.now} for use in row.uses
        ],
        "in_the_way": list(row.in_the_way),
        "source": None if row.span is None else str(row.span),
    }


def proof_lines(name: str, proofs: Sequence[Proof]) -> Iterator[Text]:
    """What was logged in through."""
    for one in proofs:
        yield Text(safe(f"{one.agent}/{one.intent}: {one.how}"))
    if proofs:
        yield Text.assemble(("Proved.", "bold green"), f" The next apply may lock the principal of {safe(name)}.")


def proof_json(name: str, proofs: Sequence[Proof], diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """The same for machines: docs/json.md."""
    return {
        "format_version": "1.0",
        "retirement": name,
        "proved": [
            {"agent": one.agent, "intent": one.intent, "at": _iso(one.at), "by": one.who, "how": one.how}
            for one in proofs
        ],
        "diagnostics": diagnostics_json(diagnostics),
    }


def _when(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment is not None else "then"


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment is not None else None
