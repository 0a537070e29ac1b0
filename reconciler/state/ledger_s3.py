"""The audit record in S3: an object to what was added at once, made only where there is none.

It bears the number of its first line. Whoever doesn't know of others' lines would make an object that is there already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from urllib.parse import unquote

from reconciler.state.bucket import Bucket, Conflict
from reconciler.state.errors import LedgerError
from reconciler.state.ledger import part

_NUMBER = re.compile(r"\d{12}\.jsonl")


class LedgerObjects:
    """The lines under one prefix of a bucket."""

    def __init__(self, bucket: Bucket, prefix: str) -> None:
        self._bucket, self._prefix = bucket, f"{prefix}audit/"

    def append(self, environment: str, first: int, lines: Sequence[bytes]) -> None:
        """Make one object of them. Raises LedgerError where it is there."""
        try:
            self._bucket.put(self._key(environment, first), b"".join(lines), None)
        except Conflict:
            message = f"entry {first} of the audit record of {environment} was written by another run meanwhile"
            raise LedgerError(message, help="run it again") from None

    def lines(self, environment: str) -> Iterator[bytes]:
        """All of them, in the order of their keys. What was deleted while it is read isn't there."""
        for key in self._keys(environment):
            found = self._bucket.get(key)
            if found is not None:
                yield from BytesIO(found.body)

    def last(self, environment: str) -> bytes:
        """The last one; empty where there is none."""
        keys = self._keys(environment)
        found = self._bucket.get(keys[-1]) if keys else None
        return (BytesIO(found.body).readlines() or [b""])[-1] if found else b""

    def audited(self) -> tuple[str, ...]:
        """The environments that have lines."""
        keys = (key.removeprefix(self._prefix).split("/") for key in self._bucket.keys(self._prefix))
        return tuple(sorted({unquote(parts[0]) for parts in keys if len(parts) == 2 and _NUMBER.fullmatch(parts[1])}))

    def _keys(self, environment: str) -> list[str]:
        start = f"{self._prefix}{part(environment)}/"
        return sorted(key for key in self._bucket.keys(start) if _NUMBER.fullmatch(key.removeprefix(start)))

    def _key(self, environment: str, number: int) -> str:
        return f"{self._prefix}{part(environment)}/{number:012d}.jsonl"
