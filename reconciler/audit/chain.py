"""Whether the lines of an audit record are those that were written, in their order; else which isn't, first of all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from reconciler.audit.checkpoint import Checkpoint
from reconciler.audit.entry import Entry, decode, genesis
from reconciler.state.ledger import End


class Wrong(StrEnum):
    """What is wrong with a record at one place."""

    EDITED = "edited"
    TORN = "torn"
    """The last line has no end."""
    MISSING = "missing"
    REORDERED = "reordered"
    """Twice, or not where it belongs."""
    REPLACED = "replaced"
    """Whole in itself, and not the one that the chain, a checkpoint or the state goes on from."""
    CUT = "cut"
    """A checkpoint, or the state, knows more."""
    FOREIGN = "foreign"
    """Of another environment, or its first entry isn't a first one."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first place where a record isn't as it was written."""

    number: int
    """The entry that should be there."""
    wrong: Wrong
    message: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found: ``entries`` are those before the flaw, if there is one."""

    environment: str
    entries: tuple[Entry, ...]
    flaw: Flaw | None = None

    @property
    def head(self) -> str:
        """The hash of the last entry that is sound; empty without any."""
        return self.entries[-1].hash if self.entries else ""

    def holds(self, end: End) -> bool:
        """Whether the entry that somebody knows is among those that are sound."""
        return end.number <= len(self.entries) and self.entries[end.number - 1].hash == end.head


@dataclass(frozen=True, slots=True)
class _Mark:
    """An entry that somebody knows."""

    number: int
    hash: str
    whose: str


def verify(
    environment: str, lines: Iterable[bytes], checkpoints: Sequence[Checkpoint] = (), end: End | None = None
) -> Verified:
    """Follow the chain from its start.

    Checkpoints are signed by whom the caller trusts, and of this environment. ``end``: how far the state knows it.
    """
    every = list(lines)
    entries: list[Entry] = []
    marks = [_Mark(one.number, one.hash, f"the checkpoint of {one.time}") for one in checkpoints]
    marks += [_Mark(end.number, end.head, "the state")] if end is not None else []
    marks.sort(key=lambda one: one.number)
    flaw: Flaw | None = None
    for line in every:
        entry, flaw = _next(environment, line, entries, every)
        if entry is None or flaw is not None:
            break
        flaw = _against(marks, entry)
        if flaw is not None:
            break
        entries.append(entry)
    flaw = flaw or _cut(marks, len(entries))
    return Verified(environment, tuple(entries), flaw)


def _next(
    environment: str, line: bytes, before: Sequence[Entry], every: Sequence[bytes]
) -> tuple[Entry | None, Flaw | None]:
    number = len(before) + 1
    if not line.endswith(b"\n"):
        return None, Flaw(number, Wrong.TORN, f"entry {number} isn't whole: its line has no end")
    try:
        entry = decode(line)
    except ValueError as wrong:
        return None, Flaw(number, Wrong.EDITED, f"entry {number} was edited: {wrong}")
    return entry, _misplaced(environment, entry, before, every)


def _misplaced(environment: str, entry: Entry, before: Sequence[Entry], every: Sequence[bytes]) -> Flaw | None:
    number = len(before) + 1
    if entry.environment != environment:
        return Flaw(number, Wrong.FOREIGN, f"entry {number} is of environment {entry.environment}")
    if entry.number != number:
        if entry.number > number and not _holds(every, number):
            gone = f"entry {number} is" if entry.number == number + 1 else f"entries {number} to {entry.number - 1} are"
            return Flaw(number, Wrong.MISSING, f"{gone} missing")
        return Flaw(number, Wrong.REORDERED, f"entry {entry.number} stands where entry {number} belongs")
    if before and entry.previous != before[-1].hash:
        message = f"entry {number} doesn't follow entry {number - 1}: one of the two was replaced"
        return Flaw(number, Wrong.REPLACED, message)
    if not before and entry.previous != genesis(entry.environment, entry.lineage):
        return Flaw(number, Wrong.FOREIGN, "entry 1 isn't the first of this environment and state")
    return None


def _against(marks: Sequence[_Mark], entry: Entry) -> Flaw | None:
    for mark in marks:
        if mark.number == entry.number and mark.hash != entry.hash:
            message = f"entry {entry.number}, or one before it, isn't the one that {mark.whose} knows"
            return Flaw(entry.number, Wrong.REPLACED, message)
    return None


def _cut(marks: Sequence[_Mark], count: int) -> Flaw | None:
    if not marks or marks[-1].number <= count:
        return None
    last = marks[-1]
    gone = f"entry {last.number} is" if last.number == count + 1 else f"entries {count + 1} to {last.number} are"
    return Flaw(count + 1, Wrong.CUT, f"{gone} gone from the end: {last.whose} knows {last.number}")


def _holds(every: Sequence[bytes], number: int) -> bool:
    """Whether a sound entry of this number stands anywhere. Asked only where something is wrong."""
    return any(entry is not None and entry.number == number for entry in map(_sound, every))


def _sound(line: bytes) -> Entry | None:
    try:
        return decode(line)
    except ValueError:
        return None
