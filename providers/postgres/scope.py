"""Which roles are in the scope, which are only wanted, and which are logins that may come and go."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from providers.postgres.catalog import BOOTSTRAP, Member, Role
from providers.postgres.keys import MembershipKey
from providers.postgres.lease import lease_comment
from providers.postgres.names import MEMBERSHIP, ROLE, split_key
from providers.postgres.settings import PostgresSettings
from reconciler.model import Address, Ownership
from reconciler.provider import Scope, owner_by_text

_LONGEST_LEASE = timedelta(hours=768 + 24)
"""The longest TTL, and a day for clocks that differ."""
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
    """In the scope: by their prefix, or what is left of a login that could not be dropped."""
    outside: tuple[Role, ...]
    """Only wanted or recorded."""
    leased: tuple[Role, ...]
    """Logins that carry the mark of a lease, and look like one."""

    @property
    def watched(self) -> dict[int, str]:
        """All of them: what they hold and what they are members of is looked at."""
        return {role.oid: role.name for role in (*self.inside, *self.outside, *self.leased)}

    @property
    def managed(self) -> dict[int, str]:
        """Those that have a row."""
        return {role.oid: role.name for role in (*self.inside, *self.outside)}


def classify(scope: Scope[PostgresSettings], found: Iterable[Role], wanted: Collection[str]) -> Roles:
    """Sort roles. Another environment's or system's within our prefix is inside, and what it holds is left out."""
    inside: list[Role] = []
    outside: list[Role] = []
    leased: list[Role] = []
    for role in found:
        if role.name.startswith(scope.settings.role_prefix):
            inside.append(role)
        elif role.comment.startswith(lease_comment(scope, "")):
            # Who can write the comment can drop the role: a login that was made more than a lease is a row.
            (leased if _looks_leased(role) else inside).append(role)
        elif role.name in wanted and role.name != scope.settings.minter:
            outside.append(role)
    return Roles(tuple(inside), tuple(outside), tuple(leased))


def of_others(scope: Scope[PostgresSettings], roles: Roles, wanted: Collection[str]) -> set[str]:
    """Names of roles that another environment or system made and that nobody wants here."""
    return {
        role.name
        for role in roles.inside
        if role.name not in wanted and owner_by_text(role.comment, scope)[0] is Ownership.OTHER
    }


def _looks_leased(role: Role) -> bool:
    return role[2:10] == _LOOK_OF_A_LOGIN and not role.config and _ends(role.valid_until)


def _ends(valid_until: str) -> bool:
    """Whether a login's password ends within the longest TTL that specs can give."""
    try:
        end = datetime.fromisoformat(valid_until)
    except ValueError:
        return False
    return end <= datetime.now(UTC) + _LONGEST_LEASE


def exempt(scope: Scope[PostgresSettings], roles: Roles, members: Iterable[Member]) -> set[tuple[int, int]]:
    """Memberships (member, group) that a lease is made of: nobody declares them, and they end by themselves.

    A leased login is a member of the group that its comment names, and of nothing else, put there by the minter,
    without ADMIN and (from 16 on) without SET. Whoever made the login keeps ADMIN on it, and nothing else.
    """
    rows = list(members)
    leased = {role.oid: role for role in roles.leased}
    groups: dict[int, set[str]] = {}
    for row in rows:
        groups.setdefault(row.member_oid, set()).add(row.group)
    found: set[tuple[int, int]] = set()
    suspicious: set[tuple[int, int]] = set()
    for row in rows:
        edge = (row.member_oid, row.group_oid)
        if row.group_oid in leased:
            proper = row.grantor_oid == BOOTSTRAP and row.inherit is False and row.set_role is False
        elif row.member_oid in leased:
            alone = groups[row.member_oid] == {row.group}
            named = leased[row.member_oid].comment == lease_comment(scope, row.group)
            proper = alone and named and _as_minted(scope, row)
        else:
            continue
        (found if proper else suspicious).add(edge)
    return found - suspicious


def _as_minted(scope: Scope[PostgresSettings], row: Member) -> bool:
    minter = scope.settings.minter
    by_minter = not minter or row.grantor == minter or row.grantor_oid == BOOTSTRAP
    return by_minter and not row.admin and row.inherit is not False and not row.set_role
