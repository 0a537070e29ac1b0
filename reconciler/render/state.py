"""What is wrong with the state, for people."""

from __future__ import annotations

from reconciler.state.errors import StateError
from reconciler.state.lock import Held
from specs.diagnostic import Diagnostic, error


def state_finding(failed: StateError) -> Diagnostic:
    """A state, or a saved plan, that can't be used. A lock names its holder, laid out as Terraform lays it out."""
    message = _holder(failed) if isinstance(failed, Held) else failed.message
    return error(failed.code, message, help=failed.help)


def _holder(held: Held) -> str:
    holder = held.holder
    return (
        "Error acquiring the state lock\n"
        f"  ID:        {holder.id}\n  Path:      {held.path}\n  Operation: {holder.operation}\n"
        f"  Who:       {holder.who}\n  Process:   {holder.pid}\n  Version:   {holder.version}\n"
        f"  Created:   {holder.created}"
    )
