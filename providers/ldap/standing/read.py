"""Accounts of agents, other machines' accounts that are in a group, and whoever is in a privileged one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from providers.ldap.directory import accounts_of, primary
from providers.ldap.keys import by_value
from providers.ldap.names import ACCOUNT, POSIX_GROUP
from providers.ldap.permissions import suffix
from providers.ldap.placeholder import placeholder_of
from providers.ldap.standing.account import Found, is_person, standing
from providers.ldap.standing.accounts import Accounts
from providers.ldap.standing.gaps import Gaps
from providers.ldap.standing.members import Members, few
from providers.ldap.standing.policies import Policies, password_of
from providers.ldap.standing.sessions import sessions
from reconciler.model import Standing, Unseen, Whose

if TYPE_CHECKING:
    from providers.ldap.client import LdapClient


def inventory(client: LdapClient) -> Iterator[Standing | Unseen]:
    """In a few paged searches, and one for a hundred accounts that lie elsewhere."""
    gaps = Gaps(client.scope.system)
    accounts = Accounts(client, gaps)
    agents = accounts.everybody_below(client.settings.accounts)
    placeholder = placeholder_of(client)
    known = accounts_of(agents)
    members = Members.of(client, gaps, known, placeholder)
    for account, group in primary(members.groups, known):
        members.join(account, group)
    _elsewhere(client, accounts, members)
    yield from _Directory(client, accounts, members, gaps).standing([by_value(one.dn) for one in agents])
    yield from gaps.found


def _elsewhere(client: LdapClient, accounts: Accounts, members: Members) -> None:
    """Accounts outside the place of the agents'. Uids are looked for below the root."""
    root = suffix(client.settings.base)
    uids = members.uids
    for uid, dns in sorted(accounts.of_uids(root, uids).items()):
        members.renamed(uids[uid], dns)
    by_gid = {group.gid: group.dn for group in members.groups.values() if _is_watched(group.dn, members) and group.gid}
    for gid, dns in sorted(accounts.of_gids(root, by_gid).items()):
        for dn in dns:
            members.join(dn, by_gid[gid])
    accounts.named(members.dns)


def _is_watched(group: str, members: Members) -> bool:
    return group in members.privileged and POSIX_GROUP.lower() in members.groups[group].classes


@dataclass(frozen=True, slots=True)
class _Directory:
    client: LdapClient
    accounts: Accounts
    members: Members
    gaps: Gaps

    def standing(self, agents: Collection[str]) -> Iterator[Standing]:
        """Each account once."""
        policies, live = Policies(self.client, self.gaps), sessions(self.client, self.gaps)
        self._missing()
        own, machines = self._own(), set(agents)
        silent = 0
        for dn in sorted({*agents, *self.members.dns}):
            entry = self.accounts.entries.get(dn)
            if entry is None:
                continue
            groups = self.members.all_of(dn)
            if dn not in machines and is_person(entry) and not groups.keys() & self.members.privileged:
                continue
            has = self.accounts.passwords.get(dn)
            silent += has is None
            password = password_of(entry, None if has is False else policies.of(entry))
            found = Found(groups, self.members.privileged, has, password, live.get(dn), dn in machines)
            address = self.client.address(ACCOUNT, dn)
            yield standing(address, entry, found, Whose.OPERATOR if dn == own else Whose.STANDING)
        if silent:
            way_out = "`writ permissions inventory` prints the rule: to search userPassword, not to read it"
            self.gaps.add("which accounts have a password", f"this login may not ask it of {silent}", way_out)

    def _own(self) -> str:
        return by_value(self.client.identity.removeprefix("dn:"))

    def _missing(self) -> None:
        """Members of whom no entry was found: gone, or hidden from us."""
        gone = [dn for dn in self.members.dns if dn not in self.accounts.entries]
        lost = [*gone, *sorted(self.members.uids.values()), *self.members.nobody]
        if lost:
            self.gaps.add(f"members without an entry: {few(lost)}", "it isn't there, or this login may not see it")
