"""The roles of a cluster in the words of the specs, by what they may do in our database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from providers.postgres import catalog
from providers.postgres.catalog import Holding, Member, Role
from providers.postgres.importing.access import access_of
from providers.postgres.lease import group_ttl, owner
from providers.postgres.names import ROLE
from providers.postgres.scope import classify
from reconciler.model import Importable, Lacking, Ownership, Said
from reconciler.model.importing import LONGEST
from reconciler.provider.wording import NO_WORKLOAD

if TYPE_CHECKING:
    from providers.postgres.client import PostgresClient

_NAMES = "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1"
_OWNED = """
SELECT refobjid, pg_describe_object(classid, objid, 0) FROM pg_shdepend
WHERE deptype = 'o' AND refclassid = 'pg_authid'::regclass AND refobjid = ANY(%(oids)s)
  AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
ORDER BY 1, 2
"""
"""What is owned here. An owner has all rights, also where no list of rights says so."""
_PAIR = re.compile(r"; agent=([^;\s]+); intent=([^;\s]+)")
_POWERS = {
    "superuser": "SUPERUSER",
    "create_role": "CREATEROLE",
    "create_database": "CREATEDB",
    "replication": "REPLICATION",
    "bypass_row_level_security": "BYPASSRLS",
}
_GIVE_AWAY = "REASSIGN OWNED BY it TO whoever is to have it: an owner may do everything with it"
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
        holdings, owned = catalog.holdings(client, oids), client.query(_OWNED, {"oids": oids})
    held: dict[int, list[Holding]] = {}
    for one in holdings:
        held.setdefault(one.grantee_oid, []).append(one)
    owns: dict[int, list[str]] = {}
    for oid, what in owned:
        owns.setdefault(int(oid), []).append(str(what))
    groups = _groups(members)
    for role in sorted(shown, key=lambda role: role.name):
        yield _one(client, role, groups, held, owns)


def _one(
    client: PostgresClient,
    role: Role,
    groups: Mapping[int, list[Member]],
    held: Mapping[int, list[Holding]],
    owns: Mapping[int, list[str]],
) -> Importable:
    reached = list(_closure(role.oid, groups))
    oids = (role.oid, *(member.group_oid for member in reached))
    said = access_of((one for oid in oids for one in held.get(oid, ())), client.table_privileges)
    owned = (Lacking(f"it owns {what}", _GIVE_AWAY) for oid in oids for what in owns.get(oid, ()))
    ours = role.name.startswith(client.scope.settings.role_prefix) and (
        owner(role.comment, client.scope)[0] is Ownership.OURS
    )
    meant = _said(role) if ours else Said()
    lacking = () if meant.agent else (NO_WORKLOAD if role.login else _NOBODY, *_powers(role, reached))
    return Importable(
        client.scope.address(ROLE, role.name),
        "database login" if role.login else "group role",
        role.name,
        (said.block,) if said.block and not role.superuser else (),
        ttl=(meant.ttl, meant.ttl) if meant.ttl else (1, LONGEST),
        topic=said.topic,
        said=meant,
        lacking=(*lacking, *said.lacking, *owned),
    )


def _powers(role: Role, reached: Iterable[Member]) -> Iterator[Lacking]:
    has = [word for name, word in _POWERS.items() if getattr(role, name)]
    if has:
        yield Lacking(f"it is {', '.join(has)}, which no intent gives", f'ALTER ROLE "{role.name}" NO{has[0]}')
    for one in reached:
        if one.group.startswith("pg_"):
            yield Lacking(f"it is a member of {one.group}, which no intent gives")
        elif one.admin:
            yield Lacking(f"it may make others members of {one.group}, which no intent gives")


def _groups(members: Iterable[Member]) -> dict[int, list[Member]]:
    found: dict[int, list[Member]] = {}
    for one in members:
        found.setdefault(one.member_oid, []).append(one)
    return found


def _closure(oid: int, groups: Mapping[int, list[Member]]) -> Iterator[Member]:
    """Memberships, with those of the groups."""
    seen, fresh = {oid}, [oid]
    while fresh:
        for one in groups.get(fresh.pop(), ()):
            if one.group_oid not in seen:
                seen.add(one.group_oid)
                fresh.append(one.group_oid)
                yield one


def _said(role: Role) -> Said:
    """What our comment says."""
    found = _PAIR.search(role.comment)
    return Said(found[1], found[2], ttl=group_ttl(role.comment) or 0) if found else Said()
