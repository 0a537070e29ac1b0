"""The whole scope in two paged searches, however many groups there are; a group elsewhere is read only if wanted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from providers.ldap.checks import check_wanted
from providers.ldap.directory import Accounts, Group, primary, read_accounts, read_group, read_groups
from providers.ldap.keys import MembershipKey
from providers.ldap.live import group_live, membership_live
from providers.ldap.names import GROUP, MEMBERSHIP
from providers.ldap.observed import nesting, primary_group
from providers.ldap.placeholder import placeholder_of
from reconciler.model import PLACE, Address, Live, Resource, Snapshot

if TYPE_CHECKING:
    from providers.ldap.client import LdapClient


@dataclass(frozen=True, slots=True)
class _Found:
    """Everything that was read."""

    client: LdapClient
    groups: Mapping[str, Group]
    accounts: Accounts
    placeholder: str

    def memberships(self, wanted: Collection[MembershipKey]) -> Iterator[Live]:
        """Those in the scope, those that are wanted, those with an end, and groups in groups; not the many others."""
        settings = self.client.settings
        for group in self.groups.values():
            ours = settings.is_ours(group.dn)
            for member, found in group.members(self.accounts, self.placeholder).items():
                special = found.notes or member in self.groups or (member, group.dn) in wanted
                if ours or special or settings.is_agents(member):
                    yield membership_live(self.client.scope, member, group, found)


def read(client: LdapClient, wanted: Collection[Address]) -> Snapshot:
    """Everything in the scope, and what is wanted outside of it."""
    keys = [key for address in wanted if (key := _membership(address))]
    named = {key.group for key in keys} | {address.key for address in wanted if address.type == GROUP}
    accounts, groups = read_accounts(client), read_groups(client)
    for dn in sorted(named - groups.keys()):
        elsewhere = read_group(client, dn)
        if elsewhere is not None:
            groups[dn] = elsewhere
    found = _Found(client, groups, accounts, placeholder_of(client))
    every = list(found.memberships(set(keys)))
    asked = set(wanted)
    kept = [one for one in every if one.in_scope or one.resource.address in asked]
    ours = [group_live(client.scope, group) for group in groups.values()]
    kept += [one for one in ours if one.in_scope or one.resource.address in asked]
    objects = {one.resource.address: one for one in kept}
    seen = {one.address: one for one in _observed(found, every, objects.keys(), keys)}
    return Snapshot(objects, tuple(check_wanted(client, groups, accounts, keys)), _facts(client), observed=seen)


def _membership(address: Address) -> MembershipKey | None:
    return MembershipKey.parse(address.key) if address.type == MEMBERSHIP else None


def _observed(
    found: _Found, every: Iterable[Live], objects: Collection[Address], wanted: Iterable[MembershipKey]
) -> Iterator[Resource]:
    """The groups of others above ours, and those that accounts are in by their gidNumber."""
    scope = found.client.scope
    above: dict[str, set[str]] = {}
    for one in every:
        key = _membership(one.resource.address)
        if key is not None and key.member in found.groups and one.resource.address not in objects:
            above.setdefault(key.member, set()).add(key.group)
    entered = [key for address in objects if (key := _membership(address))]
    by_gid = sorted(primary(found.groups, found.accounts))
    queue = {key.group for key in (*entered, *wanted)} | {dn for dn in found.groups if scope.settings.is_ours(dn)}
    queue = {dn for dn in queue | {group for _, group in by_gid} if dn in found.groups}
    seen: set[str] = set()
    while queue:
        dn = queue.pop()
        seen.add(dn)
        queue |= {group for group in above.get(dn, ()) if group not in seen}
    yield from (nesting(scope, dn, above.get(dn, ())) for dn in sorted(seen) if not scope.settings.is_ours(dn))
    yield from (primary_group(scope, account, group) for account, group in by_gid)


def _facts(client: LdapClient) -> dict[str, str]:
    base = client.settings.base
    entry = client.entry(base, ["entryUUID"])
    known = entry.one("entryUUID") if entry else ""
    return {
        "version": "LDAPv3",
        "base": base,
        PLACE: f"{base} ({known or 'unknown'})",
        "identity": client.identity.removeprefix("dn:"),
    }
