"""Which roles hold what a guardrail forbids: each by its closure over memberships."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from providers.postgres.access import PostgresNever
from providers.postgres.effective.catalogue import ATTRIBUTE, FUTURE, MEMBERSHIP, PUBLIC, Privilege
from providers.postgres.effective.privileges import OWNERSHIP, effective
from providers.postgres.effective.surroundings import Surroundings
from providers.postgres.effective.world import World
from providers.postgres.keys import DefaultKey, GrantKey
from providers.postgres.names import DEFAULT_PRIVILEGES, DEPENDENCY, GRANT, PUBLIC_DEFAULTS, ROLE, quoted
from providers.postgres.overlap import any_matches, is_forbidden
from providers.postgres.privileges import ALL, KNOWN, Kind
from reconciler.access import Witness
from reconciler.model import Address, Reach, Resource, Value

_NEWEST = Surroundings(version=10**6)
"""A server that knows every privilege: what is only wanted has no server yet."""
_SYSTEM = frozenset({"pg_catalog", "information_schema", "pg_toast"})


def reached(
    objects: Mapping[Address, Resource], never: PostgresNever, database: str, surroundings: object
) -> Iterator[Reach]:
    """Roles that hold one of the privileges on one of the objects, by themselves or by what they may become."""
    around = surroundings if isinstance(surroundings, Surroundings) else _NEWEST
    others: dict[tuple[str, str], list[Resource]] = {}
    for address, one in objects.items():
        if address.type in (GRANT, DEFAULT_PRIVILEGES, DEPENDENCY, PUBLIC_DEFAULTS):
            others.setdefault((address.type, str(one.attributes.get("role", PUBLIC))), []).append(one)
    look = _Look(World(objects, around.beside(objects)), never, database, others)
    everybodys = frozenset(key for key in around.public if look.names(key))
    look = replace(look, world=replace(look.world, told=everybodys), public=bool(everybodys or any(look.to_come())))
    for address in objects:
        if address.type == ROLE:
            witness = next(look.at(address.key), None)
            if witness is not None:
                yield Reach(address, witness)


@dataclass(frozen=True, slots=True)
class _Look:
    world: World
    never: PostgresNever
    database: str
    others: Mapping[tuple[str, str], list[Resource]]
    """Grants, default privileges and dependencies, by type and role."""
    public: bool = False
    """Whether everybody may hold something of it."""

    def at(self, role: str) -> Iterator[Witness]:
        """What a role holds of it, what is certain first."""
        world = self.world
        names = world.reached(role)
        if not self._may(names):
            return
        catalogue = world.catalogue(names, role)
        direct = frozenset(self._direct(names))
        held = sorted(effective(catalogue, role))
        yield from (Witness(text) for one in held for text in self._forbidden(one, direct))
        for name in sorted(names):
            yield from self._owned(name)
            yield from self._to_come(name)
        yield from self.to_come()
        if world.around.others is None:
            for name in sorted(names - world.roles.keys()):
                yield Witness(self._example, certain=False, note=f"by membership in {name}, which wasn't read")

    def _may(self, names: frozenset[str]) -> bool:
        """Whether these roles aren't plainly about something else: quick, for the many that are."""
        around, roles = self.world.around, self.world.roles
        if self.public or around.others is not None or not names <= roles.keys():
            return True
        for name in names:
            if roles[name].attributes.get("superuser") or self.others.get((DEFAULT_PRIVILEGES, name)):
                return True
            if self.others.get((DEPENDENCY, name)) or any(map(self._may_give, self.others.get((GRANT, name), ()))):
                return True
        return False

    def _may_give(self, grant: Resource) -> bool:
        privileges = set(_texts(grant.attributes.get("privileges")))
        if not privileges & {ALL, *self.never.privileges} and ALL not in self.never.privileges:
            return False
        key = GrantKey.parse(grant.address.key)
        if key is None:
            return True
        return self.names(key)

    def names(self, key: GrantKey) -> bool:
        """Whether a grant's object is one that the guardrail names."""
        return self._names(Privilege(key.kind, key.schema, _name(key), key.column, ""))

    def _direct(self, names: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Schemas and names of what is granted to these roles by name."""
        for role in names:
            for one in self.others.get((GRANT, role), ()):
                key = GrantKey.parse(one.address.key)
                if key is not None:
                    yield key.schema, _name(key)

    @property
    def _example(self) -> str:
        named = (*(one for kind in Kind for one in self.never.patterns(kind)), "the database")
        return f"{self.never.privileges[0]} on {named[0]}"

    def _forbidden(self, one: Privilege, direct: frozenset[tuple[str, str]]) -> Iterator[str]:
        if one.kind == ATTRIBUTE and one.privilege == "SUPERUSER":
            yield f"{self._example} as a superuser"
        if one.kind in (ATTRIBUTE, MEMBERSHIP, FUTURE) or not self._is_meant(one):
            return
        if one.schema in _SYSTEM and (one.schema, one.name) not in direct:
            return  # what everybody may of the system's own, or a predefined role brings
        if self._names(one):
            yield _told(one)

    def _is_meant(self, one: Privilege) -> bool:
        return one.privilege == OWNERSHIP or ALL in self.never.privileges or one.privilege in self.never.privileges

    def _names(self, one: Privilege) -> bool:
        never = self.never
        if one.kind == Kind.DATABASE:
            return never.database and one.name in (self.database, "")
        if one.kind not in KNOWN:
            return False
        if one.kind == Kind.COLUMN and never.columns and not any_matches(never.columns, quoted(one.column)):
            return False
        return is_forbidden(Kind(one.kind), _written(one), never)

    def _owned(self, role: str) -> Iterator[Witness]:
        """What is owned is told in the server's words."""
        for one in self.others.get((DEPENDENCY, role), ()):
            relation, what = str(one.attributes.get("relation")), one.attributes.get("object")
            if relation != "database":  # in another one
                yield Witness(self._example, certain=False, note=f"it is the {relation} of {what}")

    def to_come(self) -> Iterator[Witness]:
        """What everybody gets on objects to come, because somebody said so."""
        for one in self.others.get((PUBLIC_DEFAULTS, PUBLIC), ()):
            key = DefaultKey.of_everybody(one.address.key)
            if key is not None:
                yield from self._of_default(key, set(_texts(one.attributes.get("granted"))))

    def _to_come(self, role: str) -> Iterator[Witness]:
        for one in self.others.get((DEFAULT_PRIVILEGES, role), ()):
            values = one.attributes
            key = DefaultKey(role, str(values["owner"]), str(values["schema"]), str(values["object_type"]))
            yield from self._of_default(key, set(_texts(values.get("privileges"))))

    def _of_default(self, key: DefaultKey, privileges: set[str]) -> Iterator[Witness]:
        meant = privileges if ALL in self.never.privileges else privileges & set(self.never.privileges)
        if meant and self.never.patterns(key.kind):
            where = f" in {key.schema}" if key.schema else ""
            text = f"{min(meant)} on every {key.kind.replace('_', ' ')} that {key.owner} makes{where}"
            yield Witness(text, certain=False, note="if it is named so")


def _name(key: GrantKey) -> str:
    return f"{key.name}({key.arguments})" if key.kind == Kind.FUNCTION else key.name


def _written(one: Privilege) -> str:
    """The object as specs write it."""
    if one.kind == Kind.PARAMETER:
        return one.name
    if not one.schema:
        return quoted(one.name)
    if one.kind == Kind.FUNCTION:
        name, _, arguments = one.name.rpartition("(")
        return f"{quoted(one.schema)}.{quoted(name)}({arguments}"
    return f"{quoted(one.schema)}.{quoted(one.name)}"


def _told(one: Privilege) -> str:
    kind = Kind.TABLE if one.kind == Kind.COLUMN else one.kind
    where = "the database" if kind == Kind.DATABASE else f"{kind.replace('_', ' ')} {_written(one)}"
    column = f", column {quoted(one.column)}" if one.column else ""
    option = " WITH GRANT OPTION" if one.grantable else ""
    via = f" by SET ROLE {one.via}" if one.via else ""
    return f"{one.privilege}{option} on {where}{column}{via}"


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, list | tuple):
        yield from (str(one) for one in value)
