"""The operator's connections: where each system is and how to log in. Never part of the specs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from reconciler.compile.issuers import IssuerKeys
from reconciler.compile.systems import SystemBinding
from specs import Located, decode, load_file
from specs.base import SpecModel
from specs.diagnostic import Diagnostic, error
from specs.source import SourceSpan

VARIABLE = "WRIT_CONNECTIONS"


class IssuerConnection(SpecModel):
    """Where the operator finds an issuer's keys, when not where the spec says."""

    jwks_url: str | None = None
    """A JSON Web Key Set (RFC 7517)."""
    discovery_url: str | None = None
    """OpenID Connect Discovery's base URL."""
    public_keys: list[str] = []
    """PEM public keys."""


class EnvironmentConnections(SpecModel):
    """What differs in one environment."""

    systems: dict[str, dict[str, Any]] = {}
    issuers: dict[str, IssuerConnection] = {}


class ConnectionsSpec(SpecModel):
    """Connections of all environments, and overrides by environment."""

    systems: dict[str, dict[str, Any]] = {}
    """By system: the block of its provider."""
    issuers: dict[str, IssuerConnection] = {}
    environments: dict[str, EnvironmentConnections] = {}


class ConnectionsFile(SpecModel):
    """``kind: Connections``."""

    api_version: Literal["writ/v1"] = Field(alias="apiVersion")
    kind: Literal["Connections"]
    metadata: dict[str, Any] = {}
    spec: ConnectionsSpec


@dataclass(frozen=True, slots=True)
class Connections:
    """The decoded file, or none: then the tools' own environment says where everything is."""

    file: Located[ConnectionsFile] | None
    environ: Mapping[str, str]

    def block(self, environment: str, system: str) -> Located[dict[str, Any]]:
        """The system's block: the environment's own, else that of all environments, else empty."""
        if self.file is None:
            return Located({}, _Nowhere())
        spec = self.file.value.spec
        own = spec.environments.get(environment)
        if own is not None and system in own.systems:
            path = ("spec", "environments", environment, "systems", system)
            return Located(own.systems[system], self.file.locator, path)
        return Located(spec.systems.get(system, {}), self.file.locator, ("spec", "systems", system))

    def issuer_keys(self, environment: str) -> dict[str, IssuerKeys]:
        """Overrides of issuers' key sources."""
        if self.file is None:
            return {}
        spec = self.file.value.spec
        own = spec.environments.get(environment)
        merged = {**spec.issuers, **(own.issuers if own else {})}
        return {
            name: IssuerKeys(found.jwks_url or "", found.discovery_url or "", tuple(found.public_keys))
            for name, found in merged.items()
        }

    def decode(self, binding: SystemBinding) -> tuple[Any, tuple[Diagnostic, ...]]:
        """The provider's connection model for a system."""
        block = self.block(binding.scope.environment, binding.name)
        decoded, diagnostics = decode(binding.provider.connection_model, block)
        return decoded, diagnostics


def read_connections(
    path: str | None, environ: Mapping[str, str] | None = None
) -> tuple[Connections, tuple[Diagnostic, ...]]:
    """The file named by the flag, else by WRIT_CONNECTIONS, else none. Never one that merely lies about."""
    environ = os.environ if environ is None else environ
    name = path or environ.get(VARIABLE)
    if not name:
        return Connections(None, environ), ()
    loaded = load_file(Path(name))
    if loaded.diagnostics:
        return Connections(None, environ), loaded.diagnostics
    if len(loaded.documents) != 1:
        problem = error("W701", f"{name} must hold one document of kind Connections, it has {len(loaded.documents)}")
        return Connections(None, environ), (problem,)
    document = loaded.documents[0]
    decoded, diagnostics = decode(ConnectionsFile, Located(document.data, document.locator))
    if decoded is None:
        return Connections(None, environ), diagnostics
    return Connections(Located(decoded, document.locator), environ), diagnostics


class _Nowhere:
    """The place of a block that no file holds."""

    def span(self, path: tuple[str | int, ...]) -> SourceSpan:  # noqa: ARG002
        return SourceSpan("<no connections file>", 1, 1)
