"""Whose a found object is, where its marker names another environment or system."""

from __future__ import annotations

from reconciler.model import Live, Ownership, State


def is_left_to_others(live: Live, state: State) -> bool:
    """Whether what lies in the scope and was never recorded is left alone, for its marker is another's.

    What hangs on the very object that we recorded is ours: whoever puts another's marker there can hide nothing.
    """
    if not live.in_scope or live.ownership is not Ownership.OTHER or live.resource.address in state.objects:
        return False
    under = (state.objects[address] for address in live.depends_on if address in state.objects)
    return not (live.native_id and any(one.native_id == live.native_id for one in under))
