"""Groups and accounts as they were read, and who is in a group by its values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from providers.ldap.entry import Entry, Within
from providers.ldap.filters import ANYTHING, GROUPS
from providers.ldap.keys import by_uid, by_value
from providers.ldap.names import BY_CLASS, NEEDS_A_MEMBER, POSIX_GROUP
from providers.ldap.notes import Note, note
from reconciler.provider import Denied

if TYPE_CHECKING:
    from providers.ldap.client import LdapClient

GROUP_ATTRIBUTES = ("objectClass", "member", "uniqueMember", "memberUid", "gidNumber", "description", "entryUUID")
_ACCOUNT = ("uid", "gidNumber")
_OPTIONAL_UID = re.compile(r"#'[01]*'B$")
"""What may follow the DN in uniqueMember (RFC 4517, 3.3.21)."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """The agents' accounts by what POSIX groups call them."""

    dns: frozenset[str]
    by_uid: Mapping[str, tuple[str, ...]]
    """A uid in lower case → DNs in normal form. More than one is nobody's intention, and each counts."""
    by_gid: Mapping[str, tuple[str, ...]]
    uids: Mapping[str, tuple[str, ...]]
    """DN → its uids, as the server writes them."""


@dataclass(slots=True)
class Member:
    """One member of a group."""

    values: list[tuple[str, str]] = field(default_factory=list)
    """Attributes and values, as the server holds them, by which it is in."""
    notes: list[Note] = field(default_factory=list)

    @property
    def expires(self) -> str:
        """The earliest end that is noted; empty for none."""
        return min((one.until for one in self.notes), default="")


@dataclass(frozen=True, slots=True)
class Group:
    """A group's entry."""

    dn: str
    """In normal form."""
    classes: frozenset[str]
    """In lower case."""
    values: tuple[tuple[str, str], ...]
    """Every member value with its attribute."""
    gid: str
    description: tuple[str, ...]
    """All values, notes too."""
    uuid: str

    @property
    def object_class(self) -> str:
        """The class by which it is a group; of one derived from these, what its members are written like."""
        known = (name for name in BY_CLASS if name in self.classes)
        written = next((attribute for attribute, _ in self.values), "member")
        return next(known, next(name for name, attribute in BY_CLASS.items() if attribute == written))

    @property
    def attribute(self) -> str:
        """Where a new member is written to."""
        return BY_CLASS[self.object_class]

    @property
    def texts(self) -> list[str]:
        """What else its description says, sorted."""
        return sorted(one for one in self.description if note(one) is None)

    def members(self, accounts: Accounts, placeholder: str = "") -> dict[str, Member]:
        """Who is in it, but for the placeholder. A note about somebody who isn't in it says nothing."""
        found: dict[str, Member] = {}
        for attribute, raw in self.values:
            for member in who(attribute, raw, accounts):
                if member == placeholder:
                    continue
                found.setdefault(member, Member()).values.append((attribute, raw))
        for raw in self.description:
            one = note(raw)
            for member in noted(one, accounts) if one else ():
                if one is not None and member in found:
                    found[member].notes.append(one)
        return found


def who(attribute: str, raw: str, accounts: Accounts) -> tuple[str, ...]:
    """The members that a value is."""
    if attribute == "memberUid":
        return accounts.by_uid.get(raw.lower(), ()) or (by_uid(raw),)
    if attribute == "uniqueMember":
        return (by_value(_OPTIONAL_UID.sub("", raw)),)
    return (by_value(raw),)


def noted(one: Note, accounts: Accounts) -> tuple[str, ...]:
    """The members that a note may be about: by a DN, or by a uid."""
    if "=" in one.member:
        return (by_value(one.member),)
    return (*accounts.by_uid.get(one.member.lower(), ()), by_uid(one.member))


def read_accounts(client: LdapClient) -> Accounts:
    """All below the place of the agents' accounts."""
    return accounts_of(client.search(client.settings.accounts, ANYTHING, _ACCOUNT) or ())


def read_account(client: LdapClient, dn: str) -> Accounts:
    """One account: enough to know how POSIX groups call it."""
    found = client.entry(dn, _ACCOUNT)
    return accounts_of([found] if found else [])


def accounts_of(entries: Iterable[Entry]) -> Accounts:
    """Accounts by what they are called."""
    by_uid_: dict[str, tuple[str, ...]] = {}
    by_gid: dict[str, tuple[str, ...]] = {}
    uids: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        dn = by_value(entry.dn)
        uids[dn] = entry.all("uid")
        for uid in uids[dn]:
            by_uid_[uid.lower()] = (*by_uid_.get(uid.lower(), ()), dn)
        for gid in entry.all("gidNumber"):
            by_gid[gid] = (*by_gid.get(gid, ()), dn)
    return Accounts(frozenset(uids), by_uid_, by_gid, uids)


def read_groups(client: LdapClient) -> dict[str, Group]:
    """Every group of a known class at the base and below, by DN. Raises Denied where members are hidden from us."""
    return {one.dn: one for one in map(group_of, client.search(client.settings.base, GROUPS, GROUP_ATTRIBUTES) or ())}


def read_group(client: LdapClient, dn: str) -> Group | None:
    """One group, wherever it is; None where there is none, or no group is there."""
    found = client.search(dn, GROUPS, GROUP_ATTRIBUTES, Within.ENTRY)
    return group_of(found[0]) if found else None


def group_of(entry: Entry) -> Group:
    """An entry as a group. Raises Denied where it must have members, and shows none."""
    classes = frozenset(one.lower() for one in entry.all("objectClass"))
    values = tuple((attribute, raw) for attribute in BY_CLASS.values() for raw in entry.all(attribute))
    demanded = {BY_CLASS[name] for name in classes & BY_CLASS.keys()} & NEEDS_A_MEMBER
    hidden = demanded - {attribute for attribute, _ in values}
    if hidden:
        raise Denied(
            f"{entry.dn} shows no {min(hidden)}, and its class demands one: this login may not see its members",
            help="`writ permissions plan` prints what the login needs",
        )
    dn = by_value(entry.dn)
    return Group(dn, classes, values, entry.one("gidNumber"), entry.all("description"), entry.one("entryUUID"))


def primary(groups: Mapping[str, Group], accounts: Accounts) -> Iterator[tuple[str, str]]:
    """Accounts and the POSIX groups that their own gidNumber puts them in (RFC 2307, 5.3)."""
    for group in groups.values():
        if POSIX_GROUP.lower() in group.classes and group.gid:
            yield from ((account, group.dn) for account in accounts.by_gid.get(group.gid, ()))
