"""Steps in one world of a cluster: from its roles, and from the login that makes others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from providers.postgres.effective.catalogue import ATTRIBUTE, MEMBERSHIP, Privilege
from providers.postgres.effective.privileges import effective, inherited, settable
from providers.postgres.effective.surroundings import Surroundings
from providers.postgres.effective.world import World
from providers.postgres.keys import MembershipKey
from providers.postgres.names import MEMBERSHIP as MEMBER_OF
from providers.postgres.names import MINTER, ROLE
from providers.postgres.settings import PostgresSettings
from reconciler.model import Address, Kind, Resource, Spot, Step
from reconciler.provider import Scope, by_stored_secrets, on_rds

_SERVERS = {
    "pg_execute_server_program": (True, "COPY … TO PROGRAM runs as the server's account"),
    "pg_write_server_files": (False, "if a file that the server obeys can be written"),
    "pg_read_server_files": (False, "if a file that the server may read holds a secret"),
}
_SIXTEEN = 160000


def steps(scope: Scope[PostgresSettings], objects: Mapping[Address, Resource], surroundings: object) -> Iterator[Step]:
    """Only roles that are members of something, or have an attribute, are looked into: nearly none."""
    around = surroundings if isinstance(surroundings, Surroundings) else Surroundings()
    look = _Look(scope, World(objects, around.beside(objects)))
    fresh = sorted(name for name, one in look.world.roles.items() if look.is_special(name, one))
    seen = set(fresh)
    while fresh:
        role = fresh.pop()
        for step in look.of(role):
            yield step
            name = step.gives.name
            if step.gives.kind is Kind.PRINCIPAL and name not in seen:
                seen.add(name)
                fresh.append(name)
    if scope.settings.credentials:
        yield from look.of_minter()
    yield by_stored_secrets(scope.system)
    yield from on_rds(scope.system, scope.settings.minter)


@dataclass(frozen=True, slots=True)
class _Look:
    scope: Scope[PostgresSettings]
    world: World

    @property
    def _administrator(self) -> Spot:
        return Spot(Kind.ADMINISTRATOR, self.scope.system)

    @property
    def _version(self) -> int:
        return self.world.around.version

    def is_special(self, name: str, role: Resource) -> bool:
        """Quick, for the many that aren't."""
        values = role.attributes
        return bool(values.get("superuser") or values.get("create_role") or len(self.world.reached(name)) > 1)

    def of(self, role: str) -> Iterator[Step]:
        """What a role may become, in the server's order of things."""
        catalogue = self.world.catalogue(self.world.reached(role), role)
        here = Spot(Kind.PRINCIPAL, self.scope.system, role)
        held = effective(catalogue, role)
        attributes = {one.privilege: one for one in sorted(held) if one.kind == ATTRIBUTE}
        if "SUPERUSER" in attributes:
            yield self._step(here, self._administrator, _told(attributes["SUPERUSER"]), "P0")
            return
        if "CREATEROLE" in attributes and 0 < self._version < _SIXTEEN:
            yield self._step(here, self._administrator, _told(attributes["CREATEROLE"]), "P3")
        groups = (inherited(catalogue, role) | settable(catalogue, role)) - {role}
        for name in sorted({role, *groups} & _SERVERS.keys()):
            yield self._server(here, name)
        for name in sorted({one.name for one in held if one.kind == MEMBERSHIP and one.privilege == "ADMIN"}):
            gives = Spot(Kind.PRINCIPAL, self.scope.system, name)
            yield self._step(here, gives, f"GRANT {name} to itself, by its ADMIN OPTION", "P1", name)

    def of_minter(self) -> Iterator[Step]:
        """The connection's user: what it must have to make logins, and what it was found to have."""
        minter = Spot(Kind.MINTER, self.scope.system)
        how = "GRANT any of Writ's group roles to the login that it makes"
        yield Step((minter,), Spot(Kind.EVERYBODY, self.scope.system), how)
        if not self.scope.settings.minter:
            note = "if that user is a superuser, as it has to be where no minter is named"
            yield Step((minter,), self._administrator, "SUPERUSER", "P0", certain=False, note=note)
        for address, one in self.world.objects.items():
            if address.type == MINTER:
                yield from self._found(minter, address, one)

    def _found(self, minter: Spot, address: Address, one: Resource) -> Iterator[Step]:
        attributes, roles = _texts(one, "attributes"), _texts(one, "roles")
        if "SUPERUSER" in attributes:
            yield Step((minter,), self._administrator, "SUPERUSER", "P0", by=(address,))
        elif "CREATEROLE" in attributes and 0 < self._version < _SIXTEEN:
            yield Step((minter,), self._administrator, "CREATEROLE", "P3", by=(address,))
        for name in sorted(roles & _SERVERS.keys()):
            sure, note = _SERVERS[name]
            yield Step((minter,), self._administrator, f"as {name}", "P2", sure, note, (address,))

    def _server(self, here: Spot, name: str) -> Step:
        sure, note = _SERVERS[name]
        by = self._by(here.name, name)
        return Step((here,), self._administrator, f"as {name}", "P2", sure, note, by)

    def _step(self, here: Spot, gives: Spot, how: str, rule: str, group: str = "") -> Step:
        return Step((here,), gives, how, rule, by=self._by(here.name, group))

    def _by(self, role: str, group: str) -> tuple[Address, ...]:
        """The role's membership by which it comes to a group, where it is one; without a group, the role."""
        if not group:
            there = role in self.world.roles
            return (self.scope.address(ROLE, role),) if there else ()
        found = [
            address
            for address in self.world.objects
            if address.type == MEMBER_OF
            and (key := MembershipKey.parse(address.key)) is not None
            and key.member == role
            and group in self.world.reached(key.group)
        ]
        return tuple(found) if len(found) == 1 else ()


def _told(one: Privilege) -> str:
    return f"{one.privilege} by SET ROLE {one.via}" if one.via else one.privilege


def _texts(one: Resource, name: str) -> frozenset[str]:
    value = one.attributes.get(name)
    found: Iterable[object] = value if isinstance(value, list | tuple) else ()
    return frozenset(map(str, found))
