"""Entries of accounts, wherever they are: in pages or in batches, and whether each has a password, never which."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from providers.ldap.dn import parent_of, parse
from providers.ldap.entry import Entry, Within
from providers.ldap.filters import ANYTHING, any_of, equals
from providers.ldap.keys import by_value
from providers.ldap.names import BY_CLASS
from providers.ldap.standing.gaps import Gaps

if TYPE_CHECKING:
    from providers.ldap.client import LdapClient

ATTRIBUTES = (
    *("objectClass", "uid", "gidNumber", "loginShell", "createTimestamp", "pwdChangedTime", "pwdEndTime"),
    *("authTimestamp", "pwdLastSuccess", "pwdAccountLockedTime", "pwdReset", "pwdPolicySubentry"),
)
"""RFC 4512, RFC 2307, slapo-ppolicy(5), slapd-config(5) (lastbind), slapo-lastbind(5). Those that a schema lacks are
not there."""
_NO_ACCOUNTS = frozenset(
    (*BY_CLASS, "organizationalunit", "organization", "dcobject", "domain", "container", "locality", "country")
) | {"pwdpolicy", "referral", "alias", "groupofurls"}
_DN_ONLY = ("1.1",)
_BATCH = 100
_HAS = "(userPassword=*)"


@dataclass(slots=True)
class Accounts:
    """What was found, by DN in normal form."""

    client: LdapClient
    gaps: Gaps
    entries: dict[str, Entry] = field(default_factory=dict)
    passwords: dict[str, bool] = field(default_factory=dict)
    """Whether it has one; who isn't in it may have one."""

    def everybody_below(self, place: str) -> list[Entry]:
        """Of a whole subtree, but for the place itself. Raises ProviderError."""
        return [one for one in self._read(place, ANYTHING, Within.BELOW) if by_value(one.dn) != place]

    def named(self, dns: Collection[str]) -> None:
        """These, by their names, many at once."""
        for parent, names in _by_parent(dn for dn in dns if dn not in self.entries):
            for start in range(0, len(names), _BATCH):
                batch = names[start : start + _BATCH]
                self._some(parent, any_of(each for _, each in batch), {dn for dn, _ in batch})

    def of_uids(self, root: str, uids: Collection[str]) -> dict[str, list[str]]:
        """Accounts that have a uid, anywhere below a root: uid in lower case → DNs."""
        return self._of_values(root, "uid", uids)

    def of_gids(self, root: str, gids: Collection[str]) -> dict[str, list[str]]:
        """The same of a gidNumber of their own."""
        return self._of_values(root, "gidNumber", gids)

    def _of_values(self, root: str, attribute: str, values: Collection[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        wanted = sorted(values)
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            for one in self._some(root, any_of(equals(attribute, value) for value in batch), None):
                for value in one.all(attribute):
                    if value.lower() in batch:
                        found.setdefault(value.lower(), []).append(by_value(one.dn))
        return found

    def _some(self, base: str, wanted: str, dns: Collection[str] | None) -> list[Entry]:
        nobody: list[Entry] = []
        return self.gaps.read(f"entries below {base}", lambda: self._read(base, wanted, Within.BELOW, dns), nobody)

    def _read(self, base: str, wanted: str, within: Within, dns: Collection[str] | None = None) -> list[Entry]:
        found = [one for one in self.client.search(base, wanted, ATTRIBUTES, within) or () if is_account(one)]
        kept = [one for one in found if dns is None or by_value(one.dn) in dns]
        self.entries.update((by_value(one.dn), one) for one in kept)
        # A filter on what may not be searched is true of nothing, and so is its negation: it isn't known then.
        for has, text in ((True, _HAS), (False, f"(!{_HAS})")):
            for one in self.client.search(base, f"(&{wanted}{text})", _DN_ONLY, within) or ():
                self.passwords[by_value(one.dn)] = has
        return kept


def is_account(entry: Entry) -> bool:
    """Whether somebody may be behind it: no group, and nothing that only holds others."""
    return not {one.lower() for one in entry.all("objectClass")} & _NO_ACCOUNTS


def _by_parent(dns: Iterable[str]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each place with the names in it: a DN, and the filter that finds it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for dn in sorted(dns):
        rdn = parse(dn)[0]
        text = "".join(equals(kind, value) for kind, value in rdn)
        found.setdefault(parent_of(dn), []).append((dn, f"(&{text})" if len(rdn) > 1 else text))
    yield from found.items()
