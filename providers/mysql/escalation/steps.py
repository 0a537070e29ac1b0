"""Steps in one world of a server: from its roles, and from the account that makes logins."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from providers.mysql.effective.privilege import Privilege
from providers.mysql.effective.world import Surroundings, World
from providers.mysql.globs import meet, of_like
from providers.mysql.keys import MembershipKey
from providers.mysql.names import Account
from providers.mysql.privileges import Kind
from providers.mysql.settings import MysqlSettings
from reconciler.model import Address, Resource, Spot, Step
from reconciler.model import Kind as Spots
from reconciler.provider import Scope, by_stored_secrets, on_rds

_SERVERS = "mysql"
"""The database that says who may do what."""
_WRITES = frozenset({"INSERT", "UPDATE"})
_TABLES = frozenset({"global_priv", "db", "tables_priv", "columns_priv", "procs_priv", "roles_mapping", "proxies_priv"})
_MAKES = frozenset({"CREATE ROUTINE", "TRIGGER", "EVENT"})
_SPLIT = (11, 0)
"""From here on SUPER doesn't include SET USER."""
_EVERYBODY = ""
_NAME = "if it knows the name of an account that administers the server"
_LATER = "once the server reads its privileges again: it restarts, or somebody says FLUSH PRIVILEGES"
_FILES = "if a file that the server obeys can be written, or one that holds a secret read"


class _Opening(NamedTuple):
    """A privilege that opens something, and the grant that gives it, where it is one of ours."""

    by: Address | None
    privilege: Privilege


def steps(scope: Scope[MysqlSettings], objects: Mapping[Address, Resource], surroundings: object) -> Iterator[Step]:
    """Only roles that come to a grant which opens something are looked into: nearly none."""
    look = _Look(scope, World(objects, surroundings))
    for role in sorted(look.world.roles):
        yield from look.of(role)
    if scope.settings.credentials is not None:
        yield from look.of_minter()
    yield by_stored_secrets(scope.system)
    yield from on_rds(scope.system, scope.settings.minter)


@dataclass(frozen=True)
class _Look:
    scope: Scope[MysqlSettings]
    world: World

    @cached_property
    def _openings(self) -> dict[str, list[_Opening]]:
        """By who holds them; everybody's under an empty name."""
        found: dict[str, list[_Opening]] = {}
        for role, rows in self.world.grants.items():
            kept = [_Opening(by, one) for by, one in rows if not one.grantable and _opens(one)]
            if kept:
                found[role] = kept
        return found

    @property
    def _around(self) -> Surroundings:
        return self.world.around

    @property
    def _administrator(self) -> Spot:
        return Spot(Spots.ADMINISTRATOR, self.scope.system)

    def of(self, role: str) -> Iterator[Step]:
        """What a role may become."""
        here = Spot(Spots.PRINCIPAL, self.scope.system, role)
        for other, by in sorted(self._gives(role)):
            how = f"GRANT {Account(other)} to whom it likes, by its ADMIN OPTION"
            yield Step((here,), Spot(Spots.PRINCIPAL, self.scope.system, other), how, "M1", by=(by,))
        reached = self.world.reached(role)
        held = [(name, one) for name in (*sorted(reached), _EVERYBODY) for one in self._openings.get(name, ())]
        if held:
            yield from self._openers(here, role, held)

    def _gives(self, role: str) -> Iterator[tuple[str, Address]]:
        """Roles that it has with ADMIN by itself."""
        for address in self.world.memberships(role):
            key = MembershipKey.parse(address.key)
            if key is not None and self.world.objects[address].attributes.get("with_admin_option"):
                yield key.role, address

    def _openers(self, here: Spot, role: str, held: list[tuple[str, _Opening]]) -> Iterator[Step]:
        """One step for each rule: the first grant that is enough."""
        every = self.world.effective(role)
        told: set[str] = set()
        for holder, one in held:
            for rule, how, certain, note in self._rules(one.privilege, every):
                if rule not in told:
                    told.add(rule)
                    by = self._by(role, holder, one.by)
                    yield Step((here,), self._administrator, how, rule, certain, note, by)

    def _rules(self, one: Privilege, every: Collection[Privilege]) -> Iterator[tuple[str, str, bool, str]]:
        """Rule, how, whether it is certain, and on what it hangs."""
        named = bool(self._around.administrators)
        unknown = "" if named else _NAME
        on_server = one.kind == Kind.GLOBAL
        if on_server and one.privilege == "CREATE USER":
            yield "M2", f"ALTER USER {self._root} IDENTIFIED BY …, by its CREATE USER", named, unknown
        if one.privilege == "UPDATE" and _is_database(one):
            yield "M3", f"SET PASSWORD FOR {self._root}, by its {one}", named, unknown
        if one.privilege in _WRITES and (_is_database(one) or one.kind in {Kind.TABLE, Kind.COLUMN}):
            now = Privilege(Kind.GLOBAL, "", "", "", "RELOAD") in every
            yield "M4", f"{one}: it writes what it may itself", now, "" if now else _LATER
        if on_server and (one.privilege == "SET USER" or (one.privilege == "SUPER" and self._is_old)):
            made = sorted(found for found in every if found.privilege in _MAKES)
            if made:
                yield "M5", f"{made[0]}, with DEFINER = {self._root}, by its {one.privilege}", named, unknown
        if on_server and one.privilege in {"FILE", "SUPER"}:
            yield "M6", f"{one.privilege}: as the server's own account", False, _FILES

    @property
    def _root(self) -> str:
        return min(self._around.administrators, default="an administrator")

    @property
    def _is_old(self) -> bool:
        return (0, 0) < self._around.version < _SPLIT

    def of_minter(self) -> Iterator[Step]:
        """The connection's user makes users: so it may change any's password, an administrator's too."""
        minter = Spot(Spots.MINTER, self.scope.system)
        how = "GRANT any of Writ's roles to the login that it makes"
        yield Step((minter,), Spot(Spots.EVERYBODY, self.scope.system), how)
        held = self._around.minter
        if held is None or "CREATE USER" in held:
            named = bool(self._around.administrators)
            how = f"ALTER USER {self._root} IDENTIFIED BY …, by its CREATE USER"
            yield Step((minter,), self._administrator, how, "M2", named, "" if named else _NAME)

    def _by(self, role: str, holder: str, grant: Address | None) -> tuple[Address, ...]:
        """The grant, and the membership by which the role comes to whoever holds it, where it is the only one."""
        own = () if grant is None else (grant,)
        if holder in {role, _EVERYBODY}:
            return own
        ways = [
            address
            for address in self.world.memberships(role)
            if (key := MembershipKey.parse(address.key)) is not None and holder in self.world.reached(key.role)
        ]
        return (*own, *(ways if len(ways) == 1 else ()))


def _opens(one: Privilege) -> bool:
    if one.kind == Kind.GLOBAL:
        return one.privilege in {"CREATE USER", "SET USER", "SUPER", "FILE", *_WRITES}
    if one.privilege not in _WRITES:
        return False
    if _is_database(one):
        return True
    return one.kind in {Kind.TABLE, Kind.COLUMN} and one.database == _SERVERS and one.name.lower() in _TABLES


def _is_database(one: Privilege) -> bool:
    """Whether it is held on all that is in the server's own database."""
    if one.kind == Kind.DATABASES:
        return meet(of_like(one.database), _SERVERS)
    return one.kind == Kind.GLOBAL or (one.kind == Kind.DATABASE and one.database == _SERVERS)
