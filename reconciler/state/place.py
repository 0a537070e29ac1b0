"""Where a state may be: a regular file, or one that isn't there yet. SQLite waits for ever for a pipe's other end."""

from __future__ import annotations

import stat
from pathlib import Path

from reconciler.state.errors import StateError

_ELSEWHERE = "choose another place with -state PLACE"


def is_there(path: Path) -> bool:
    """Whether there is a file to open. Raises StateError for whatever else is there, a link to nowhere too."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if path.is_symlink():
            raise StateError(
                f"the state {path} is a link to {path.readlink()}, which isn't there",
                help=f"mend the link, or {_ELSEWHERE}",
            ) from None
        return False
    except OSError as failed:
        raise unopened(path, failed) from failed
    if not stat.S_ISREG(mode):
        raise StateError(f"the state {path} is not a regular file", help=_ELSEWHERE)
    return True


def unopened(path: Path, failed: OSError) -> StateError:
    """A place that the system doesn't let us use."""
    return StateError(f"the state {path} can't be opened: {failed.strerror}", help=_ELSEWHERE)
