"""A directory: every value of every entry, and who may read what an application guards by its groups."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from tests.e2e.hands import Hands
from tests.faults.oracle.probes import SESSION, Door, Passed

with warnings.catch_warnings():
    # ldap3 uses names that pyasn1 has given others since.
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3


def facts(hands: Hands) -> Iterator[tuple[str, str]]:
    """Each value by itself: a member that is one too many is an orphan."""
    for entry in hands.directory.extend.standard.paged_search(hands.ground.suffix, "(objectClass=*)", attributes="*"):
        for name, values in entry["raw_attributes"].items():
            for value in values:
                yield f"ldap {entry['dn']} {name}={value.decode()}", ""


class AtLdap(Door):
    """``accounts``: DN and password, by the principal's name; both empty for nobody. ``entries``: what each reads."""

    def __init__(self, accounts: Mapping[str, tuple[str, str]], entries: tuple[str, ...]) -> None:
        super().__init__()
        self._accounts, self._entries = accounts, entries
        self._sessions: dict[str, Any] = {}

    def log_in(self, hands: Hands) -> None:
        """Each account stays bound."""
        self.close(hands)
        self._sessions = {f"{SESSION}{who}": session for who, session in self._bound(hands)}

    def passed(self, hands: Hands) -> Passed:
        """By new logins and by old ones."""
        for who, session in self._bound(hands):
            yield who, "log in"
            for entry in self._read_by(session):
                yield who, f"read {entry}"
            session.unbind()
        for who, session in self._sessions.items():
            for entry in self._read_by(session):
                yield who, f"read {entry}"

    def count(self, hands: Hands) -> int:
        """How many are tried."""
        return len(self._accounts) * (len(self._entries) + 1) + len(self._sessions) * len(self._entries)

    def close(self, hands: Hands) -> None:
        """End the sessions."""
        while self._sessions:
            self._sessions.popitem()[1].unbind()

    def _bound(self, hands: Hands) -> Iterator[tuple[str, Any]]:
        for who, (dn, password) in self._accounts.items():
            session = ldap3.Connection(hands.directory.server, dn or None, password or None)
            if session.bind():
                yield who, session
            else:
                session.unbind()

    def _read_by(self, session: Any) -> Iterator[str]:
        for entry in self._entries:
            if session.search(entry, "(objectClass=*)", ldap3.BASE) and session.response:
                yield entry
