"""What a change of a server's objects does to each role: all that it comes to, compared."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from providers.mysql.effective.privilege import Patterns, Privilege, covered
from providers.mysql.effective.world import World
from providers.mysql.keys import GrantKey, MembershipKey
from providers.mysql.names import GRANT, MEMBERSHIP, NAMESAKE_GRANT, PUBLIC_GRANT, ROLE, Account
from reconciler.access import Comparison, Witness, compared
from reconciler.model import AccessChange, Address, Aspect, Worlds

MOST_WITNESSES = 20
_HIDDEN = "beside a pattern of databases, a row for one of them counts alone: what goes with it isn't decided"


def access_changes(worlds: Worlds) -> Iterator[AccessChange]:
    """A row for each role, and each aspect of it, that the change touches."""
    before, after = World(worlds.before, worlds.surroundings), World(worlds.after, worlds.surroundings)
    (system,) = {address.system for address in worlds.touched}
    for role in sorted(_roles(worlds, before, after)):
        reach = _reach(role, before, after)
        if reach is not None:
            yield AccessChange(Address(system, ROLE, role), Aspect.REACH, reach)
    for role in sorted(_entered(worlds)):
        old, new = _ways_in(role, worlds, after=False), _ways_in(role, worlds, after=True)
        if old != new:
            found = compared([Witness(one) for one in sorted(new - old)], [Witness(one) for one in sorted(old - new)])
            yield AccessChange(Address(system, ROLE, role), Aspect.TRUST, found)


def _roles(worlds: Worlds, before: World, after: World) -> Iterator[str]:
    """Roles on whose access a touched object bears: its own, and all that have it."""
    found: set[str] = set()
    for address in worlds.touched:
        if address.type == PUBLIC_GRANT:
            found |= before.roles | after.roles
        elif address.type == ROLE:
            found.add(address.key)
        elif address.type in {GRANT, NAMESAKE_GRANT} and (grant := GrantKey.parse(address.key)):
            found.add(grant.role)
        elif address.type == MEMBERSHIP and (membership := MembershipKey.parse(address.key)):
            found |= set() if membership.member.host else {membership.member.user}
    every = {role for one in found for role in (*before.below(one), *after.below(one))}
    yield from every & (before.roles | after.roles)


def _reach(role: str, before: World, after: World) -> Comparison | None:
    """None where nothing that bears on it differs."""
    old, new = before.effective(role), after.effective(role)
    strange = before.strange(role) ^ after.strange(role)
    if old == new and not strange:
        return None
    gains, loses = list(_only(new, old)), list(_only(old, new))
    hidden = before.patterned(role) != after.patterned(role)
    notes = [_HIDDEN] if hidden else []
    notes += [f"it has a role that wasn't read: {', '.join(sorted(strange))}"] if strange else []
    return compared(_few(gains), _few(loses), notes, undecided=bool(notes))


def _only(one: Collection[Privilege], other: Collection[Privilege]) -> Iterator[Witness]:
    """What only ``one`` has, as requests: sorted, without those that a wider one of the same side covers."""
    patterns = Patterns.of(other)
    mine = {held for held in one if not covered(held, other, patterns)}
    wide = Patterns.of(mine)
    for held in sorted(mine):
        if not covered(held, mine - {held}, wide):
            yield Witness(str(held))


def _few(found: list[Witness]) -> list[Witness]:
    if len(found) <= MOST_WITNESSES:
        return found
    left = len(found) - MOST_WITNESSES
    last = found[MOST_WITNESSES - 1]
    return [*found[: MOST_WITNESSES - 1], Witness(last.request, last.certain, f"and {left} more")]


def _entered(worlds: Worlds) -> set[str]:
    """Roles of which it may have changed who has them."""
    keys = (MembershipKey.parse(address.key) for address in worlds.touched if address.type == MEMBERSHIP)
    return {key.role for key in keys if key is not None}


def _ways_in(role: str, worlds: Worlds, *, after: bool) -> set[str]:
    objects = worlds.after if after else worlds.before
    found: set[str] = set()
    for address in worlds.touched:
        key = MembershipKey.parse(address.key) if address.type == MEMBERSHIP else None
        if key is not None and key.role == role and address in objects:
            found.add(f"SET ROLE {Account(role)} as {key.member}")
            if objects[address].attributes.get("with_admin_option"):
                found.add(f"give {Account(role)} to others as {key.member}")
    return found
