"""The whole scope in one look: ten queries at most, however many roles there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from providers.postgres import catalog
from providers.postgres.catalog import Default, Dependency, Member
from providers.postgres.checks import check_minting, check_objects
from providers.postgres.definitions import definitions, keys_of
from providers.postgres.effective.everybody import observed
from providers.postgres.effective.read import read_catalogue
from providers.postgres.effective.surroundings import Surroundings
from providers.postgres.keys import GrantKey
from providers.postgres.live import default_live, dependency_live, grants_live, membership_live, memberships, role_live
from providers.postgres.minter import observed_minter
from providers.postgres.names import GRANT
from providers.postgres.scope import Roles, classify, exempt, of_others, wanted_roles
from reconciler.model import PLACE, Address, Live, Snapshot

if TYPE_CHECKING:
    from providers.postgres.client import PostgresClient


def read(client: PostgresClient, wanted: Collection[Address]) -> Snapshot:
    """Everything in the scope, and what is wanted outside of it."""
    names = wanted_roles(wanted)
    with client.snapshot():
        found = catalog.roles(client, names, prefix=client.scope.settings.role_prefix)
        members = catalog.members(client, [role.oid for role in found if role.name not in client.never_ours])
        roles = classify(client.scope, found, members, names, client.never_ours)
        dependencies = catalog.dependencies(client, roles.watched)
        defaults = catalog.defaults(client, list(roles.watched))
        objects = list(_objects(client, roles, wanted, dependencies, defaults))
        objects += _memberships(client, roles, members, of_others(client.scope, roles, names))
        found_minting = catalog.minting(client)
        problems = (*check_objects(client, wanted), *check_minting(client, found_minting))
        public = catalog.everybody(client)
        may = {key: one.now for key, one in public.items() if one.now}
        around = _surroundings(client, roles, members, may)
        asked = keys_of((*(one.resource.address for one in objects), *wanted), may)
        moved = [
            *observed(public, defaults, client.scope.address),
            *definitions(client, asked),
            *observed_minter(client, found_minting),
        ]
    facts = {
        "version": f"PostgreSQL {client.version_text}",
        "database": client.database,
        PLACE: f"database {client.database} of cluster {client.cluster or 'unknown'}",
        "identity": client.user,
    }
    return Snapshot(
        {one.resource.address: one for one in objects},
        problems,
        facts,
        around,
        {one.address: one for one in moved},
    )


def _objects(
    client: PostgresClient,
    roles: Roles,
    wanted: Collection[Address],
    dependencies: Iterable[Dependency],
    defaults: Iterable[Default],
) -> Iterator[Live]:
    yield from (role_live(client, role) for role in roles.inside)
    yield from (role_live(client, role, in_scope=False) for role in roles.outside)
    others = of_others(client.scope, roles, wanted_roles(wanted))
    outside = {role.name for role in roles.outside}
    watched = {role.oid: role for role in roles.all if role.name not in others}
    named = {role.name: role for role in watched.values()}
    granted = {address.key for address in wanted if address.type == GRANT}
    # That a role owns what nobody grants it is told by the dependency alone.
    holdings = (one for one in catalog.holdings(client, list(watched)) if not one.own or str(one.key) in granted)
    held = grants_live(client, holdings, watched)
    to_come = [default_live(client, one, named[one.role]) for one in defaults if one.role in named]
    leased = {role.name for role in roles.leased}
    rest = [
        dependency_live(client, one, named[one.role])
        for one in dependencies
        if one.role in named and not (one.private and one.role in leased)
    ]
    for live in (*held, *to_come, *rest):
        yield replace(live, in_scope=live.resource.attributes["role"] not in outside)


def _memberships(
    client: PostgresClient, roles: Roles, members: Iterable[Member], others: Collection[str]
) -> Iterator[Live]:
    watched = roles.watched
    found = [row for row in members if row.member_oid in watched or row.group_oid in watched]
    skipped = exempt(client.scope, roles, found)
    inside = {role.name for role in (*roles.inside, *roles.leased)} - set(others)
    managed = (*roles.inside, *roles.outside)
    for key, parts in memberships(client, found).items():
        if (parts[0].member_oid, parts[0].group_oid) in skipped or (set(key) & set(others) and not set(key) & inside):
            continue
        live = membership_live(client, key, parts, managed)
        yield replace(live, in_scope=bool(set(key) & inside))


def _surroundings(
    client: PostgresClient, roles: Roles, members: Iterable[Member], public: Mapping[GrantKey, frozenset[str]]
) -> Surroundings:
    """What everybody may; and the whole catalogue where a role of ours is a member of one that isn't."""
    watched = roles.watched
    strays = any(one.member_oid in watched and one.group_oid not in watched for one in members)
    others = read_catalogue(client) if strays else None
    return Surroundings(client.version, client.database, public, others)
