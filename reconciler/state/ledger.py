"""Lines that are only ever added to, beside the state: what the audit record is kept in, whatever its lines say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class End:
    """How far the lines of an environment went, as the state knows it."""

    number: int
    head: str
    """What names the last line, whatever its writer takes for that."""


class Reading(Protocol):
    """The numbered lines of each environment, from 1. Every method raises StateError where they can't be used.

    A line is bytes that end with the only line feed in them. One that doesn't was never written whole.
    """

    @property
    def where(self) -> str:
        """The place, for messages. Holds no secret."""
        ...

    def lines(self, environment: str) -> Iterator[bytes]:
        """All of them, in order."""
        ...

    def last(self, environment: str) -> bytes:
        """The last one; empty where there is none."""
        ...

    def audited(self) -> tuple[str, ...]:
        """The environments that have lines, sorted."""
        ...

    def end(self, environment: str) -> End | None:
        """The last line that the state itself knows of; None where it was told of none.

        Lines after it are those of a run that died before its next write. Fewer than that were once more.
        """
        ...

    def ended(self) -> tuple[str, ...]:
        """The environments of which the state knows one, sorted. May read all that is kept of each."""
        ...


class Ledger(Reading, Protocol):
    """The same, to be added to."""

    def append(
        self, environment: str, first: int, lines: Sequence[bytes], *, end: End | None = None, lock: str = ""
    ) -> None:
        """Add lines, the first of them under this number. On the disk once it returns; else the last of them may lack.

        The state keeps ``end``, the last of them, with its next write, the giving back of the lock included.

        With the id of a ``lock`` it raises LockLost unless that lock is held still. Raises LedgerError where a line
        of the same number is there already.
        """
        ...

    def mend(self, environment: str, *, lock: str = "") -> bytes:
        """Cut off a last line that was never written whole. What was cut off."""
        ...


def part(environment: str) -> str:
    """An environment's name as a part of a file's name, or of a key's."""
    return quote(environment, safe="")
