"""All that can log in to one cluster, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from providers.postgres import catalog
from providers.postgres.catalog import BOOTSTRAP
from providers.postgres.effective.read import read_catalogue
from providers.postgres.lease import owner
from providers.postgres.names import ROLE
from providers.postgres.scope import Roles, classify
from providers.postgres.standing import sql
from providers.postgres.standing.access import Access
from providers.postgres.standing.logins import Login, Sessions, group, standing
from reconciler.model import Ownership, Standing, Unseen, Whose

if TYPE_CHECKING:
    from providers.postgres.client import PostgresClient

_PAGE = 1000


def inventory(client: PostgresClient) -> Iterator[Standing | Unseen]:
    """Writ's own group roles, then every login of the cluster. What each may do is looked at in our database."""
    roles = _ours(client)
    for role in roles.inside:
        if not role.login and owner(role.comment, client.scope)[0] is Ownership.OURS:
            yield group(client.scope.address(ROLE, role.name), role.name)
    yield from _unseen(client)
    access = Access(read_catalogue(client))
    leased = {role.oid for role in roles.leased}
    for page in _pages(client):
        rows = client.query(sql.SESSIONS, {"roles": [login.oid for login in page]})
        sessions = {found.oid: found for found in (Sessions(*row) for row in rows)}
        for login in page:
            address = client.scope.address(ROLE, login.name)
            live = sessions.get(login.oid)
            yield standing(address, login, live, access, _whose(client, login, leased, used=live is not None))


def _ours(client: PostgresClient) -> Roles:
    """As plan tells them apart, without anything wanted."""
    found = catalog.roles(client, [], prefix=client.scope.settings.role_prefix)
    members = catalog.members(client, [role.oid for role in found if role.name not in client.never_ours])
    return classify(client.scope, found, members, (), client.never_ours)


def _pages(client: PostgresClient) -> Iterator[list[Login]]:
    """By number: a role that is made meanwhile has a higher one."""
    text = sql.LOGINS_AND_PASSWORDS if client.sees_passwords else sql.LOGINS
    after = 0
    while rows := client.query(text, {"after": after, "page": _PAGE}):
        page = [Login(*row) for row in rows]
        yield page
        after = page[-1].oid


def _whose(client: PostgresClient, login: Login, leased: set[int], *, used: bool) -> Whose:
    """The superuser that initdb made can't be dropped: it is nothing to look at as long as nobody works with it."""
    if login.oid in leased:
        return Whose.DYNAMIC
    if login.name in client.never_ours:
        return Whose.OPERATOR
    return Whose.SYSTEM if login.oid == BOOTSTRAP and not used else Whose.STANDING


def _unseen(client: PostgresClient) -> Iterator[Unseen]:
    system = client.scope.system
    if not client.sees_passwords:
        why = "only a superuser may ask; each login is taken to have one"
        yield Unseen(system, "which logins have a password", why)
    ((sees,),) = client.query(sql.SEES_SESSIONS)
    if not sees:
        what = "where sessions come from, by which programs, and when they last did something"
        yield Unseen(
            system, what, f"{client.user} isn't a member of pg_read_all_stats", "GRANT pg_read_all_stats to it"
        )
