"""The whole scope in one look: a dozen queries, however many roles there are.

The catalogue is in tables without transactions: what is changed while it is read may be seen in part, and is seen whole
by the next look; every step works from what is there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from providers.mysql import catalog
from providers.mysql.catalog import EVERYBODY, Holding, Login, Member
from providers.mysql.checks import check_anonymous, check_minting, check_objects
from providers.mysql.effective.world import Surroundings
from providers.mysql.keys import GrantKey, MembershipKey
from providers.mysql.lease import is_minted
from providers.mysql.live import grant_live, membership_live, namesake_grant, public_grant, role_live
from providers.mysql.marker import marks
from providers.mysql.names import GRANT, MEMBERSHIP, PUBLIC, ROLE, Account
from reconciler.model import PLACE, Address, Live, Ownership, Resource, Snapshot

if TYPE_CHECKING:
    from providers.mysql.client import MysqlClient


def read(client: MysqlClient, wanted: Collection[Address]) -> Snapshot:
    """Everything in the scope, and what is wanted outside of it."""
    names = _wanted_roles(wanted)
    found = catalog.roles(client, names, prefix=client.scope.settings.role_prefix)
    edges = catalog.role_edges(client)
    above = _above(edges, {*found, PUBLIC}) - {PUBLIC}
    others = catalog.roles(client, above - found.keys())
    roles = _Roles.of(client, found, edges, names)
    rows = catalog.holdings(client, {**others, **found})
    held = catalog.together(one for one in rows if not one.namesake)
    kept = [*roles.live.values(), *_grants(client, roles, held), *_memberships(client, roles, edges)]
    observed = [*_everybodys(client, roles, edges, held), *_namesakes(client, rows)]
    problems = (*check_objects(client, wanted), *check_minting(client), *check_anonymous(client))
    facts = {
        "version": f"MariaDB {client.version_text.partition('-')[0]}",
        PLACE: f"server {client.server or 'unknown'}",
        "identity": str(client.account),
    }
    objects = {one.resource.address: one for one in kept}
    around = _around(client, roles, edges, held)
    return Snapshot(objects, problems, facts, around, {one.address: one for one in sorted(observed, key=str)})


def _around(
    client: MysqlClient, roles: _Roles, edges: Collection[Member], held: Mapping[GrantKey, frozenset[str]]
) -> Surroundings:
    """What the roles hold and have that one of ours has and that aren't looked at themselves."""
    beside = _above(edges, roles.watched) - roles.watched
    pairs = frozenset((one.account.user, one.role) for one in edges if one.account.user in beside)
    return Surroundings(
        {key: what for key, what in held.items() if key.role in beside},
        pairs,
        client.folds_names,
        catalog.administrators(client),
        client.version,
        catalog.server_privileges(client, client.scope.settings.minting),
    )


def _everybodys(
    client: MysqlClient, roles: _Roles, edges: Collection[Member], held: Mapping[GrantKey, frozenset[str]]
) -> Iterator[Resource]:
    """What PUBLIC may, with the roles that it was given; where one of ours was, that is a membership."""
    given = _above(edges, {PUBLIC}) - roles.watched
    everybodys = {key: what for key, what in held.items() if key.role in {EVERYBODY, *given}}
    found: dict[GrantKey, frozenset[str]] = {}
    for key, what in everybodys.items():
        plain = key._replace(role=EVERYBODY)
        found[plain] = found.get(plain, frozenset()) | what
    for key, what in found.items():
        yield public_grant(client, key, what)


def _namesakes(client: MysqlClient, rows: Collection[Holding]) -> Iterator[Resource]:
    for key, what in catalog.together(one for one in rows if one.namesake).items():
        yield namesake_grant(client, key, what)


def _wanted_roles(wanted: Collection[Address]) -> set[str]:
    found: set[str] = set()
    for address in wanted:
        if address.type == ROLE:
            found.add(address.key)
        elif address.type == GRANT and (grant := GrantKey.parse(address.key)):
            found.add(grant.role)
        elif address.type == MEMBERSHIP and (membership := MembershipKey.parse(address.key)):
            found.add(membership.role)
    return found


def _above(edges: Collection[Member], start: Collection[str]) -> set[str]:
    """Roles, with all that they have."""
    ups: dict[str, list[str]] = {}
    for one in edges:
        ups.setdefault(one.account.user, []).append(one.role)
    seen, queue = set(start), list(start)
    while queue:
        for role in ups.get(queue.pop(), ()):
            if role not in seen:
                seen.add(role)
                queue.append(role)
    return seen


@dataclass(frozen=True, slots=True)
class _Roles:
    """The roles that are looked at; what another's hold or have is left out unless it is wanted."""

    live: Mapping[str, Live]
    groups: Mapping[str, Collection[str]]
    watched: frozenset[str]

    @classmethod
    def of(
        cls, client: MysqlClient, found: Collection[str], edges: Collection[Member], wanted: Collection[str]
    ) -> _Roles:
        groups: dict[str, list[str]] = {}
        for one in edges:
            groups.setdefault(one.account.user, []).append(one.role)
        prefix = client.scope.settings.role_prefix
        live = {name: role_live(client, name, groups.get(name, ()), in_scope=name.startswith(prefix)) for name in found}
        watched = {name for name, one in live.items() if name in wanted or one.ownership is not Ownership.OTHER}
        return cls(live, groups, frozenset(watched))


def _grants(client: MysqlClient, roles: _Roles, held: Mapping[GrantKey, frozenset[str]]) -> Iterator[Live]:
    for key, privileges in held.items():
        if key.role in roles.watched:
            yield grant_live(client, key, privileges, roles.live[key.role])


def _memberships(client: MysqlClient, roles: _Roles, edges: Collection[Member]) -> Iterator[Live]:
    logins = catalog.logins(client, roles.watched)
    every = (*edges, *catalog.members(client, roles.watched))
    given = {one.role for one in every if one.account == client.account and one.admin}
    for one in every:
        ours = one.role in roles.watched or (not one.account.host and one.account.user in roles.watched)
        goes = _goes_without_saying(client, roles, one, logins) or (one.role not in given and _goes_with(roles, one))
        if ours and not goes:
            yield membership_live(client, one, roles.live)


def _goes_with(roles: _Roles, one: Member) -> bool:
    """A user's, of a role that nobody declared, which goes: only who has ADMIN on it could take it (tried on 10.11)."""
    found = roles.live.get(one.role)
    return bool(one.account.host) and found is not None and found.ownership is Ownership.FOREIGN


def _goes_without_saying(client: MysqlClient, roles: _Roles, one: Member, logins: Mapping[Account, Login]) -> bool:
    """A role's marker; what the server gave whoever made the role, if it was us; and a minted login's own."""
    if not one.account.host:
        return marks(client.scope, one, roles.groups.get(one.account.user, ())) and not one.admin
    made_by_us = one.account == client.account and one.admin and one.account != client.scope.settings.minting
    return made_by_us or is_minted(logins.get(one.account), one)
