"""Destroying an environment that left the specs: all that is known of it is its state."""

from __future__ import annotations

from dataclasses import replace

from reconciler.compile import Compiled
from reconciler.state.opening import Place
from reconciler.workflow.situation import load_state
from reconciler.workflow.specs import Prepared
from specs.diagnostic import has_errors

_NOT_DECLARED = frozenset({"W201", "W222"})


def or_recorded(prepared: Prepared, environment: str | None, state_place: Place) -> Prepared:
    """The environment as its state knows it, where the specs are sound and don't declare it. Raises StateError.

    Nothing is wanted of it any more; its systems are those that were recorded.
    """
    rest = tuple(found for found in prepared.diagnostics if found.code not in _NOT_DECLARED)
    if prepared.compiled is not None or environment is None or has_errors(rest) or rest == prepared.diagnostics:
        return prepared
    if not load_state(state_place, environment).objects:
        return prepared
    return replace(prepared, compiled=Compiled(environment, {}, {}, ()), diagnostics=rest)
