"""A run's hand on the audit record: knows its end, and adds to it. Used from the run's own thread."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from reconciler.audit.entry import Entry, Kind, decode, encode, genesis, sealed
from reconciler.state.errors import LedgerBroken
from reconciler.state.ledger import End, Ledger
from reconciler.state.lockinfo import now
from specs.redaction import redacted_data

Item = tuple[Kind, Mapping[str, Any]]


class Journal:
    """The end of one environment's record, under the run's lock."""

    def __init__(self, ledger: Ledger, environment: str, lineage: str, lock: str, *, accepting: bool = False) -> None:
        """Reads the last entry. Raises StateError: LedgerBroken where that isn't one, or isn't what the state knows.

        ``accepting``: it is taken as it stands, whatever the state knows.
        """
        self._ledger, self._environment, self._lineage, self._lock = ledger, environment, lineage, lock
        torn = ledger.mend(environment, lock=lock)
        self._number, self._head = _end(ledger, environment, lineage)
        if not accepting:
            _refuse_other(ledger, environment, self._number, self._head)
        self._first: tuple[Item, ...] = ()
        if torn:
            told = {"after": self._number, "bytes": len(torn), "sha256": hashlib.sha256(torn).hexdigest()}
            self._first = ((Kind.MENDED, told),)

    def write(self, items: Sequence[Item]) -> None:
        """Add entries. Raises StateError; then nothing more may be written."""
        entries, number, head = [], self._number, self._head
        for kind, body in (*self._first, *items):
            number += 1
            entry = sealed(
                Entry(
                    number,
                    now(),
                    self._environment,
                    self._lineage,
                    self._lock,
                    kind,
                    redacted_data(dict(body)),
                    previous=head,
                )
            )
            entries.append(entry)
            head = entry.hash
        lines = [encode(one) for one in entries]
        self._ledger.append(self._environment, self._number + 1, lines, end=End(number, head), lock=self._lock)
        self._number, self._head, self._first = number, head, ()


def _end(ledger: Ledger, environment: str, lineage: str) -> tuple[int, str]:
    line = ledger.last(environment)
    if not line:
        return 0, genesis(environment, lineage)
    try:
        entry = decode(line)
    except ValueError as wrong:
        raise LedgerBroken(
            f"the last entry of the audit record {ledger.where} isn't as it was written: {wrong}",
            help="look at it with writ audit verify; once it is kept elsewhere, move it away: a new one is begun",
        ) from None
    return entry.number, entry.hash


def _refuse_other(ledger: Ledger, environment: str, number: int, head: str) -> None:
    """What the state knows of the record must be in it still: an end that was cut off would else never be missed."""
    known = ledger.end(environment)
    if known is None or _holds(ledger, environment, known, number, head):
        return
    wrong = f"ends with entry {number}" if number < known.number else f"has another entry {known.number}"
    raise LedgerBroken(
        f"the audit record {ledger.where} {wrong}, and the state knows {known.number}: it was cut, or replaced",
        help="put it back from where it was kept; to go on with what is there, and say so in it: writ audit accept",
    )


def _holds(ledger: Ledger, environment: str, known: End, number: int, head: str) -> bool:
    if known.number >= number:
        return (known.number, known.head) == (number, head)
    # A run died before it could tell the state of its last entries.
    line = next(islice(ledger.lines(environment), known.number - 1, None), b"")
    try:
        return decode(line).hash == known.head
    except ValueError:
        return False
