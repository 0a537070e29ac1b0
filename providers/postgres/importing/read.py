"""The roles of a cluster in the words of the specs, by what they may do in our database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from providers.postgres import catalog
from providers.postgres.catalog import Holding, Role
from providers.postgres.importing.access import access_of
from providers.postgres.importing.beside import Beside, beside
from providers.postgres.importing.memberships import Memberships
from providers.postgres.lease import group_ttl, owner
from providers.postgres.names import ROLE
from providers.postgres.scope import classify
from reconciler.model import Importable, Lacking, Ownership, Said
from reconciler.model.importing import LONGEST
from reconciler.provider.wording import NO_WORKLOAD

if TYPE_CHECKING:
    from providers.postgres.client import PostgresClient

_NAMES = "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1"
_PAIR = re.compile(r"; agent=([^;\s]+); intent=([^;\s]+)")
_NOBODY = Lacking(
    "nobody logs in as it, and no workload proves itself for it: what it may do, logins have that are members of it",
    "give whoever uses them an agent with this intent",
)


def importable(client: PostgresClient) -> Iterator[Importable]:
    """Every role, without the server's own, those that log in for others, and logins that end by themselves."""
    with client.snapshot():
        names = [str(name) for (name,) in client.query(_NAMES)]
        roles = catalog.roles(client, names, prefix=client.scope.settings.role_prefix)
        members = catalog.members(client, [role.oid for role in roles])
        leased = {role.oid for role in classify(client.scope, roles, members, (), client.never_ours).leased}
        shown = [role for role in roles if role.oid not in leased and role.name not in client.never_ours]
        oids = [role.oid for role in roles]
        holdings = catalog.holdings(client, oids)
        more = beside(client, {role.oid: role.name for role in roles})
        found = _Found(client, Memberships.of(roles, members), _by_grantee(holdings), more)
    for role in sorted(shown, key=lambda role: role.name):
        yield found.one(role)


def _by_grantee(holdings: Iterable[Holding]) -> dict[int, list[Holding]]:
    held: dict[int, list[Holding]] = {}
    for one in holdings:
        held.setdefault(one.grantee_oid, []).append(one)
    return held


@dataclass(frozen=True, slots=True)
class _Found:
    client: PostgresClient
    memberships: Memberships
    held: Mapping[int, list[Holding]]
    beside: Beside

    def one(self, role: Role) -> Importable:
        """By what it has, itself and by its groups."""
        client, oids = self.client, self.memberships.reached(role)
        holdings = (one for oid in oids for one in self.held.get(oid, ()))
        superuser = self.memberships.is_superuser(role)
        said = access_of(holdings, client.table_privileges, self.beside.open_to(oids, all_of_them=superuser))
        ours = role.name.startswith(client.scope.settings.role_prefix) and (
            owner(role.comment, client.scope)[0] is Ownership.OURS
        )
        meant = _said(role) if ours else Said()
        names = ((oid, self.memberships.roles[oid].name) for oid in oids if oid in self.memberships.roles)
        more = [one for oid, name in names for one in self.beside.of(oid, name, ours=ours)]
        lacking = () if meant.agent else (NO_WORKLOAD if role.login else _NOBODY, *self.memberships.powers(role))
        return Importable(
            client.scope.address(ROLE, role.name),
            "database login" if role.login else "group role",
            role.name,
            (said.block,) if said.block and not superuser else (),
            ttl=(meant.ttl, meant.ttl) if meant.ttl else (1, LONGEST),
            topic=said.topic,
            said=meant,
            lacking=(*lacking, *said.lacking, *more),
        )


def _said(role: Role) -> Said:
    """What our comment says."""
    found = _PAIR.search(role.comment)
    return Said(found[1], found[2], ttl=group_ttl(role.comment) or 0) if found else Said()
