"""Attempts to get in: who times what, at each system, by real logins and the servers' own answers."""

from __future__ import annotations

from collections.abc import Iterator

from tests.e2e.hands import Hands

SESSION = "session of "
"""How a principal begins that came in before a run."""
Passed = Iterator[tuple[str, str]]
"""(Principal, action)."""


class Door:
    """At one system."""

    def __init__(self) -> None:
        self.made: set[str] = set()
        """What our own logins leave, by parts of the names of facts: that isn't the product's."""

    def log_in(self, hands: Hands) -> None:
        """Whoever may log in now does, and stays: what is closed must close to them too."""

    def passed(self, hands: Hands) -> Passed:
        """Who gets through with what, now."""
        raise NotImplementedError

    def count(self, hands: Hands) -> int:
        """How many are tried."""
        raise NotImplementedError

    def close(self, hands: Hands) -> None:
        """End what logins there still are."""


class Probes:
    """At all of an example's systems."""

    def __init__(self, *doors: Door) -> None:
        self._doors = doors

    @property
    def made(self) -> set[str]:
        """See Door."""
        return set().union(*(door.made for door in self._doors))

    def log_in(self, hands: Hands) -> None:
        """At each door."""
        for door in self._doors:
            door.log_in(hands)

    def passed(self, hands: Hands) -> set[tuple[str, str]]:
        """(Principal, action) that passes now."""
        return {one for door in self._doors for one in door.passed(hands)}

    def count(self, hands: Hands) -> int:
        """How many are tried."""
        return sum(door.count(hands) for door in self._doors)

    def close(self, hands: Hands) -> None:
        """End what logins there still are."""
        for door in self._doors:
            door.close(hands)
