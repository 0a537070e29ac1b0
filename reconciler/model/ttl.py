"""For how long a credential is meant to live, and for how long its system lets it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """What a system can enforce of one pair's TTL."""

    enforced: int
    """Seconds after which nobody can use a credential any more."""
    why: str
    """What enforces it, and why not sooner. For people."""
    hinges: str = ""
    """What has to work at that moment for all use to end; empty: nothing has to."""
    until: str = ""
    """Where access stands instead of being obtained each time: until when, UTC, ISO 8601 (``enforced``: from now)."""


@dataclass(frozen=True, slots=True)
class Ttl:
    """One agent's TTL for one intent on one system."""

    agent: str
    intent: str
    system: str
    declared: int
    """Seconds."""
    limit: Limit

    @property
    def residual(self) -> int:
        """Seconds for which a credential may be used after its declared end."""
        return max(0, self.limit.enforced - self.declared)
