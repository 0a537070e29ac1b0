"""A plan's changes of access added up: for each agent and intent, and for each system."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.access.comparison import summed
from reconciler.model.access import AccessRow, Mover, Verdict

WIDER = frozenset({Verdict.WIDENS, Verdict.INCOMPARABLE})
"""Something is gained, for certain."""
PERHAPS_WIDER = frozenset({Verdict.MAY_WIDEN, Verdict.UNKNOWN})
"""Whether something is gained can't be told: to be read as a widening."""


@dataclass(frozen=True, slots=True)
class Total:
    """Rows of one mover that belong together, and one verdict for them."""

    mover: Mover
    name: tuple[str, str]
    """Agent and intent, both empty where no spec declares the principal; or the system and nothing."""
    verdict: Verdict
    rows: tuple[AccessRow, ...]

    @property
    def alarms(self) -> bool:
        """Whether somebody must look: access is, or may be, gained."""
        return self.verdict in WIDER or self.verdict in PERHAPS_WIDER


def by_pair(rows: Iterable[AccessRow]) -> tuple[Total, ...]:
    """One for each mover, agent and intent, in the rows' order."""
    return _totals((row.mover, (row.agent, row.intent), row) for row in rows)


def by_system(rows: Iterable[AccessRow]) -> tuple[Total, ...]:
    """One for each mover and system, in the rows' order."""
    return _totals((row.mover, (row.system, ""), row) for row in rows)


def wider_first(rows: Sequence[AccessRow]) -> list[AccessRow]:
    """Certain widenings, then what can't be told, then the rest; otherwise in their order."""
    return sorted(rows, key=lambda row: alarm(row.change.comparison.verdict))


def alarm(verdict: Verdict) -> int:
    """For sorting: 0 where something is gained for certain, 1 where that can't be told, 2 for the rest."""
    return 0 if verdict in WIDER else 1 if verdict in PERHAPS_WIDER else 2


def _totals(named: Iterable[tuple[Mover, tuple[str, str], AccessRow]]) -> tuple[Total, ...]:
    groups: dict[tuple[Mover, tuple[str, str]], list[AccessRow]] = {}
    for mover, name, row in named:
        groups.setdefault((mover, name), []).append(row)
    return tuple(
        Total(mover, name, summed(row.change.comparison.verdict for row in group), tuple(group))
        for (mover, name), group in groups.items()
    )
