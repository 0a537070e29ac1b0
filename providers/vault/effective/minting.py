"""Database logins: minted by a role that its connection serves, whoever is let in to ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from providers.vault.allowed_role import serves
from providers.vault.effective.world import Surroundings
from providers.vault.names import (
    ALLOWED_ROLE,
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


def changes(worlds: Worlds, around: Surroundings) -> Iterator[AccessChange]:
    """A row for each database role, and each aspect of it, that the change touches."""
    before, after = (_World(objects, around) for objects in (worlds.before, worlds.after))
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
            if "*" in entry:
                every = (a for a in worlds.before.keys() | worlds.after.keys() if a.type == DATABASE_ROLE)
                found.update(a for a in every if _is_like(a, mount, entry))
    yield from found


def _is_like(role: Address, mount: str, entry: str) -> bool:
    engine, name = split_database_role(role.key)
    return engine == mount and serves(entry, name)


@dataclass(frozen=True)
class _World:
    objects: Mapping[Address, Resource]
    around: Surroundings

    @cached_property
    def _entries(self) -> Mapping[tuple[str, str], set[str]]:
        found: dict[tuple[str, str], set[str]] = {}
        for address in self.objects:
            if address.type == ALLOWED_ROLE:
                mount, connection, entry = split_allowed_role(address.key)
                found.setdefault((mount, connection), set()).add(entry)
        return found

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
        listed = self.around.connections.get(place)
        patterns = (*self._patterns.get(place, ()), *(listed or ()))
        if role in self._entries.get(place, ()) or any(serves(one, role) for one in patterns):
            return Served.YES
        return Served.PERHAPS if listed is None else Served.NO


def _of_role(address: Address, before: _World, after: _World) -> Iterator[AccessChange]:
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
