"""The accounts of a server by all that they may do: by themselves and by their roles."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from providers.mysql.catalog import Member
from providers.mysql.importing.access import access_of
from providers.mysql.importing.roles import Roles
from providers.mysql.keys import GrantKey
from providers.mysql.names import USER, Account
from providers.mysql.privileges import Kind, of_bits
from providers.mysql.standing import sql
from providers.mysql.standing.holdings import own_rows
from providers.mysql.standing.logins import Login, is_servers_own
from providers.mysql.standing.read import pages
from reconciler.model import Importable, Lacking
from reconciler.provider.wording import NO_WORKLOAD

if TYPE_CHECKING:
    from providers.mysql.client import MysqlClient


def users(client: MysqlClient, roles: Roles, ours: Collection[str]) -> Iterator[Importable]:
    """Without the server's own, those that log in for others, and what was minted with a role of ours alone."""
    for page in pages(client):
        found = _Page.of(client, page)
        for login in page:
            account = login.account
            is_known = is_servers_own(account) or account in {client.account, client.scope.settings.minting}
            if not is_known and not found.is_minted(login, ours):
                yield found.one(client, login, roles)


@dataclass(frozen=True, slots=True)
class _Page:
    own: Mapping[Account, list[tuple[GrantKey, frozenset[str]]]]
    members: Mapping[Account, list[Member]] = field(default_factory=dict)
    proxied: Mapping[Account, list[Account]] = field(default_factory=dict)

    @classmethod
    def of(cls, client: MysqlClient, page: Collection[Login]) -> _Page:
        names = tuple(dict.fromkeys(str(login.user) for login in page))
        own: dict[Account, list[tuple[GrantKey, frozenset[str]]]] = {}
        for account, key, held in own_rows(client, names):
            if held:
                own.setdefault(account, []).append((key, held))
        for login in page:
            if login.access:
                row = GrantKey("", Kind.GLOBAL), of_bits(int(login.access))
                own.setdefault(login.account, []).append(row)
        members: dict[Account, list[Member]] = {}
        for user, host, role, admin in client.query(sql.MEMBERSHIPS, (names,)):
            one = Member(Account(str(user), str(host)), str(role), bool(admin))
            members.setdefault(one.account, []).append(one)
        proxied: dict[Account, list[Account]] = {}
        for user, host, other, at in client.query(sql.PROXIES, (names, names)):
            proxied.setdefault(Account(str(user), str(host)), []).append(Account(str(other), str(at)))
        return cls(own, members, proxied)

    def is_minted(self, login: Login, ours: Collection[str]) -> bool:
        """Whether it has a role of ours, and nothing else."""
        account, given = login.account, self.members.get(login.account, ())
        more = account in self.own or account in self.proxied
        return bool(given) and not more and all(one.role in ours and not one.admin for one in given)

    def one(self, client: MysqlClient, login: Login, roles: Roles) -> Importable:
        """As what it is: nobody but whoever has its secret proves to be it."""
        account = login.account
        given = self.members.get(account, [])
        reached = roles.closure(one.role for one in given)
        grants, lacking, topic = access_of([*self.own.get(account, ()), *roles.rows(reached)])
        proxies = (
            Lacking(f"it may become {one} (PROXY), which no intent gives") for one in self.proxied.get(account, ())
        )
        return Importable(
            client.scope.address(USER, str(account)),
            "user",
            str(account),
            ({"grants": grants},) if grants else (),
            topic=topic,
            lacking=(NO_WORKLOAD, *proxies, *roles.gives(reached, given), *lacking),
        )
