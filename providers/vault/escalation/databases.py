"""Database logins: which a token obtains as it is meant to, and what it comes to by writing the roles itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from providers.vault.allowed_role import patterns_of, serves, split_connection
from providers.vault.database import named_roles
from providers.vault.effective.minting import Mints, Served
from providers.vault.escalation.token import Grounds, May, Token
from providers.vault.names import (
    ALLOWED_ROLE,
    CONNECTION,
    DATABASE_ROLE,
    HOLDER,
    split_allowed_role,
    split_database_role,
)
from providers.vault.settings import VaultLogin
from reconciler.model import Address, Kind, Resource, Spot, Step
from reconciler.provider import LoginTarget

_ANY_SQL = {"db_name": "its connection", "creation_statements": ["any SQL"]}
_MOST = 5
"""Names that Writ's entries give to be tried, where a rule of a login's is about many."""


@dataclass(frozen=True, slots=True)
class Place:
    """One connection, and the system that it connects to."""

    mount: str
    connection: str
    system: str

    @property
    def minter(self) -> Spot:
        """The connection's user, there."""
        return Spot(Kind.MINTER, self.system)


@dataclass(slots=True)
class Databases:
    """Of one world."""

    objects: Mapping[Address, Resource]
    grounds: Grounds
    places: tuple[Place, ...]
    logins: dict[str, list[tuple[Spot, Served]]] = field(default_factory=dict)
    """Creds path → the roles that its logins join."""
    _entries: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _patterns: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, objects: Mapping[Address, Resource], grounds: Grounds, targets: tuple[LoginTarget, ...]) -> Databases:
        """Indexes of all that is about databases."""
        options = [(VaultLogin.model_validate(dict(one.options)), one) for one in targets]
        made = cls(objects, grounds, tuple(Place(o.mount, o.connection, t.requester) for o, t in options))
        prefixes = {place: target.role_prefix for place, (_, target) in zip(made.places, options, strict=True)}
        mints = Mints(objects)
        for address, one in objects.items():
            if address.type == DATABASE_ROLE:
                made._role(address, one, mints.served(address), prefixes)
            elif address.type == HOLDER:
                made._holder(one, prefixes)
            elif address.type == ALLOWED_ROLE:
                mount, connection, name = split_allowed_role(address.key)
                made._entries.setdefault((mount, connection), []).append(name)
            elif address.type == CONNECTION:
                made._patterns[split_connection(address.key)] = patterns_of(one)
        return made

    def _role(self, address: Address, one: Resource, served: Served, prefixes: Mapping[Place, str]) -> None:
        mount, name = split_database_role(address.key)
        if served is not Served.NO:
            statements = {"creation_statements": one.attributes.get("creation_statements")}
            for place, prefix in prefixes.items():
                if (place.mount, place.connection) == (mount, one.attributes.get("db_name")) and prefix:
                    joined = named_roles(statements, [prefix])
                    self._joins(f"{mount}/creds/{name}", place, joined, served)

    def _holder(self, one: Resource, prefixes: Mapping[Place, str]) -> None:
        """A role of the operator's whose statements name roles of Writ's."""
        path, roles = str(one.attributes.get("path", "")), one.attributes.get("roles")
        mount = path.partition("/roles/")[0]
        if mount == path or not isinstance(roles, list | tuple):
            return
        for place, prefix in prefixes.items():
            if place.mount == mount and prefix:
                joined = [str(name) for name in roles if str(name).startswith(prefix)]
                self._joins(path.replace("/roles/", "/creds/"), place, joined, Served.PERHAPS)

    def _joins(self, path: str, place: Place, roles: list[str], served: Served) -> None:
        found = self.logins.setdefault(path, [])
        found += [(Spot(Kind.PRINCIPAL, place.system, name), served) for name in roles]

    def steps(self, token: Token) -> Iterator[Step]:
        """Of one login."""
        for path in self._readable(token):
            may = token.may("read", path)
            if may is None:
                continue
            for spot, served in self.logins[path]:
                sure, note = served is Served.YES, "" if served is Served.YES else "if its connection serves it"
                how = f"read {path}: a login in {spot.name}"
                yield self.grounds.step(token, may, spot, how=how, sure=sure, note=note)
        for place in self.places:
            if token.concerns((f"{place.mount}/roles/",)):
                yield from self._as_minter(token, place)

    def _readable(self, token: Token) -> list[str]:
        """Creds paths that a rule of its may be about."""
        found = {path for path in token.paths if path in self.logins}
        if token.is_wide_in(tuple(f"{place.mount}/creds/" for place in self.places)):
            found.update(self.logins)
        return sorted(found)

    def _as_minter(self, token: Token, place: Place) -> Iterator[Step]:
        """V2, by the first name that does."""
        unsure: Step | None = None
        for name in self._names(token, place):
            step = self._writes(token, place, name)
            if step is not None and step.certain:
                yield step
                return
            unsure = unsure or step
        if unsure is not None:
            yield unsure

    def _writes(self, token: Token, place: Place, name: str) -> Step | None:
        there = Address(token.role.system, DATABASE_ROLE, f"{place.mount}/roles/{name}") in self.objects
        write = token.may("update" if there else "create", f"{place.mount}/roles/{name}", _ANY_SQL)
        read = token.may("read", f"{place.mount}/creds/{name}") if write else None
        if write is None or read is None:
            return None
        served, note = self._served(token, place, name)
        if served is Served.NO:
            return None
        how = f"{write.request}, then {read.request}: any SQL as the user of {place.mount}/config/{place.connection}"
        both = May(how, write.certain and read.certain, write.note or read.note, write.policies)
        return self.grounds.step(token, both, place.minter, "V2", sure=served is Served.YES, note=note)

    def _served(self, token: Token, place: Place, name: str) -> tuple[Served, str]:
        key = (place.mount, place.connection)
        listed = self._patterns.get(key)
        if name in self._entries.get(key, ()) or any(serves(one, name) for one in listed or ()):
            return Served.YES, ""
        config = token.may("update", f"{place.mount}/config/{place.connection}", {"allowed_roles": ["*"]})
        if config is not None and config.certain:
            return Served.YES, f"after {config.request}"
        if listed is None:
            return Served.PERHAPS, f"if {place.mount}/config/{place.connection} serves it, which wasn't read"
        return Served.NO, ""

    def _names(self, token: Token, place: Place) -> Iterator[str]:
        key = (place.mount, place.connection)
        folder = f"{place.mount}/creds/"
        own = [path.removeprefix(folder) for path in token.paths if path.startswith(folder) and path[-1] not in "*+"]
        patterns = [one.replace("*", "writ-new") for one in self._patterns.get(key, ())]
        written = list(token.names_in(f"{place.mount}/roles/"))
        yield from dict.fromkeys((*own, *written, *patterns, *self._entries.get(key, ())[:_MOST]))
