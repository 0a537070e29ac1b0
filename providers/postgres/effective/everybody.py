"""What everybody (PUBLIC) may in each of two worlds, on the objects on which that differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from providers.postgres.effective.surroundings import Surroundings
from providers.postgres.keys import GrantKey
from providers.postgres.names import PUBLIC_GRANT, PUBLIC_REVOKE
from reconciler.model import Address, Resource, Worlds

Public = Mapping[GrantKey, frozenset[str]]
_OF_EVERYBODY = frozenset({PUBLIC_GRANT, PUBLIC_REVOKE})


def observed(
    moved: Mapping[GrantKey, tuple[tuple[str, ...], tuple[str, ...]]], address: Callable[[str, str], Address]
) -> Iterator[Resource]:
    """What was given and taken, as resources."""
    for key, (granted, revoked) in moved.items():
        for kind, privileges in ((PUBLIC_GRANT, granted), (PUBLIC_REVOKE, revoked)):
            if privileges:
                yield Resource(address(kind, key.everybodys), {"privileges": list(privileges)})


def differing(worlds: Worlds, around: Surroundings) -> tuple[Public, Public]:
    """Before and after. The surroundings are those of the world after."""
    keys = {address.key for address in worlds.touched if address.type in _OF_EVERYBODY}
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
    return before, after


def _now(key: GrantKey, around: Surroundings, given: frozenset[str], lost: frozenset[str]) -> frozenset[str]:
    """The server's own schemas aren't read in full: there, what somebody gave, and what is no longer taken away."""
    own = key.schema.startswith("pg_") or key.schema == "information_schema"
    return given | lost if own else around.public.get(key, frozenset())


def _lost(worlds: Worlds, taken: Address) -> frozenset[str]:
    return _privileges(worlds.before, taken) - _privileges(worlds.after, taken)


def _privileges(objects: Mapping[Address, Resource], address: Address) -> frozenset[str]:
    found = objects[address].attributes.get("privileges") if address in objects else None
    return frozenset(str(one) for one in found) if isinstance(found, list | tuple) else frozenset()
