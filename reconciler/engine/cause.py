"""Who moved an attribute: the specs, somebody outside, or both."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.engine.diff import differing, same
from reconciler.model import Applied, AttributeChange, Cause, Resource
from reconciler.provider import Attribute


def attribute_changes(
    wanted: Resource, live: Resource, applied: Applied | None, marks: Mapping[str, Attribute]
) -> tuple[AttributeChange, ...]:
    """What differs between live and wanted, and who moved each since the last apply."""
    return tuple(
        AttributeChange(
            name,
            live.attributes[name],
            wanted.attributes[name],
            _cause(name, wanted, live, applied),
            name in marks and marks[name].replaces,
        )
        for name in differing(live.attributes, wanted.attributes, marks)
    )


def overall(changes: tuple[AttributeChange, ...]) -> Cause:
    """The cause of a row from those of its attributes."""
    causes = {change.cause for change in changes}
    if not causes:
        return Cause.NONE
    if len(causes) == 1:
        return causes.pop()
    return Cause.UNKNOWN if Cause.UNKNOWN in causes else Cause.BOTH


def _cause(name: str, wanted: Resource, live: Resource, applied: Applied | None) -> Cause:
    if applied is None or name not in applied.resource.attributes:
        return Cause.UNKNOWN
    last = applied.resource.attributes[name]
    spec_moved = not same(last, wanted.attributes[name])
    live_moved = not same(last, live.attributes[name])
    if spec_moved and live_moved:
        return Cause.BOTH
    return Cause.SPEC if spec_moved else Cause.OUTSIDE
