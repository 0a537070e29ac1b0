"""Where a state is kept, as ``-state`` and ``WRIT_STATE`` name it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeAlias

from reconciler.state.local import LocalStore
from reconciler.state.store import Store

Place: TypeAlias = Path | str
"""A file, or the URL of a state that others share."""
DEFAULT_PLACE = Path(".writ") / "state.db"


def open_store(place: Place, *, reading: bool = False, patience: float = 0.0) -> Store:
    """Connect, and make the state where there is none. Raises StateError.

    For ``reading`` nothing is made and nothing is written. ``patience``: seconds to wait while another process writes.
    """
    return LocalStore(Path(place), reading=reading, patience=patience)


def may_hold(place: Place) -> bool:
    """Whether there can be anything to read: no file, no state."""
    return os.path.lexists(place)
