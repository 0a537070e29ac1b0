"""What was found, without the secrets that somebody left in it, before anything is compared, shown or kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.engine.session import System
from reconciler.model import Live, Resource, Snapshot, Value
from specs.redaction import hidden, redacted, suspicious


def concealed(snapshot: Snapshot, system: System) -> Snapshot:
    """Known secrets are left out everywhere; what only looks like one where no access hangs on the text.

    A policy's text is otherwise kept as it is: what it allows is decided by it, and leaving a part out could hide that.
    Nothing that the specs want holds a secret, so whatever is changed here differed from it before, too.
    """
    everything = (*(one.resource for one in snapshot.objects.values()), *snapshot.observed.values())
    if not suspicious("\n".join(text for one in everything for text in _texts(one.attributes))):
        return snapshot
    return replace(
        snapshot,
        objects={address: _live(found, system) for address, found in snapshot.objects.items()},
        observed={address: _resource(found, system) for address, found in snapshot.observed.items()},
    )


def _live(found: Live, system: System) -> Live:
    resource = _resource(found.resource, system)
    return found if resource is found.resource else replace(found, resource=resource, note=redacted(found.note))


def _resource(found: Resource, system: System) -> Resource:
    if not suspicious("\n".join(_texts(found.attributes))):
        return found
    kind = system.provider.types.get(found.address.type)
    marks = kind.attributes if kind is not None else {}
    plain = {name for name, mark in marks.items() if not mark.admits and not mark.allows}
    return Resource(
        found.address, {name: _value(value, looks=name in plain) for name, value in found.attributes.items()}
    )


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _value(value: Any, *, looks: bool) -> Any:
    if isinstance(value, str):
        return redacted(value) if looks else hidden(value)
    if isinstance(value, Mapping):
        return {name: _value(item, looks=looks) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_value(item, looks=looks) for item in value]
    return value
