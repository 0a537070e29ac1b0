"""Database logins: which a token obtains as it is meant to, and what it comes to by writing the roles itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from providers.vault.allowed_role import patterns_of, serves, split_connection
from providers.vault.database import named_roles
from providers.vault.effective.minting import Mints, Served
from providers.vault.escalation.token import Grounds, May, Texts, Token
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

_STATEMENTS = ("creation_statements", "revocation_statements")
"""Run as the connection's user: when a login is made, and when its lease ends."""
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
    _alike: set[Texts] = field(default_factory=set)

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
        folders = tuple(f"{place.mount}/creds/" for place in self.places)
        single = {path: token.may("read", path) for path in sorted(token.exact_in(folders)) if path in self.logins}
        wide = token.wide_in(folders)
        shared = bool(wide) and all(single.values())
        others = self.logins.keys() - single.keys() if wide and not shared else ()
        for path, may in (*single.items(), *((path, token.may("read", path)) for path in sorted(others))):
            if may is not None:
                yield from self._read(path, token.spot, may, self.grounds.of_request(token, may))
        if shared:
            yield from self._as_all_alike(token, wide)
        for place in self.places:
            if token.concerns((f"{place.mount}/roles/",)):
                yield from self._as_minter(token, place)

    def _read(self, path: str, whose: Spot, may: May, by: tuple[Address, ...]) -> Iterator[Step]:
        for spot, served in self.logins[path]:
            sure, note = served is Served.YES, "" if served is Served.YES else "if its connection serves it"
            notes = "; ".join(one for one in (may.note, note) if one)
            yield Step((whose,), spot, f"read {path}: a login in {spot.name}", "", may.certain and sure, notes, by)

    def _as_all_alike(self, token: Token, wide: Texts) -> Iterator[Step]:
        """What patterns let it read, worked out once for all that have the same: a thousand logins read a thousand."""
        names = ", ".join(text[0] for text in wide)
        ability = Spot(Kind.ABILITY, token.role.system, f"database logins by policy {names}")
        by = self.grounds.of_policies(token, wide)
        yield Step((token.spot,), ability, f"read what policy {names} lets it", by=by)
        if wide in self._alike:
            return
        self._alike.add(wide)
        alike = token.only(wide)
        for path in sorted(self.logins):
            may = alike.may("read", path)
            if may is not None:
                yield from self._read(path, ability, may, self.grounds.policy_of(alike, may))

    def _as_minter(self, token: Token, place: Place) -> Iterator[Step]:
        """V2, by the first name that does for certain, of all that are opened by the same."""
        found: dict[tuple[Address, ...], Step] = {}
        for name in self._names(token, place):
            step = self._writes(token, place, name)
            if step is not None and (step.by not in found or (step.certain and not found[step.by].certain)):
                found[step.by] = step
        yield from found.values()

    def _writes(self, token: Token, place: Place, name: str) -> Step | None:
        write = self._any_sql(token, place, name)
        read = token.may("read", f"{place.mount}/creds/{name}") if write else None
        if write is None or read is None:
            return None
        served, note = self._served(token, place, name)
        if served is Served.NO:
            return None
        how = f"{write.request}, then {read.request}: any SQL as the user of {place.mount}/config/{place.connection}"
        both = May(how, write.certain and read.certain, write.note or read.note, write.policies, write.asked)
        return self.grounds.step(token, both, place.minter, "V2", sure=served is Served.YES, note=note)

    def _any_sql(self, token: Token, place: Place, name: str) -> May | None:
        """A role that is there keeps its connection; a new one needs it, and statements that make a login."""
        path = f"{place.mount}/roles/{name}"
        there = self.objects.get(Address(token.role.system, DATABASE_ROLE, path))
        first, *others = ({"db_name": place.connection, field: ["any SQL"]} for field in _STATEMENTS)
        ways = [first]
        if there is not None:
            ways += others
        if there is not None and there.attributes.get("db_name") == place.connection:
            ways += [{field: ["any SQL"]} for field in _STATEMENTS]
        capability = "create" if there is None else "update"
        found = [may for way in ways if (may := token.may(capability, path, way)) is not None]
        return next((one for one in found if one.certain), found[0] if found else None)

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
