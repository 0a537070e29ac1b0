"""What a change of a database's objects does to each role: its closure over memberships, compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from providers.postgres.effective.compare import compare
from providers.postgres.effective.definitions import Redefined, of_minter, redefined
from providers.postgres.effective.everybody import OF_EVERYBODY, differing
from providers.postgres.effective.privileges import effective
from providers.postgres.effective.surroundings import Surroundings
from providers.postgres.effective.world import World
from providers.postgres.keys import GrantKey, MembershipKey
from providers.postgres.names import (
    DEFAULT_PRIVILEGES,
    DEFINITION,
    DEPENDENCY,
    GRANT,
    MEMBERSHIP,
    ROLE,
    role_text,
)
from reconciler.access import Comparison, Verdict, Witness, compared
from reconciler.model import AccessChange, Address, Aspect, Resource, Value, Worlds

_OF_ROLES = (GRANT, DEFAULT_PRIVILEGES, DEPENDENCY)
_OWNER, _POLICY = "owner", "policy"


def access_changes(worlds: Worlds) -> Iterator[AccessChange]:
    """A row for each role, and each aspect of it, that the change touches."""
    around = worlds.surroundings if isinstance(worlds.surroundings, Surroundings) else Surroundings()
    around = around.beside(worlds.before, worlds.after)
    was, is_now = differing(worlds, around)
    other = redefined(worlds)
    # On both sides: what a role loses of its own may stay everybody's.
    told = frozenset(_granted(worlds.before)) | frozenset(_granted(worlds.after)) | other.keys
    before, after = World(worlds.before, around, was, told), World(worlds.after, around, is_now, told)
    (system,) = {address.system for address in worlds.touched}
    for role in sorted(_roles(worlds, before, after)):
        subject = Address(system, ROLE, role)
        reach = _reach(role, before, after, other)
        if reach is not None:
            yield AccessChange(subject, Aspect.REACH, reach)
    yield from of_minter(worlds)
    for role in sorted(_entered(worlds)):
        subject = Address(system, ROLE, role)
        trust = _trust(role, worlds)
        if trust is not None:
            yield AccessChange(subject, Aspect.TRUST, trust)
        old, new = worlds.before.get(subject), worlds.after.get(subject)
        if old is not None and new is not None and _until(old) != _until(new):
            yield AccessChange(subject, Aspect.LIFETIME, _lifetime(_until(old), _until(new)))


def _granted(objects: Mapping[Address, Resource]) -> Iterator[GrantKey]:
    for address in objects:
        key = GrantKey.parse(address.key) if address.type == GRANT else None
        if key is not None:
            yield key._replace(role="")


def _roles(worlds: Worlds, before: World, after: World) -> Iterator[str]:
    """Roles on whose access a touched object bears: its own role, and that role's members."""
    found: set[str] = set()
    holders: set[str] = set()
    for address in worlds.touched:
        one = worlds.after.get(address) or worlds.before[address]
        if address.type in OF_EVERYBODY or address.type == DEFINITION:
            found.update(before.roles.keys() | after.roles.keys())
            continue
        if address.type == ROLE:
            found.add(address.key)
        elif address.type == MEMBERSHIP and (key := MembershipKey.parse(address.key)):
            found.add(key.member)
        elif address.type in _OF_ROLES:
            found.add(str(one.attributes["role"]))
            holders.add(str(one.attributes["role"]))
    fresh = list(found)
    while fresh:
        role = fresh.pop()
        for member in (*before.members_of.get(role, ()), *after.members_of.get(role, ())):
            if member not in found:
                found.add(member)
                fresh.append(member)
    # Of a role that isn't an object of ours only what it holds itself is told (a leased login may hold a rogue grant);
    # its membership is told at the role that it enters.
    yield from (role for role in found if role in holders or role in before.roles or role in after.roles)


def _reach(role: str, before: World, after: World, other: Redefined) -> Comparison | None:
    """None where nothing that bears on it differs."""
    old, new = before.reached(role), after.reached(role)
    shown, hidden = other.used(effective(after.catalogue(new, role), role)) if other.keys else ([], [])
    same = before.moved == after.moved and before.texts_of(old) == after.texts_of(new)
    if same and not shown and not hidden:
        return None
    if after.around.others is None and any(name not in before.roles and name not in after.roles for name in old ^ new):
        return Comparison(Verdict.UNKNOWN, notes=("it is a member of a role that wasn't read",))
    found = compare(before.catalogue(old, role), after.catalogue(new, role), role)
    rows = [*_rows(role, before, after)]
    gains = [*found.gains, *_besides(role, after, before), *rows, *shown]
    loses = [*found.loses, *_besides(role, before, after), *rows, *hidden]
    return compared(gains, loses, found.notes, undecided=found.verdict is Verdict.UNKNOWN)


def _besides(role: str, one: World, other: World) -> Iterator[Witness]:
    """What only ``one`` has of what grants don't say."""
    there = other.depends(role)
    for thing, relation in sorted(one.depends(role).items()):
        if there.get(thing) == relation or relation == _POLICY:
            continue
        if relation == _OWNER:
            yield Witness(f"OWNERSHIP of {thing}")
        else:
            yield Witness(f"{relation}: {thing or 'objects there'}", certain=False, note="not looked into")
    for thing, grantee in sorted(one.regranted(role) - other.regranted(role)):
        yield Witness(f"what {grantee} got of it on {thing}", certain=False, note="passed on")
    mine, theirs = one.roles.get(role), other.roles.get(role)
    if mine is not None and theirs is not None and mine.attributes.get("config") != theirs.attributes.get("config"):
        yield Witness(f"sessions that start with {mine.attributes.get('config')}", certain=False)


def _rows(role: str, before: World, after: World) -> Iterator[Witness]:
    """A policy may permit or restrict: whether more rows or fewer are seen isn't looked into."""
    for thing, relation in sorted(before.depends(role).items() ^ after.depends(role).items()):
        if relation == _POLICY:
            yield Witness(f"rows under {thing}", certain=False, note="row level security")


def _entered(worlds: Worlds) -> Iterator[str]:
    """Roles of which it may have changed who can become them."""
    found: set[str] = set()
    for address in worlds.touched:
        if address.type == ROLE:
            found.add(address.key)
        elif address.type == MEMBERSHIP and (key := MembershipKey.parse(address.key)):
            found.add(key.group)
    yield from found


def _trust(role: str, worlds: Worlds) -> Comparison | None:
    old, new = _ways_in(role, worlds, after=False), _ways_in(role, worlds, after=True)
    gains = [Witness(text) for text in sorted(new - old)]
    loses = [Witness(text) for text in sorted(old - new)]
    return compared(gains, loses) if gains or loses else None


def _ways_in(role: str, worlds: Worlds, *, after: bool) -> set[str]:
    objects = worlds.after if after else worlds.before
    touched = (address for address in worlds.touched if address in objects)
    found: set[str] = set()
    for address in touched:
        values = objects[address].attributes
        if address.type == ROLE and address.key == role and values.get("login"):
            found.update(f"log in as {role_text(role)} {how}" for how in _logins(values.get("has_password")))
        key = MembershipKey.parse(address.key) if address.type == MEMBERSHIP else None
        if key is not None and key.group == role:
            found |= {f"{text} {role_text(role)} as {role_text(key.member)}" for text in _uses(objects[address])}
    return found


def _logins(has_password: Value) -> Iterator[str]:
    """By what a login comes in. Without a password one does where the server asks for none (trust, peer, cert, …)."""
    yield "where no password is asked for"
    if has_password is None:
        yield "with its password, if it has one"
    elif has_password:
        yield "with its password"


def _uses(membership: Resource) -> Iterator[str]:
    values = membership.attributes
    inherits, sets = values.get("with_inherit_option"), values.get("with_set_option")
    if inherits is None or inherits:
        yield "use the privileges of"
    if sets is None or sets:
        yield "SET ROLE to"
    if values.get("with_admin_option"):
        yield "put members into"


def _until(role: Resource) -> str:
    return str(role.attributes.get("valid_until") or "")


def _lifetime(old: str, new: str) -> Comparison:
    """ISO 8601 in UTC sorts as time; empty is for ever."""
    later = not new or bool(old and new > old)
    witness = Witness(f"log in until {new or 'any time'}", note=f"not {old or 'for ever'}")
    lost = Witness(f"log in until {old or 'any time'}", note=f"not {new or 'for ever'}")
    return compared([witness], []) if later else compared([], [lost])
