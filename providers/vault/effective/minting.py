"""Database logins: minted by a role that its connection serves, whoever is let in to ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from providers.vault.allowed_role import patterns_of, serves, split_connection
from providers.vault.names import (
    ALLOWED_ROLE,
    CONNECTION,
    DATABASE_ROLE,
    database_role_key,
    split_allowed_role,
    split_database_role,
)
from reconciler.access import Comparison, Witness, compared
from reconciler.model import AccessChange, Address, Aspect, Resource, Value, Worlds

_STATEMENTS = ("db_name", "creation_statements", "credential_type", "credential_config", "other_fields")
_ENDINGS = ("revocation_statements", "renew_statements", "default_ttl", "max_ttl")


class Served(Enum):
    """Whether a connection mints logins by a role."""

    NO = 0
    PERHAPS = 1
    """The connection wasn't read."""
    YES = 2


def changes(worlds: Worlds) -> Iterator[AccessChange]:
    """A row for each database role, and each aspect of it, and each connection that the change touches."""
    before, after = (Mints(objects) for objects in (worlds.before, worlds.after))
    for address in sorted(worlds.touched):
        if address.type == CONNECTION:
            yield from _of_connection(address, worlds)
    for address in sorted(_touched(worlds)):
        yield from _of_role(address, before, after)


def _touched(worlds: Worlds) -> Iterator[Address]:
    """Database roles that a touched object bears on."""
    found: set[Address] = set()
    for address in worlds.touched:
        if address.type == DATABASE_ROLE:
            found.add(address)
        elif address.type == ALLOWED_ROLE:
            mount, _, entry = split_allowed_role(address.key)
            found.add(Address(address.system, DATABASE_ROLE, database_role_key(mount, entry)))
            found.update(_like(mount, entry, worlds))
        elif address.type == CONNECTION:
            mount, _ = split_connection(address.key)
            sides = (side[address] for side in (worlds.before, worlds.after) if address in side)
            found.update(role for side in sides for one in patterns_of(side) for role in _like(mount, one, worlds))
    yield from found


def _like(mount: str, entry: str, worlds: Worlds) -> Iterator[Address]:
    """Database roles that a pattern serves."""
    every = worlds.before.keys() | worlds.after.keys() if "*" in entry else frozenset[Address]()
    yield from (one for one in every if one.type == DATABASE_ROLE and _is_like(one, mount, entry))


def _is_like(role: Address, mount: str, entry: str) -> bool:
    engine, name = split_database_role(role.key)
    return engine == mount and serves(entry, name)


@dataclass(frozen=True)
class Mints:
    """Which connections of one world mint logins by which roles."""

    objects: Mapping[Address, Resource]

    @cached_property
    def _entries(self) -> Mapping[tuple[str, str], set[str]]:
        found: dict[tuple[str, str], set[str]] = {}
        for address in self.objects:
            if address.type == ALLOWED_ROLE:
                mount, connection, entry = split_allowed_role(address.key)
                found.setdefault((mount, connection), set()).add(entry)
        return found

    @cached_property
    def _listed(self) -> Mapping[tuple[str, str], list[str]]:
        """The operator's patterns at connections that were read."""
        found = (one for address, one in self.objects.items() if address.type == CONNECTION)
        return {split_connection(one.address.key): patterns_of(one) for one in found}

    @cached_property
    def _patterns(self) -> Mapping[tuple[str, str], list[str]]:
        return {place: [one for one in entries if "*" in one] for place, entries in self._entries.items()}

    def served(self, address: Address) -> Served:
        """By an entry of ours, or by what the operator lists."""
        found = self.objects.get(address)
        if found is None:
            return Served.NO
        mount, role = split_database_role(address.key)
        place = (mount, str(found.attributes["db_name"]))
        listed = self._listed.get(place)
        patterns = (*self._patterns.get(place, ()), *(listed or ()))
        if role in self._entries.get(place, ()) or any(serves(one, role) for one in patterns):
            return Served.YES
        return Served.PERHAPS if listed is None else Served.NO


def _of_role(address: Address, before: Mints, after: Mints) -> Iterator[AccessChange]:
    old, new = before.objects.get(address), after.objects.get(address)
    was, now = before.served(address), after.served(address)
    mount, name = split_database_role(address.key)
    text = f"a database login by {mount}/creds/{name}"
    if old is None or new is None or Served.NO in (was, now):
        gains = [_login(text, now)] if was is Served.NO is not now else []
        loses = [_login(text, was)] if now is Served.NO is not was else []
        if gains or loses:
            yield AccessChange(address, Aspect.REACH, compared(gains, loses))
        return
    changed = [field for field in _STATEMENTS if old.attributes.get(field) != new.attributes.get(field)]
    if changed:
        both = [Witness(f"{text} with other {field}", certain=False) for field in changed]
        yield AccessChange(address, Aspect.REACH, compared(both, both))
    ending = [field for field in _ENDINGS if old.attributes.get(field) != new.attributes.get(field)]
    if ending:
        yield AccessChange(address, Aspect.LIFETIME, _ending(text, ending, old, new))


def _of_connection(address: Address, worlds: Worlds) -> Iterator[AccessChange]:
    """Whom it mints logins for by the operator's patterns: whoever may write a role of such a name."""
    old, new = (patterns_of(world[address]) if address in world else [] for world in (worlds.before, worlds.after))
    gains = [_by(address, one) for one in new if not _covered(one, old)]
    loses = [_by(address, one) for one in old if not _covered(one, new)]
    if gains or loses:
        yield AccessChange(address, Aspect.TRUST, compared(gains, loses))


def _covered(pattern: str, others: list[str]) -> bool:
    # A pattern taken as a text is served by every pattern that serves all that it does, as its stars are any text.
    return any(serves(one, pattern) for one in others)


def _by(address: Address, pattern: str) -> Witness:
    mount, _ = split_connection(address.key)
    which = "any name" if pattern == "*" else f"a name like {pattern}"
    return Witness(f"database logins by {mount}/creds of a role with {which}", note="for whoever may write such a role")


def _ending(text: str, fields: list[str], old: Resource, new: Resource) -> Comparison:
    gains, loses = [], []
    for field in fields:
        was, now = _number(old.attributes.get(field)), _number(new.attributes.get(field))
        if not field.endswith("_ttl"):
            gains.append(Witness(f"{text} with other {field}", certain=False, note="it may outlive its lease"))
        elif not was or not now:  # 0 is the server's own limit, which isn't known here
            gains.append(Witness(f"{text} for {_limit(now)}", certain=False, note=f"{field} was {_limit(was)}"))
            loses.append(Witness(f"{text} for {_limit(was)}", certain=False, note=f"{field} is {_limit(now)}"))
        elif now > was:
            gains.append(Witness(f"{text} for {now} s", note=f"{field} was {was}"))
        else:
            loses.append(Witness(f"{text} for {was} s", note=f"{field} is {now}"))
    return compared(gains, loses)


def _limit(seconds: int) -> str:
    return f"{seconds} s" if seconds else "the server's own limit"


def _login(text: str, served: Served) -> Witness:
    certain = served is Served.YES
    return Witness(text, certain=certain, note="" if certain else "its connection wasn't read")


def _number(value: Value) -> int:
    return value if isinstance(value, int) else 0
