"""What stands in the way of a command, as a finding."""

from __future__ import annotations

from reconciler.render.lock import lock_text
from reconciler.state.errors import StateError
from reconciler.state.lock import Held
from specs.diagnostic import Diagnostic, error


def state_finding(failed: StateError) -> Diagnostic:
    """A state, or a saved plan, that can't be used. A lock names its holder."""
    message = lock_text(failed.holder, failed.where) if isinstance(failed, Held) else failed.message
    return error(failed.code, message, help=failed.help)
