"""One world of a database's managed roles as a catalogue, as small as one role's access needs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from providers.postgres.effective.catalogue import (
    PUBLIC,
    AclItem,
    Catalogue,
    Column,
    DefaultAcl,
    Membership,
    ObjectAcl,
    RoleFacts,
    known,
)
from providers.postgres.effective.everybody import Moved
from providers.postgres.effective.surroundings import NOBODY, Surroundings
from providers.postgres.keys import DefaultKey, GrantKey, MembershipKey
from providers.postgres.names import DEFAULT_PRIVILEGES, DEPENDENCY, GRANT, MEMBERSHIP, ROLE
from providers.postgres.privileges import ALL, Kind
from reconciler.model import Address, Resource, Value


@dataclass(frozen=True)
class World:
    """Objects of one side of a change, and what surrounds them."""

    objects: Mapping[Address, Resource]
    around: Surroundings
    """Of what none of the objects speaks (Surroundings.beside)."""
    moved: Moved = field(default_factory=Moved)
    told: frozenset[GrantKey] = frozenset()
    """Objects of which it is told what everybody may, as of those of a role's own grants: keys name no role."""

    @cached_property
    def roles(self) -> Mapping[str, Resource]:
        """Roles by name."""
        return {address.key: one for address, one in self.objects.items() if address.type == ROLE}

    @cached_property
    def _grants(self) -> Mapping[str, list[tuple[GrantKey, Resource]]]:
        found: dict[str, list[tuple[GrantKey, Resource]]] = {}
        for address, one in self.objects.items():
            key = GrantKey.parse(address.key) if address.type == GRANT else None
            if key is not None:
                found.setdefault(key.role, []).append((key, one))
        return found

    @cached_property
    def _groups(self) -> Mapping[str, list[tuple[str, Resource]]]:
        found: dict[str, list[tuple[str, Resource]]] = {}
        for address, one in self.objects.items():
            key = MembershipKey.parse(address.key) if address.type == MEMBERSHIP else None
            if key is not None:
                found.setdefault(key.member, []).append((key.group, one))
        return found

    @cached_property
    def _of_role(self) -> Mapping[tuple[str, str], list[Resource]]:
        """Default privileges and dependencies, by type and role."""
        found: dict[tuple[str, str], list[Resource]] = {}
        for address, one in self.objects.items():
            if address.type in (DEFAULT_PRIVILEGES, DEPENDENCY):
                found.setdefault((address.type, str(one.attributes["role"])), []).append(one)
        return found

    @cached_property
    def members_of(self) -> Mapping[str, list[str]]:
        """Members that are told of, by group."""
        found: dict[str, list[str]] = {}
        for member, groups in self._groups.items():
            for group, _ in groups:
                found.setdefault(group, []).append(member)
        return found

    def reached(self, role: str) -> frozenset[str]:
        """The role and all that it is a member of, one by one, as far as that is known."""
        found, fresh = {role}, [role]
        while fresh:
            for group in self._next(fresh.pop()):
                if group not in found:
                    found.add(group)
                    fresh.append(group)
        return frozenset(found)

    def _next(self, role: str) -> Iterator[str]:
        yield from (group for group, _ in self._groups.get(role, ()))
        if self.around.others is not None and role not in self.roles:
            yield from (one.group for one in self.around.others.memberships if one.member == role)

    def depends(self, role: str) -> Mapping[str, str]:
        """What names a role besides its grants: relation by object."""
        found = self._of_role.get((DEPENDENCY, role), ())
        return {str(one.attributes["object"]): str(one.attributes["relation"]) for one in found}

    def regranted(self, role: str) -> frozenset[tuple[str, str]]:
        """(Object, to whom) of what a role passed on."""
        return frozenset(
            (key.object, grantee)
            for key, one in self._grants.get(role, ())
            for grantee in _texts(one.attributes.get("regranted_to"))
        )

    def texts_of(self, roles: Iterable[str]) -> tuple[object, ...]:
        """All that bears on these roles' access, to be compared with the same of another world."""
        return tuple(
            (
                role,
                self._own(role),
                sorted((str(key), repr(_held(one))) for key, one in self._grants.get(role, ())),
                sorted((group, repr(_options(one, self.around.version, None))) for group, one in self._joined(role)),
                sorted(repr(dict(one.attributes)) for one in self._of_role.get((DEFAULT_PRIVILEGES, role), ())),
                sorted(self.depends(role).items()),
                sorted(self.regranted(role)),
            )
            for role in sorted(roles)
        )

    def _own(self, role: str) -> object:
        found = self.roles.get(role)
        return None if found is None else (_facts(role, found), found.attributes.get("config"))

    def _joined(self, role: str) -> list[tuple[str, Resource]]:
        return self._groups.get(role, [])

    def catalogue(self, roles: Iterable[str], role: str) -> Catalogue:
        """What the server would say, as far as it bears on these roles.

        ``role`` is there at any rate: of one that is made, what everybody may is no gain.
        """
        names = set(roles)
        # On both sides or on neither: else what everybody may would look like a difference.
        base = self.around.others
        objects = {one.key: one for one in base.objects} if base else {}
        for key in self.moved.objects:
            _take_from_everybody(objects, key)
        for key, items in self._items(names):
            _add(objects, key, items)
        there = {facts.name: facts for facts in (base.roles if base else ())}
        there.setdefault(role, RoleFacts(role))
        there |= {name: _facts(name, self.roles[name]) for name in names & self.roles.keys()}
        return Catalogue(
            self.around.version,
            self.around.database,
            base.database_owner if base else "",
            frozenset(there.values()),
            frozenset((*self._memberships(names), *(base.memberships if base else ()))),
            frozenset(objects.values()),
            frozenset((*self._defaults(names), *(map(self._without_moved, base.defaults) if base else ()))),
        )

    def _items(self, names: set[str]) -> Iterator[tuple[GrantKey, list[AclItem]]]:
        told: set[GrantKey] = set()
        for role in sorted(names):
            for key, one in self._grants.get(role, ()):
                held = _held(one)
                yield key, [AclItem(role, name, held.option) for name in held.expanded(key.kind, self.around.version)]
                told.add(key._replace(role=""))
        for key, public in {**self.around.public, **self.moved.objects}.items():
            told_of = key in told or key in self.told or key.whole in self.told or key in self.moved.objects
            if told_of or key.kind in (Kind.SCHEMA, Kind.DATABASE):
                yield key, [AclItem(PUBLIC, name) for name in sorted(public)]

    def _memberships(self, names: set[str]) -> Iterator[Membership]:
        for member in sorted(names):
            for group, one in self._joined(member):
                yield _options(one, self.around.version, self.roles.get(member), member, group)

    def _defaults(self, names: set[str]) -> Iterator[DefaultAcl]:
        for role in sorted(names):
            for one in self._of_role.get((DEFAULT_PRIVILEGES, role), ()):
                values, held = one.attributes, _held(one)
                acl = frozenset(AclItem(role, name, held.option) for name in held.names)
                yield DefaultAcl(str(values["owner"]), str(values["schema"]), str(values["object_type"]), acl)
        for key, privileges in self.moved.to_come.items():
            yield DefaultAcl(key.owner, key.schema, key.kind, frozenset(AclItem(PUBLIC, one) for one in privileges))

    def _without_moved(self, entry: DefaultAcl) -> DefaultAcl:
        """As _take_from_everybody, of what is to come."""
        moved = DefaultKey("", entry.owner, entry.schema, entry.kind) in self.moved.to_come
        return replace(entry, acl=_without_public(entry.acl)) if moved else entry


@dataclass(frozen=True, slots=True)
class _Held:
    names: tuple[str, ...]
    option: bool

    def expanded(self, kind: str, version: int) -> tuple[str, ...]:
        return known(kind, version) if ALL in self.names else self.names


def _held(grant: Resource) -> _Held:
    # They are left out where the role owns the object.
    values = grant.attributes
    return _Held(tuple(sorted(_texts(values.get("privileges", [ALL])))), bool(values.get("with_grant_option")))


def _facts(name: str, role: Resource) -> RoleFacts:
    values = role.attributes
    flags = ("superuser", "inherit", "create_role", "create_database", "replication", "bypass_row_level_security")
    return RoleFacts(name, *(bool(values.get(flag)) for flag in flags))


def _options(
    membership: Resource, version: int, member: Resource | None, name: str = "", group: str = ""
) -> Membership:
    values = membership.attributes
    admin = bool(values.get("with_admin_option"))
    if version >= 160000:
        return Membership(
            name, group, bool(values.get("with_inherit_option")), bool(values.get("with_set_option")), admin
        )
    # Before 16 the member's own INHERIT decides; of one that isn't known, the default.
    inherit = bool(member.attributes.get("inherit")) if member else True
    return Membership(name, group, inherit, set_role=True, admin=admin)


def place_of(key: GrantKey) -> tuple[str, str, str]:
    """Kind, schema and name, as the catalogue names an object; of a column its table."""
    kind = Kind.TABLE if key.kind == Kind.COLUMN else key.kind
    return (str(kind), key.schema, f"{key.name}({key.arguments})" if kind == Kind.FUNCTION else key.name)


def _take_from_everybody(objects: dict[tuple[str, str, str], ObjectAcl], key: GrantKey) -> None:
    """What is moved is told by each world itself; the catalogue is as it is live."""
    one = objects.get(place_of(key))
    if one is None:
        return
    if key.kind != Kind.COLUMN:
        objects[one.key] = replace(one, acl=_without_public(one.acl))
        return
    columns = (Column(c.name, _without_public(c.acl)) if c.name == key.column else c for c in one.columns)
    objects[one.key] = replace(one, columns=frozenset(columns))


def _without_public(acl: frozenset[AclItem]) -> frozenset[AclItem]:
    return frozenset(item for item in acl if item.grantee != PUBLIC)


def _add(objects: dict[tuple[str, str, str], ObjectAcl], key: GrantKey, items: Iterable[AclItem]) -> None:
    place = place_of(key)
    one = objects.get(place) or ObjectAcl(*place, owner=NOBODY)
    if key.kind != Kind.COLUMN:
        objects[place] = replace(one, acl=one.acl | frozenset(items))
        return
    acl = next((column.acl for column in one.columns if column.name == key.column), frozenset[AclItem]())
    rest = frozenset(column for column in one.columns if column.name != key.column)
    objects[place] = replace(one, columns=rest | {Column(key.column, acl | frozenset(items))})


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, list | tuple):
        yield from (str(one) for one in value)
