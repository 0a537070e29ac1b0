"""An account on its way out: taken out of the groups of others, put back into them, or left out for good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from providers.ldap.converge import converge, leaving
from providers.ldap.keys import MembershipKey
from providers.ldap.names import RETIRING
from providers.ldap.retiring.look import Account, Directory, account, directory, live
from providers.ldap.retiring.memberships import joining_again, memberships_of
from reconciler.model import Live, Resource, Use
from reconciler.provider import Attribute, Conflict, Denied, ProviderError, Rejected, ResourceType

if TYPE_CHECKING:
    from providers.ldap.client import LdapClient  # imports the SDK

    Base: TypeAlias = ResourceType[LdapClient]
else:
    Base = ResourceType

_AGAIN = "plan again"


class RetiringAccountType(Base):
    """Key: the account's DN, as the specs write it. Somebody else's account, before and after."""

    name: ClassVar[str] = RETIRING
    borrowed: ClassVar[bool] = True
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "memberships": Attribute("The groups of others that it is in, with the values that say so, and their notes."),
        "group_ids": Attribute("These groups' entryUUID: one made anew under a name is another.", computed=True),
    }

    def read(self, client: LdapClient, key: str) -> Live | None:
        """One account."""
        known = directory(client)
        found = account(client, key, known)
        return live(client, found, known) if found is not None else None

    def create(self, client: LdapClient, desired: Resource) -> None:  # noqa: ARG002
        """Never: Writ makes no accounts."""
        raise Rejected(f"account {desired.address.key} is gone, and can't be made again as it was")

    def update(self, client: LdapClient, before: Live, desired: Resource) -> None:
        """Take it out of every group, or put it back, group by group: a run after one that died goes on.

        Raises Conflict where somebody works with it, or put it into another group meanwhile.
        """
        found, known = _same(client, before)
        wanted = memberships_of(desired)
        if not wanted and found.lines:
            _unused(found, known)
            _recorded(found, before)
        refused: list[ProviderError] = []
        for group in sorted(wanted or found.lines):
            if wanted:
                changes = joining_again(wanted[group], known.placeholder)
            else:
                key = MembershipKey(found.dn, group)
                changes = leaving(key, found.accounts, client.settings.placeholder)
            try:
                converge(client, group, changes, known.groups.get(group))
            except (Conflict, Denied, Rejected) as failed:
                refused.append(failed)  # the other groups are not its matter
        if refused:
            raise refused[0]

    def delete(self, client: LdapClient, before: Live) -> None:
        """Give up what was taken away: what is recorded of it goes. Its entry is not Writ's to remove."""
        found, known = _same(client, before)
        if found.lines:
            raise Conflict(f"{found.dn} is in {min(found.lines)}: somebody put it there since the plan", help=_AGAIN)
        _unused(found, known)


def _same(client: LdapClient, before: Live) -> tuple[Account, Directory]:
    """The very account that was read for the plan."""
    key, known = before.resource.address.key, directory(client)
    found = account(client, key, known)
    if found is None:
        raise Conflict(f"{key} has gone since it was read", help=_AGAIN)
    if found.native_id != before.native_id:
        raise Conflict(f"{key} is another account by now", help="look who made it, then plan again")
    return found, known


def _recorded(found: Account, before: Live) -> None:
    """What isn't recorded couldn't be given back."""
    was = memberships_of(before.resource)
    news = [group for group, lines in found.lines.items() if not set(lines) <= set(was.get(group, ()))]
    if news:
        raise Conflict(f"{found.dn} came into {min(news)} since the plan, or its membership changed", help=_AGAIN)


def _unused(found: Account, known: Directory) -> None:
    if known.uses is None:
        raise Conflict(f"whether {found.dn} is in use can't be seen", help="let this run's login read cn=Monitor")
    busy = [_told(use) for use in known.uses.get(found.dn, ())]
    if busy:
        message = f"{found.dn} is in use: {'; '.join(busy[:5])}"
        raise Conflict(message, help="have whoever it is use what replaces it, then plan again")


def _told(use: Use) -> str:
    return f"{use.who} from {use.origin}"
