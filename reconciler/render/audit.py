"""The audit record for people and machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from rich.text import Text

from reconciler.audit.entry import Entry, Kind, as_data
from reconciler.render.safe import safe

FORMAT_VERSION = "1.0"
_NOBODY_ELSE = "It goes as far as the state knows. What was done to both is known only by a checkpoint kept elsewhere."
_NOT_EVEN = "Whether its end was cut off is known only by a checkpoint that was kept elsewhere."
_HEADS = frozenset({Kind.RUN_BEGUN, Kind.RUN_REFUSED, Kind.STATE_EDITED, Kind.UNLOCKED, Kind.ACCEPTED})
"""These begin a group of their own."""


def entry_lines(entries: Sequence[Entry]) -> Iterator[Text]:
    """A line to an entry, grouped by run."""
    run = None
    for entry in entries:
        if entry.run != run and entry.kind not in _HEADS:
            yield Text(f"run {safe(entry.run)}", "bold")
        run = entry.run
        yield from _told(entry)
    if not entries:
        yield Text("Nothing is recorded.")


def entries_json(entries: Sequence[Entry]) -> dict[str, Any]:
    """As documented in docs/audit.md."""
    return {"format_version": FORMAT_VERSION, "entries": [as_data(entry) for entry in entries]}


class Flawed(Protocol):
    """What is told of the first place that is wrong."""

    @property
    def number(self) -> int: ...  # noqa: D102
    @property
    def wrong(self) -> str: ...  # noqa: D102
    @property
    def message(self) -> str: ...  # noqa: D102


class Checked(Protocol):
    """What is told of a record that was verified."""

    @property
    def environment(self) -> str: ...  # noqa: D102
    @property
    def entries(self) -> Sequence[Entry]: ...  # noqa: D102
    @property
    def head(self) -> str: ...  # noqa: D102
    @property
    def flaw(self) -> Flawed | None: ...  # noqa: D102


def verified_lines(
    found: Checked, checkpoints: Sequence[int], signers: Sequence[str], *, known: bool
) -> Iterator[Text]:
    """Whether it is intact, and by which checkpoints. ``known``: the state, too, says how far it goes."""
    count = len(found.entries)
    if found.flaw is not None:
        yield Text(safe(f"The audit record of {found.environment} is broken at entry {found.flaw.number}."), "bold red")
        yield Text("The entries before it are as they were written." if count else "No entry before it is left.")
        return
    yield Text(
        safe(f"The audit record of {found.environment} is intact: {_count(count)}, head {found.head or 'none'}.")
    )
    for number, signer in zip(checkpoints, signers, strict=True):
        yield Text(f"It holds the checkpoint at entry {number}, signed by the key {signer}.")
    if not checkpoints:
        yield Text(_NOBODY_ELSE if known else _NOT_EVEN, "dim")


def verified_json(
    found: Checked, checkpoints: Sequence[int], signers: Sequence[str], *, known: int | None
) -> dict[str, Any]:
    """As documented in docs/audit.md."""
    flaw = found.flaw
    return {
        "format_version": FORMAT_VERSION,
        "environment": found.environment,
        "intact": flaw is None,
        "entries": len(found.entries),
        "head": found.head or None,
        "known": known,
        "flaw": {"number": flaw.number, "wrong": str(flaw.wrong), "message": flaw.message} if flaw else None,
        "checkpoints": [
            {"number": number, "signer": signer} for number, signer in zip(checkpoints, signers, strict=True)
        ],
    }


def accepted_line(found: tuple[str, int, int] | None) -> Text:
    """What came of accepting a record: its environment, how many entries the state knew, and how many are there."""
    if found is None:
        return Text("Nothing to accept: the record holds all that the state knows of it.")
    environment, known, there = found
    return Text(safe(f"The audit record of {environment} goes on with {there} of {known} entries, and says so."))


def _count(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def _told(entry: Entry) -> list[Text]:
    try:
        return list(_lines(entry))
    except (KeyError, TypeError, AttributeError):
        # The chain says who wrote after whom, not what: somebody with the right to write wrote something else.
        return [_line(entry, f"{entry.kind}: not as this version writes it", "yellow")]


def _lines(entry: Entry) -> Iterator[Text]:
    body = entry.body
    match entry.kind:
        case Kind.RUN_BEGUN:
            yield Text(safe(f"run {entry.run}: {body['operation']} of {entry.environment}"), "bold")
            yield _line(entry, f"begun by {body['who']}, approved: {_approved(entry)}")
            yield from (_more(f"{one}") for one in _ci(entry))
            for system, identity in sorted(body["identities"].items()):
                yield _more(f"in {system} as {identity}")
            yield _more(f"plan {body['plan_digest']} of specs {body['specs_digest']}")
        case Kind.ACCESS:
            whose = " / ".join(filter(None, (body["agent"], body["intent"])))
            yield _line(entry, f"access of {body['subject']}{f' ({whose})' if whose else ''}: {body['verdict']}")
            yield from (_more(f"+ {one['request']}") for one in body["gains"])
            yield from (_more(f"- {one['request']}") for one in body["loses"])
        case Kind.STEP_BEGUN:
            names = f" ({', '.join(body['attributes'])})" if body["attributes"] else ""
            yield _line(entry, f"{body['phase']} {body['address']}{names}: begun")
        case Kind.STEP_ENDED:
            why = f": {body['code']} {body['message']}" if body["code"] else ""
            yield _line(entry, f"{body['phase']} {body['address']}: {body['outcome']}{why}", _style(body["outcome"]))
        case Kind.RUN_ENDED:
            yield _line(entry, _end(entry))
        case Kind.RUN_REFUSED:
            yield from _refusal(entry)
        case Kind.STATE_EDITED | Kind.UNLOCKED | Kind.ACCEPTED:
            yield from _by_hand(entry)
        case Kind.MENDED:
            yield _line(entry, f"a line that was never written whole ({body['bytes']} bytes) was cut off", "yellow")


def _refusal(entry: Entry) -> Iterator[Text]:
    body = entry.body
    why = ", ".join(body["codes"]) or "not approved"
    yield _line(entry, f"{body['operation']} by {body['who']} was refused, and did nothing: {why}", "yellow")
    yield from (_more(f"{one}") for one in _ci(entry))
    yield from (_more(f"{one}") for one in body["messages"])
    yield _more(f"plan {body['plan_digest']} of specs {body['specs_digest'] or 'not known'}")


def _by_hand(entry: Entry) -> Iterator[Text]:
    body = entry.body
    if entry.kind is Kind.STATE_EDITED:
        old, new = body["serial"]
        what = f"the state's serial {old} becomes {new}"
    elif entry.kind is Kind.ACCEPTED:
        what = f"the record goes on with {body['found']['number']} of {body['known']['number']} entries"
    else:
        holder = body["holder"]
        what = f"run {body['run']} of {holder['who']} ({holder['operation']}, process {holder['process']}) is shut out"
    yield _line(entry, f"{body['operation']} by {body['who']}: {what}", "yellow")
    yield from (_more(f"{one}") for one in _ci(entry))
    for sign, kind in (("+", "added"), ("-", "removed"), ("~", "changed")):
        yield from (_more(f"{sign} {address}") for address in body.get(kind, ()))


def _end(entry: Entry) -> str:
    body = entry.body
    if "broken_off" in body:
        return f"broken off: {body['broken_off']}"
    interrupted = ", interrupted" if body["interrupted"] else ""
    counts = f"{body['done']} done, {body['failed']} failed, {body['skipped']} skipped"
    return f"ended: {counts}{interrupted}; exit code {body['exit']}"


def _approved(entry: Entry) -> str:
    by = entry.body["signed_by"]
    return f"{entry.body['approval']}{f', signed by the key {by}' if by else ''}"


def _ci(entry: Entry) -> Iterator[str]:
    found = entry.body["ci"]
    if found:
        yield f"{found['system']} run {found['run']} of {found['repository']}, started by {found['actor']}"
        yield f"commit {found['commit']} of {found['ref']}"


def _line(entry: Entry, text: str, style: str = "") -> Text:
    return Text(safe(f"{entry.number:>6}  {entry.time}  {text}"), style)


def _more(text: str) -> Text:
    return Text(safe(f"        {text}"), "dim")


def _style(outcome: str) -> str:
    return {"failed": "red", "skipped": "yellow"}.get(outcome, "")
