"""What everybody (PUBLIC) may in each of two worlds, where that differs: on objects, and on objects to come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from providers.postgres.catalog import Default, Everybody
from providers.postgres.effective.surroundings import Surroundings
from providers.postgres.keys import DefaultKey, GrantKey
from providers.postgres.live import DEFAULT_KINDS
from providers.postgres.names import PUBLIC_DEFAULTS, PUBLIC_GRANT, PUBLIC_REVOKE, is_servers_own
from providers.postgres.privileges import Kind
from reconciler.model import Address, Resource, Worlds

OF_EVERYBODY = frozenset({PUBLIC_GRANT, PUBLIC_REVOKE, PUBLIC_DEFAULTS})
_ON_OBJECTS = frozenset({PUBLIC_GRANT, PUBLIC_REVOKE})
_BUILT_IN: Mapping[str, frozenset[str]] = {Kind.FUNCTION: frozenset({"EXECUTE"}), Kind.TYPE: frozenset({"USAGE"})}
"""What everybody gets on objects to come unless an entry of no schema says otherwise."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What everybody may in one world, where it is another than in the one that it is compared with."""

    objects: Mapping[GrantKey, frozenset[str]] = field(default_factory=dict)
    to_come: Mapping[DefaultKey, frozenset[str]] = field(default_factory=dict)
    """On what a role makes from now on; keys name no role that gets it."""


def observed(
    found: Mapping[GrantKey, Everybody], defaults: Iterable[Default], address: Callable[[str, str], Address]
) -> Iterator[Resource]:
    """What was given and taken, as resources."""
    for key, one in found.items():
        for kind, privileges in ((PUBLIC_GRANT, one.granted), (PUBLIC_REVOKE, one.revoked)):
            if privileges:
                yield Resource(address(kind, key.everybodys), {"privileges": list(privileges)})
    yield from (one for entry in defaults if not entry.role for one in _observed_to_come(entry, address))


def _observed_to_come(entry: Default, address: Callable[[str, str], Address]) -> Iterator[Resource]:
    now, key = frozenset(entry.privileges), _key(entry)
    granted, revoked = sorted(now - built_in(key)), sorted(built_in(key) - now)
    if granted or revoked:
        yield Resource(address(PUBLIC_DEFAULTS, key.everybodys), {"granted": [*granted], "revoked": [*revoked]})


def _key(entry: Default) -> DefaultKey:
    return DefaultKey("", entry.owner, entry.schema, DEFAULT_KINDS.get(entry.kind, entry.kind))


def built_in(key: DefaultKey) -> frozenset[str]:
    """What everybody gets by the server's own rules; an entry of a schema only adds to it."""
    return frozenset() if key.schema else _BUILT_IN.get(key.kind, frozenset())


def differing(worlds: Worlds, around: Surroundings) -> tuple[Moved, Moved]:
    """Before and after. The surroundings are those of the world after."""
    keys = {address.key for address in worlds.touched if address.type in _ON_OBJECTS}
    (system,) = {address.system for address in worlds.touched}
    before: dict[GrantKey, frozenset[str]] = {}
    after: dict[GrantKey, frozenset[str]] = {}
    for text in keys:
        key = GrantKey.of_everybody(text)
        if key is None:
            continue
        given, taken = Address(system, PUBLIC_GRANT, text), Address(system, PUBLIC_REVOKE, text)
        now = _now(key, around, _privileges(worlds.after, given), _lost(worlds, taken))
        default = now - _privileges(worlds.after, given) | _privileges(worlds.after, taken)
        after[key] = now
        before[key] = default - _privileges(worlds.before, taken) | _privileges(worlds.before, given)
    return Moved(before, _to_come(worlds, worlds.before)), Moved(after, _to_come(worlds, worlds.after))


def _to_come(worlds: Worlds, side: Mapping[Address, Resource]) -> dict[DefaultKey, frozenset[str]]:
    """Of every entry that is touched, with or without it."""
    return {
        key: built_in(key) - _texts(side, address, "revoked") | _texts(side, address, "granted")
        for address in worlds.touched
        if address.type == PUBLIC_DEFAULTS and (key := DefaultKey.of_everybody(address.key))
    }


def _now(key: GrantKey, around: Surroundings, given: frozenset[str], lost: frozenset[str]) -> frozenset[str]:
    """The server's own schemas aren't read in full: there, what somebody gave, and what is no longer taken away."""
    return given | lost if is_servers_own(key.schema) else around.public.get(key, frozenset())


def _lost(worlds: Worlds, taken: Address) -> frozenset[str]:
    return _privileges(worlds.before, taken) - _privileges(worlds.after, taken)


def _privileges(objects: Mapping[Address, Resource], address: Address) -> frozenset[str]:
    return _texts(objects, address, "privileges")


def _texts(objects: Mapping[Address, Resource], address: Address, name: str) -> frozenset[str]:
    found = objects[address].attributes.get(name) if address in objects else None
    return frozenset(str(one) for one in found) if isinstance(found, list | tuple) else frozenset()
