"""What the specs need of a sandbox: systems in the order of their preparation, and who may ask for tokens."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.compile import SystemBinding


@dataclass(frozen=True, slots=True)
class Identity:
    """How an agent proves who it is in one environment."""

    issuer: str
    """The exact ``iss``."""
    subject: str
    audiences: Mapping[str, str]
    """System → the exact ``aud`` there."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment."""

    name: str
    systems: tuple[SystemBinding, ...]
    """Those that ask for logins come before the ones that mint them."""
    identities: Mapping[str, Identity]
    """By agent."""
    issuers: tuple[str, ...]
    """Names."""


@dataclass(frozen=True, slots=True)
class Blueprint:
    """All that a sandbox starts."""

    settings: tuple[Setting, ...]

    @property
    def systems(self) -> tuple[SystemBinding, ...]:
        """Every system of every environment."""
        return tuple(system for setting in self.settings for system in setting.systems)

    @property
    def digest(self) -> str:
        """Of all systems and their scopes, for which servers are prepared and the operator gets rights: SHA-256."""
        records = [
            [system.scope.environment, system.name, system.record.provider, system.record.settings]
            for system in self.systems
        ]
        return hashlib.sha256(json.dumps(sorted(records, key=str), sort_keys=True, default=str).encode()).hexdigest()

    @property
    def issuers(self) -> tuple[str, ...]:
        """The names of all environments' issuers."""
        return tuple(sorted({name for setting in self.settings for name in setting.issuers}))
