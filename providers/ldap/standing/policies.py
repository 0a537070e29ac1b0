"""Password policies (slapo-ppolicy(5)): whether a password ends, and whether a lock counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from providers.ldap.entry import Entry
from providers.ldap.keys import by_value
from providers.ldap.standing.gaps import Gaps
from providers.ldap.standing.times import moment

if TYPE_CHECKING:
    from providers.ldap.client import LdapClient

_CONTROL = "1.3.6.1.4.1.42.2.27.8.5.1"
"""What a server with the overlay says that it supports (draft-behera-ldap-password-policy)."""
_FOR_EVER = "000001010000Z"
_WHAT = "whether passwords end"


@dataclass(frozen=True, slots=True)
class Policy:
    """What one says."""

    max_age: int = 0
    """Seconds; 0 for ever."""
    locks: bool = False
    """Whether a lock keeps anybody out."""


NO_POLICY = Policy()


@dataclass(slots=True)
class Policies:
    """Of one directory."""

    client: LdapClient
    gaps: Gaps
    _known: dict[str, Policy | None] = field(default_factory=dict)
    _overlay: bool | str | None = ""
    """Empty before it was asked."""

    def of(self, entry: Entry) -> Policy | None:
        """The one that an account is under; None where it isn't known."""
        named = entry.one("pwdPolicySubentry")
        if named:
            return self._at(by_value(named))
        if self._overlay == "":
            self._overlay = self._has_overlay()
        if self._overlay is False:
            return NO_POLICY
        default = self.client.settings.password_policy
        if default:
            return self._at(default)
        why = "which password policy is the default stands in the server's own configuration"
        self.gaps.add(_WHAT, why, "name it in the Environment: password_policy")
        return None

    def _at(self, dn: str) -> Policy | None:
        if dn not in self._known:
            self._known[dn] = self._read(dn)
        return self._known[dn]

    def _read(self, dn: str) -> Policy | None:
        entry = self.gaps.read(_WHAT, lambda: self.client.entry(dn, ("pwdMaxAge", "pwdLockout", "objectClass")), None)
        if entry is None or not entry.all("objectClass"):
            self.gaps.add(f"the password policy {dn}", "it isn't there, or this login may not see it")
            return None
        age = entry.one("pwdMaxAge")
        return Policy(int(age) if age.isdecimal() else 0, entry.one("pwdLockout").upper() == "TRUE")

    def _has_overlay(self) -> bool | None:
        """None where the server doesn't tell what it supports."""
        root = self.client.entry("", ("supportedControl",))
        controls = root.all("supportedControl") if root else ()
        return _CONTROL in controls if controls else None


@dataclass(frozen=True, slots=True)
class Password:
    """One account's, as far as it is told."""

    changed: datetime | None
    expires: datetime | None
    endless: bool
    locked: bool
    """For ever, and the policy makes it count."""


def password_of(entry: Entry, policy: Policy | None) -> Password:
    """By the account's own notes and its policy."""
    changed, end = moment(entry.one("pwdChangedTime")), moment(entry.one("pwdEndTime"))
    ages = _later(changed, policy.max_age) if policy is not None and policy.max_age and changed else None
    expires = min((one for one in (ages, end) if one is not None), default=None)
    # Without a note of its change the overlay ends no password; but the note may only be hidden from us.
    endless = expires is None and policy is not None and not policy.max_age
    locked = entry.one("pwdAccountLockedTime") == _FOR_EVER and policy is not None and policy.locks
    return Password(changed, expires, endless, locked)


def _later(moment_: datetime, seconds: int) -> datetime | None:
    try:
        return moment_ + timedelta(seconds=seconds)
    except OverflowError:
        return None
