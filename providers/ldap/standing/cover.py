"""Which accounts of the specs are in all groups that a found account is in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from providers.ldap.keys import MembershipKey
from providers.ldap.names import MEMBERSHIP
from providers.ldap.standing.account import Held
from reconciler.model import Address, Resource


@dataclass(frozen=True, slots=True)
class Cover:
    """Wanted memberships by account: an account is one for all intents of its agent."""

    groups: Mapping[str, Mapping[str, Address]]
    members: Mapping[str, list[str]] = field(default_factory=dict)
    """Group → accounts."""

    @classmethod
    def of(cls, objects: Mapping[Address, Resource]) -> Cover:
        """By their keys."""
        groups: dict[str, dict[str, Address]] = {}
        members: dict[str, list[str]] = {}
        for address in objects:
            key = MembershipKey.parse(address.key) if address.type == MEMBERSHIP else None
            if key is not None:
                groups.setdefault(key.member, {})[key.group] = address
                members.setdefault(key.group, []).append(key.member)
        return cls(groups, members)

    def covering(self, access: object) -> Iterator[Address]:
        """Their memberships in these groups; never the account itself, which stands for itself."""
        if not isinstance(access, Held) or not access.groups:
            return
        rarest = min((self.members.get(group, []) for group in access.groups), key=len)
        for account in rarest:
            into = self.groups[account]
            if account != access.account and access.groups <= into.keys():
                yield from (into[group] for group in sorted(access.groups))
