"""Which roles are in the scope, which are only wanted, and which are logins that may come and go."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from providers.postgres.catalog import BOOTSTRAP, Member, Role
from providers.postgres.keys import MembershipKey
from providers.postgres.lease import group_ttl, leased_group, mark, owner
from providers.postgres.names import MEMBERSHIP, ROLE, split_key
from providers.postgres.settings import PostgresSettings
from reconciler.model import Address, Ownership
from reconciler.provider import Scope

_LONGEST_LEASE = timedelta(hours=768)
"""The longest TTL: where a group's comment doesn't say its own, as one by an earlier version."""
_CLOCKS = timedelta(minutes=15)
"""How far the clocks of the minting system, of the server and of ours may differ."""
_LOST_AFTER = timedelta(hours=1)
"""The minting system had so long to end a login, and hasn't: nobody will."""
_LOOK_OF_A_LOGIN = (True, False, False, False, True, False, False, -1)
"""Role's flags and connection limit, as the creation statement leaves them."""


def wanted_roles(wanted: Iterable[Address]) -> set[str]:
    """Roles that wanted and recorded addresses are about."""
    return {role for address in wanted for role in _roles_of(address)}


def _roles_of(address: Address) -> tuple[str, ...]:
    if address.type == ROLE:
        return (address.key,)
    if address.type == MEMBERSHIP:
        return MembershipKey.parse(address.key) or ()
    return (split_key(address.key, ":")[0],)


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles that were found, by what they are to us."""

    inside: tuple[Role, ...]
    """In the scope: by their prefix, by a comment of ours on a wanted name, and logins that are no proper lease."""
    outside: tuple[Role, ...]
    """Only wanted or recorded, or only with a comment of ours: another project's, or renamed by somebody."""
    leased: tuple[Role, ...]
    """Logins that carry the mark of a lease, and look like one."""

    @property
    def all(self) -> tuple[Role, ...]:
        """What they hold and what they are members of is looked at."""
        return (*self.inside, *self.outside, *self.leased)

    @property
    def watched(self) -> dict[int, str]:
        """The names of all of them."""
        return {role.oid: role.name for role in self.all}


def classify(
    scope: Scope[PostgresSettings],
    found: Iterable[Role],
    members: Iterable[Member],
    wanted: Collection[str],
    never: Collection[str] = (),
) -> Roles:
    """Sort roles. Another environment's or system's within our prefix is inside, and what it holds is left out.

    Beyond the prefix a comment of ours isn't enough: another project may have chosen the same names, and a prefix of
    its own. ``never`` names the roles with which we and the minter log in.
    """
    roles = list(found)
    groups = {
        role.name: role
        for role in roles
        if role.name.startswith(scope.settings.role_prefix)
        and (role.name in wanted or owner(role.comment, scope)[0] is Ownership.OURS)
    }
    joined: dict[int, list[Member]] = {}
    for row in members:
        joined.setdefault(row.member_oid, []).append(row)
    inside: list[Role] = []
    outside: list[Role] = []
    leased: list[Role] = []
    for role in roles:
        group = leased_group(scope, role.comment)
        if role.name.startswith(scope.settings.role_prefix):
            inside.append(role)
        elif role.name in never:
            continue
        elif group and (group.startswith(scope.settings.role_prefix) or group in wanted):
            # A login that was made more than a lease, or that is all that is left of one, is a row.
            proper = (
                group in groups
                and _looks_leased(role, groups[group])
                and _is_member_as_minted(scope, group, joined.get(role.oid, ()))
            )
            (leased if proper else inside).append(role)
        elif (marked := _is_marked(scope, role)) and role.name in wanted:
            inside.append(role)
        elif marked or role.name in wanted:
            outside.append(role)
    return Roles(tuple(inside), tuple(outside), tuple(leased))


def _is_marked(scope: Scope[PostgresSettings], role: Role) -> bool:
    return role.comment.startswith(mark(scope)) and owner(role.comment, scope)[0] is Ownership.OURS


def _is_member_as_minted(scope: Scope[PostgresSettings], group: str, rows: Collection[Member]) -> bool:
    """Of this group and of nothing else, put there by the minter, without ADMIN and (from 16 on) without SET."""
    return bool(rows) and all(row.group == group and _as_minted(scope, row) for row in rows)


def of_others(scope: Scope[PostgresSettings], roles: Roles, wanted: Collection[str]) -> set[str]:
    """Names of roles that another environment or system made and that nobody wants here."""
    return {
        role.name
        for role in roles.inside
        if role.name not in wanted and owner(role.comment, scope)[0] is Ownership.OTHER
    }


def _looks_leased(role: Role, group: Role) -> bool:
    if role[2:10] != _LOOK_OF_A_LOGIN or role.config:
        return False
    try:
        left = datetime.fromisoformat(role.valid_until) - datetime.now(UTC)
    except ValueError:
        return False
    ttl = group_ttl(group.comment)
    longest = _LONGEST_LEASE if ttl is None else timedelta(seconds=ttl)
    return -_LOST_AFTER <= left <= longest + _CLOCKS


def exempt(scope: Scope[PostgresSettings], roles: Roles, members: Collection[Member]) -> set[tuple[int, int]]:
    """Memberships (member, group) that a lease is made of: nobody declares them, and they end by themselves.

    Its own in its group, and the one that the server gave whoever made the login: ADMIN on it, and nothing else. The
    server gives it in the bootstrap superuser's name, as every superuser's grant is: so it counts for the minter only.
    """
    leased = {role.oid for role in roles.leased}
    makers = {(row.grantor, row.member_oid) for row in members if row.member_oid in leased}
    found: set[tuple[int, int]] = set()
    suspicious: set[tuple[int, int]] = set()
    for row in members:
        edge = (row.member_oid, row.group_oid)
        if row.group_oid in leased:
            minter = scope.settings.minter
            by_maker = row.member == minter if minter else (row.member, row.group_oid) in makers
            proper = by_maker and row.grantor_oid == BOOTSTRAP and row.inherit is False and row.set_role is False
            (found if proper else suspicious).add(edge)
        elif row.member_oid in leased:
            found.add(edge)
    return found - suspicious


def _as_minted(scope: Scope[PostgresSettings], row: Member) -> bool:
    minter = scope.settings.minter
    by_minter = not minter or row.grantor == minter or row.grantor_oid == BOOTSTRAP
    return by_minter and not row.admin and row.inherit is not False and not row.set_role
