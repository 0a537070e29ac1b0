"""Accounts that are to go, as facts: the groups of others that they are in, who works with them, why one must stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from providers.ldap.directory import Accounts, Group, accounts_of, primary, read_accounts, read_groups
from providers.ldap.entry import Entry
from providers.ldap.keys import by_value
from providers.ldap.names import BY_CLASS, RETIRING
from providers.ldap.placeholder import placeholder_of
from providers.ldap.retiring.memberships import (
    ids_of,
    lines_of,
    memberships_of,
    merged,
    takes_again,
    values,
)
from providers.ldap.retiring.uses import LOGINS, connections, last_login
from reconciler.model import Live, Ownership, Resource, Retirable, Use
from reconciler.provider import Retiring

if TYPE_CHECKING:
    from providers.ldap.client import LdapClient

_ATTRIBUTES = ("objectClass", "uid", "gidNumber", "entryUUID", *LOGINS)
_TWICE = "two Retirements name it, in two spellings"


@dataclass(frozen=True, slots=True)
class Directory:
    """What is read once for all of them."""

    groups: Mapping[str, Group]
    """Every group, Writ's too."""
    placeholder: str
    uses: Mapping[str, Collection[Use]] | None


@dataclass(frozen=True, slots=True)
class Account:
    """One account, and the groups of others that it is in."""

    principal: str
    """As the specs write it."""
    dn: str
    entry: Entry | None
    """None where there is none, or this run's login may not see it."""
    accounts: Accounts
    """What POSIX groups call it."""
    lines: Mapping[str, list[str]]
    """By group: what it says of the account."""

    @property
    def native_id(self) -> str:
        """Of its entry."""
        return self.entry.one("entryUUID") if self.entry else ""


def directory(client: LdapClient) -> Directory:
    """The groups, and who is connected."""
    return Directory(read_groups(client), placeholder_of(client), connections(client))


def account(client: LdapClient, principal: str, known: Directory) -> Account | None:
    """One account; None where nothing is there of that name, and no group has it. Groups of Writ's don't count: who is
    in them nobody may be but by the specs.
    """
    dn = by_value(principal)
    entry = client.entry(dn, _ATTRIBUTES)
    accounts = accounts_of([entry] if entry else [])
    every = ((group, lines_of(group, dn, accounts, known.placeholder)) for group in known.groups.values())
    lines = {group.dn: found for group, found in every if found and not client.settings.is_ours(group.dn)}
    return Account(principal, dn, entry, accounts, lines) if entry or lines else None


def live(client: LdapClient, found: Account, known: Directory) -> Live:
    """In the form in which it is compared."""
    ids = {dn: group.uuid for dn, group in known.groups.items()}
    address = client.scope.address(RETIRING, found.principal)
    resource = Resource(address, values(found.lines, ids))
    return Live(resource, Ownership.UNMARKED, in_scope=False, native_id=found.native_id)


def look(client: LdapClient, wanted: Collection[Retiring]) -> dict[str, Retirable]:
    """Those that are there, by name."""
    known = directory(client)
    every = [(one, found) for one in wanted if (found := account(client, one.principal, known)) is not None]
    named = Counter(found.dn for _, found in every)
    return {
        one.principal: replace(made, never=(*made.never, _TWICE)) if named[found.dn] > 1 else made
        for one, found in every
        if (made := _retirable(client, one, found, known))
    }


def _retirable(client: LdapClient, asked: Retiring, found: Account, known: Directory) -> Retirable:
    now = live(client, found, known)
    back, lost = _undone(asked.before, now.resource, known) if asked.before else (None, ())
    return Retirable(
        now,
        "access of account",
        not found.lines,
        Resource(now.resource.address, values({}, {})),
        ends=tuple(_ends(found, known)),
        uses=(*(known.uses or {}).get(found.dn, ()), *(last_login(found.entry) if found.entry else ())),
        losing=("what is recorded of its memberships, for good; its entry and its password stay",),
        unseen=tuple(_unseen(found, known)),
        restored=back,
        lost=lost,
        stays=True,
        never=tuple(_never(client, found)),
    )


def _undone(before: Resource, now: Resource, known: Directory) -> tuple[Resource, tuple[str, ...]]:
    """It in its groups again, as far as these can take it, and in those that it came into since."""
    was, ids, there = memberships_of(before), ids_of(before), memberships_of(now)
    wrong = {dn: takes_again(known.groups.get(dn), ids.get(dn, ""), lines) for dn, lines in was.items()}
    again = there | {
        dn: merged(lines, there.get(dn, ()), known.placeholder) for dn, lines in was.items() if not wrong[dn]
    }
    lost = tuple(f"{dn} {why}: it can't be a member again" for dn, why in sorted(wrong.items()) if why)
    return Resource(now.address, values(again, {dn: known.groups[dn].uuid for dn in again})), lost


def _ends(found: Account, known: Directory) -> Iterator[str]:
    for group in sorted(found.lines):
        yield f"its membership of {group}"
    for _, group in primary(known.groups, found.accounts):
        yield f"nothing of what {group} gives: its own gidNumber puts it there, and stays"
    if found.entry is not None and not any(found.entry.one(name) for name in LOGINS):
        yield "what somebody does with it now and then: no record of its logins is seen, only who is connected now"


def _unseen(found: Account, known: Directory) -> Iterator[str]:
    if found.entry is None:
        yield "its entry isn't there, or this run's login may not see it: whether it is used can't be told"
    if known.uses is None:
        yield "who is connected can't be seen: that needs the server's monitor, and read on cn=Monitor"


def _never(client: LdapClient, found: Account) -> Iterator[str]:
    if by_value(client.identity.removeprefix("dn:")) == found.dn:
        yield f"{found.dn} is the login of this run"
    if found.entry is not None and {one.lower() for one in found.entry.all("objectClass")} & BY_CLASS.keys():
        yield f"{found.dn} is a group, and no account"
    names = {line.partition(": ")[2].lower() for lines in found.lines.values() for line in lines if "memberUid" in line}
    if names:
        agents = read_accounts(client).by_uid
        for uid in sorted(names & agents.keys()):
            yield f"POSIX groups call it {uid}, and so they call {agents[uid][0]}, an agent's account"
