"""Where a state is kept, as ``-state`` and ``WRIT_STATE`` name it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from reconciler.state import dsn
from reconciler.state.errors import StateError
from reconciler.state.ledger import End, Reading
from reconciler.state.ledger_file import LedgerFiles
from reconciler.state.local import LocalStore
from reconciler.state.store import Store

Place: TypeAlias = Path | str
"""A file, or the URL of a state that others share."""
PLACES = "a file, postgresql://user@host/database or s3://bucket/key"
DEFAULT_PLACE = Path(".writ") / "state.db"


def open_store(place: Place, *, reading: bool = False, patience: float = 0.0) -> Store:
    """Connect, and make the state where there is none. Raises StateError.

    For ``reading`` nothing is made and nothing is written. ``patience``: seconds to wait while another process writes.
    """
    if not is_shared(place):
        return LocalStore(Path(place), reading=reading, patience=patience)
    if str(place).startswith(dsn.SCHEMES):
        from reconciler.state.postgres import PostgresStore  # noqa: PLC0415 - the driver, only where it is used

        return PostgresStore(dsn.parse(str(place)), reading=reading, patience=patience)
    if str(place).startswith("s3://"):
        from reconciler.state.s3 import S3Store  # noqa: PLC0415 - as above

        return S3Store(str(place))
    raise StateError("this place for the state isn't known", help=PLACES)


@contextmanager
def reading_ledger(place: Place) -> Iterator[Reading]:
    """The audit record beside a state, to be read: also of a state that is gone. Raises StateError."""
    if not is_shared(place):
        yield _Files(Path(place))
        return
    with open_store(place, reading=True) as store:
        yield store


class _Files(LedgerFiles):
    """The lines beside a state file that is opened only to be asked how far they go: they can be read without it."""

    def end(self, environment: str) -> End | None:
        """As state.ledger.Ledger. Raises StateError where the state is there and can't be read."""
        if not may_hold(self._state):
            return None
        with LocalStore(self._state, reading=True) as store:
            return store.end(environment)

    def ended(self) -> tuple[str, ...]:
        """The same."""
        if not may_hold(self._state):
            return ()
        with LocalStore(self._state, reading=True) as store:
            return store.ended()


def may_hold(place: Place) -> bool:
    """Whether there can be anything to read: no file, no state."""
    return is_shared(place) or os.path.lexists(place)


def is_shared(place: Place) -> bool:
    """Whether it is a URL."""
    return isinstance(place, str) and "://" in place


def shown(place: Place) -> str:
    """The place, for messages."""
    if str(place).startswith(dsn.SCHEMES):
        return dsn.parse(str(place)).where
    return str(place).rpartition("@")[2] if is_shared(place) else str(place)
