"""What can't be planned on a directory as it is: accounts and groups that aren't there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from providers.ldap.directory import Accounts, Group
from providers.ldap.keys import MembershipKey
from providers.ldap.names import MEMBERSHIP, POSIX_GROUP
from specs.diagnostic import Diagnostic, error

if TYPE_CHECKING:
    from providers.ldap.client import LdapClient


def check_wanted(
    client: LdapClient, groups: Mapping[str, Group], accounts: Accounts, wanted: Iterable[MembershipKey]
) -> Iterator[Diagnostic]:
    """One error for each membership that can't be: by its account, or by its group."""
    settings = client.settings
    for key in sorted(wanted):
        subject = str(client.address(MEMBERSHIP, str(key)))
        group = groups.get(key.group)
        if settings.is_agents(key.member) and key.member not in accounts.dns:
            advice = "make it, with a password that only the agent has"
            yield error("W444", f"account {key.member} isn't there", subject=subject, help=advice)
        elif group is None and not settings.is_ours(key.group):
            advice = f"have it made, or name one that Writ makes: {settings.group_prefix}…"
            yield error("W443", f"{key.group} is no group here", subject=subject, help=advice)
        elif group and group.object_class == POSIX_GROUP.lower() and (wrong := _uid_trouble(key.member, accounts)):
            what = f"{key.member} {wrong}, by which {key.group} names its members"
            yield error("W444", what, subject=subject, help="give the account a uid of its own")


def _uid_trouble(member: str, accounts: Accounts) -> str:
    uids = accounts.uids.get(member)
    if uids is None:
        return ""
    return "" if any(len(accounts.by_uid[uid.lower()]) == 1 for uid in uids) else "has no uid of its own"
