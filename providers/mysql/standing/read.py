"""All that can log in to one server, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from providers.mysql import catalog
from providers.mysql.catalog import Login as Minted
from providers.mysql.catalog import Member
from providers.mysql.effective.privilege import Privilege
from providers.mysql.lease import is_minted
from providers.mysql.marker import marker_of, owner
from providers.mysql.names import ROLE, USER, Account
from providers.mysql.privileges import Kind
from providers.mysql.standing import sql
from providers.mysql.standing.holdings import Roles, below_the_server, gives, of_server
from providers.mysql.standing.logins import Found, Login, is_servers_own, standing
from providers.mysql.standing.sessions import Live, Session, assigned
from reconciler.model import Address, Ownership, Standing, Unseen, Whose
from reconciler.provider import Denied

if TYPE_CHECKING:
    from providers.mysql.client import MysqlClient

_PAGE = 1000
_PROCESS = Privilege(Kind.GLOBAL, "", "", "", "PROCESS")


def inventory(client: MysqlClient) -> Iterator[Standing | Unseen]:
    """Writ's own roles, then every login of the server."""
    found = Roles.of(client)
    ours = _ours(client, found)
    for role in sorted(ours):
        yield Standing(client.address(ROLE, role), "role", whose=Whose.DYNAMIC)
    seen = _Sessions.of(client, found)
    yield from seen.unseen
    accounts = [Account(str(user), str(host)) for user, host in client.query(sql.NAMES)]
    live = assigned(seen.sessions, accounts)
    for page in pages(client):
        yield from _Page.of(client, page).standing(client, ours, found, live, seen.lifetime)


def _ours(client: MysqlClient, found: Roles) -> frozenset[str]:
    prefix = client.scope.settings.role_prefix
    names = [name for name in found.names if name.startswith(prefix)]
    marked = ((name, marker_of(client.scope, (role for role, _ in found.given.get(name, ())))) for name in names)
    return frozenset(name for name, marker in marked if owner(client.scope, name, marker)[0] is Ownership.OURS)


def pages(client: MysqlClient) -> Iterator[list[Login]]:
    """Every login, in order of host and user: who is made meanwhile may be missed, and nobody is told of twice."""
    after: tuple[str, str] = ("", "")
    while rows := client.query(sql.LOGINS, (*after, _PAGE)):
        page = [Login(*row) for row in rows]
        yield page
        after = (page[-1].host, page[-1].user)


@dataclass(frozen=True, slots=True)
class _Sessions:
    sessions: list[Session]
    lifetime: int
    """Days that passwords live, unless an account says otherwise."""
    unseen: tuple[Unseen, ...]

    @classmethod
    def of(cls, client: MysqlClient, roles: Roles) -> _Sessions:
        me, ((noted, lifetime, role),) = client.account, client.query(sql.SERVER)
        mine = catalog.server_privileges(client, me) or frozenset()
        sees = "PROCESS" in mine or (role is not None and _PROCESS in roles.of_role(str(role)))
        unseen = []
        if not sees:
            why = f"{client.account} lacks PROCESS"
            unseen.append(_unseen(client, "who is connected, and from where", why, f"GRANT PROCESS ON *.* TO {me.sql}"))
        programs: Mapping[int, str] = {}
        if not noted:
            why = "performance_schema is off on this server"
            unseen.append(_unseen(client, "by which programs sessions are", why))
        else:
            try:
                programs = {int(number): str(name) for number, name in client.query(sql.PROGRAMS)}
            except Denied as denied:
                way_out = f"GRANT SELECT ON performance_schema.session_connect_attrs TO {me.sql}"
                unseen.append(_unseen(client, "by which programs sessions are", denied.message, way_out))
        rows = client.query(sql.SESSIONS)
        found = [Session(str(user), _host(host), float(at), programs.get(int(at_), "")) for at_, user, host, at in rows]
        return cls(found, int(lifetime), tuple(unseen))


def _unseen(client: MysqlClient, what: str, why: str, way_out: str = "") -> Unseen:
    return Unseen(client.scope.system, what, why, way_out)


def _host(text: object) -> str:
    """Without the port."""
    host, _, port = str(text).rpartition(":")
    return host if port.isdecimal() and host else str(text)


@dataclass(frozen=True, slots=True)
class _Page:
    """Some logins with all that is about them."""

    logins: list[Login]
    held: Mapping[Account, set[Privilege]]
    members: Mapping[Account, list[Member]]
    proxied: Mapping[Account, list[Account]]
    proxies: frozenset[Account]
    """Those as which others may log in."""

    @classmethod
    def of(cls, client: MysqlClient, page: list[Login]) -> _Page:
        users = tuple(dict.fromkeys(str(login.user) for login in page))
        members: dict[Account, list[Member]] = {}
        for user, host, role, admin in client.query(sql.MEMBERSHIPS, (users,)):
            one = Member(Account(str(user), str(host)), str(role), bool(admin))
            members.setdefault(one.account, []).append(one)
        proxied: dict[Account, list[Account]] = {}
        for user, host, other, at in client.query(sql.PROXIES, (users, users)):
            proxied.setdefault(Account(str(user), str(host)), []).append(Account(str(other), str(at)))
        proxies = frozenset(one for many in proxied.values() for one in many)
        return cls(page, below_the_server(client, users), members, proxied, proxies)

    def standing(
        self,
        client: MysqlClient,
        ours: frozenset[str],
        roles: Roles,
        live: Mapping[Account, Live],
        lifetime: int,
    ) -> Iterator[Standing]:
        """Each of them."""
        for login in self.logins:
            account = login.account
            members = self.members.get(account, [])
            held = set(self.held.get(account, ())) | of_server(int(login.access or 0))
            for one in members:
                held |= roles.of_role(one.role) | ({gives(one.role)} if one.admin else set())
            names = tuple(sorted(one.role for one in members))
            found = Found(frozenset(held), names, self.proxied.get(account, ()), live.get(account))
            address = Address(client.scope.system, USER, str(account))
            yield standing(address, login, found, lifetime, self._whose(client, login, members, ours))

    def _whose(self, client: MysqlClient, login: Login, members: list[Member], ours: frozenset[str]) -> Whose:
        account = login.account
        if account in {client.account, client.scope.settings.minting}:
            return Whose.OPERATOR
        if is_servers_own(account) and login.locked:
            return Whose.SYSTEM
        is_ours = any(one.role in ours and is_minted(self._minted(login, members), one) for one in members)
        return Whose.DYNAMIC if is_ours else Whose.STANDING

    def _minted(self, login: Login, members: list[Member]) -> Minted:
        account = login.account
        holds = bool(self.held.get(account)) or account in self.proxied or account in self.proxies
        seconds, age = float(login.statement_seconds or 0), None if login.age is None else float(login.age)
        role = str(login.default_role or "")
        return Minted(account, int(login.access or 0), seconds, age, role, len(members), holds, login.by_password)
