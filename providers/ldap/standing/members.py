"""Who is in which groups, by itself and by groups in groups, whoever owns the groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from providers.ldap.access import LdapNever
from providers.ldap.directory import GROUP_ATTRIBUTES, Accounts, Group, group_of
from providers.ldap.filters import GROUPS
from providers.ldap.keys import UID, is_dn
from providers.ldap.overlap import forbids
from providers.ldap.standing.gaps import Gaps
from reconciler.provider import Denied

if TYPE_CHECKING:
    from providers.ldap.client import LdapClient

_MOST_NAMED = 3


@dataclass(slots=True)
class Members:
    """Of all groups at the base and below."""

    groups: Mapping[str, Group]
    privileged: frozenset[str]
    direct: dict[str, set[str]] = field(default_factory=dict)
    """An account's DN, or ``memberUid:NAME`` → groups. Groups in groups are here too."""
    _above: dict[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, client: LdapClient, gaps: Gaps, accounts: Accounts, placeholder: str) -> Members:
        """In one paged search."""
        groups: dict[str, Group] = {}
        for entry in client.search(client.settings.base, GROUPS, GROUP_ATTRIBUTES) or ():
            try:
                found = group_of(entry)
            except Denied as hidden:
                gaps.add(f"members of {entry.dn}", hidden.message, hidden.help)
                continue
            groups[found.dn] = found
        named = LdapNever(groups=client.settings.privileged) if client.settings.privileged else None
        made = cls(groups, frozenset(dn for dn in groups if named is not None and forbids(named, dn)))
        for group in groups.values():
            for member in group.members(accounts, placeholder):
                made.join(member, group.dn)
        return made

    def join(self, member: str, group: str) -> None:
        """Another membership."""
        self.direct.setdefault(member, set()).add(group)

    def renamed(self, uid: str, dns: Iterable[str]) -> None:
        """A uid's memberships are those of the accounts that have it."""
        groups = self.direct.pop(f"{UID}{uid}", set())
        for dn in dns:
            self.direct.setdefault(dn, set()).update(groups)

    @property
    def uids(self) -> dict[str, str]:
        """In lower case → as they are written here: of members that no account of the agents has."""
        return {one.removeprefix(UID).lower(): one.removeprefix(UID) for one in self.direct if one.startswith(UID)}

    @property
    def dns(self) -> list[str]:
        """Of accounts: groups in groups are left out, and the empty DN, which is nobody's."""
        return sorted(one for one in self.direct if one and is_dn(one) and one not in self.groups)

    @property
    def nobody(self) -> list[str]:
        """Members that are neither DN nor uid."""
        return sorted(one for one in self.direct if not is_dn(one) and not one.startswith(UID))

    def all_of(self, member: str) -> dict[str, str]:
        """Groups that it comes to → the one of its own by which it does; empty for its own."""
        own = self.direct.get(member, set())
        found = dict.fromkeys(sorted(own), "")
        for group in sorted(own):
            for other in sorted(self._closure(group)):
                found.setdefault(other, group)
        return found

    def _closure(self, group: str) -> frozenset[str]:
        if group not in self._above:
            seen, queue = {group}, [group]
            while queue:
                for other in self.direct.get(queue.pop(), ()):
                    if other not in seen:
                        seen.add(other)
                        queue.append(other)
            self._above[group] = frozenset(seen - {group})
        return self._above[group]


def few(names: list[str]) -> str:
    """The first of them."""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
