"""Single-value changes of one group, worked out from what is there now, and again where that moved meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from providers.ldap.directory import Accounts, Group, Member, noted, read_account, read_group
from providers.ldap.dn import folded, name_of
from providers.ldap.entry import Modification
from providers.ldap.errors import Moved
from providers.ldap.keys import MembershipKey, is_dn
from providers.ldap.names import NEEDS_A_MEMBER
from providers.ldap.notes import note, note_text
from reconciler.provider import Rejected

if TYPE_CHECKING:
    from providers.ldap.client import LdapClient

_LOOKS = 4
"""How often a group that others change at the same time is looked at again."""


def converge(
    client: LdapClient, dn: str, wanted: Callable[[Group], Sequence[Modification]], seen: Group | None = None
) -> None:
    """Do what ``wanted`` says of the group as it is. Nothing where it says nothing, or the group has gone.

    ``seen``: as it was read just now.
    """
    for look in range(1, _LOOKS + 1):
        group = seen if seen is not None and look == 1 else read_group(client, dn)
        changes = wanted(group) if group is not None else ()
        if not changes:
            return
        try:
            client.modify(dn, changes)
        except Moved:
            if look == _LOOKS:
                raise
        else:
            return


def joining(key: MembershipKey, accounts: Accounts, expires: str) -> Callable[[Group], list[Modification]]:
    """A member comes in, and its end is noted, in one change."""

    def changes(group: Group) -> list[Modification]:
        found = group.members(accounts).get(key.member)
        comes = [] if found else [Modification(group.attribute, _value(key.member, group, accounts), adds=True)]
        return [*comes, *ending(key, accounts, expires)(group)]

    return changes


def ending(key: MembershipKey, accounts: Accounts, expires: str) -> Callable[[Group], list[Modification]]:
    """The note of a member's end becomes this one, and the only one."""

    def changes(group: Group) -> list[Modification]:
        wanted = note_text(expires, key.member) if expires else ""
        held = _notes(key.member, group, accounts)
        goes = [Modification("description", raw, adds=False) for raw in held if raw.lower() != wanted.lower()]
        kept = len(goes) < len(held)
        return [*goes, *([Modification("description", wanted, adds=True)] if wanted and not kept else [])]

    return changes


def leaving(key: MembershipKey, accounts: Accounts, placeholder: str) -> Callable[[Group], list[Modification]]:
    """A member goes by every value by which it is in, with its notes; where nobody is left, the placeholder comes."""

    def changes(group: Group) -> list[Modification]:
        found = group.members(accounts).get(key.member, Member())
        goes = [Modification(attribute, raw, adds=False) for attribute, raw in found.values]
        comes = [
            Modification(attribute, placeholder, adds=True)
            for attribute in sorted({attribute for attribute, _ in found.values} & NEEDS_A_MEMBER)
            if all(value in found.values for value in group.values if value[0] == attribute)
        ]
        notes = [Modification("description", raw, adds=False) for raw in _notes(key.member, group, accounts)]
        return [*comes, *goes, *notes]

    return changes


def accounts_for(client: LdapClient, key: MembershipKey) -> Accounts:
    """What POSIX groups call the member, if it is an account of the agents."""
    if is_dn(key.member) and client.settings.is_agents(key.member):
        return read_account(client, key.member)
    return Accounts(frozenset(), {}, {}, {})


def _notes(member: str, group: Group, accounts: Accounts) -> list[str]:
    return [raw for raw in group.description if (one := note(raw)) and member in noted(one, accounts)]


def _value(member: str, group: Group, accounts: Accounts) -> str:
    if group.attribute in NEEDS_A_MEMBER:
        return member
    uids = accounts.uids.get(member, ())
    if not uids:
        raise Rejected(
            f"{member} has no uid, by which {group.dn} names its members",
            help="give the account a uid, then plan again",
        )
    return next((uid for uid in uids if folded(uid) == name_of(member)), uids[0])
