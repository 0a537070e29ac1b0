"""The operator's connections: where each system is and how to log in. Never part of the specs."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from reconciler.compile.issuers import IssuerKeys
from reconciler.compile.systems import SystemBinding
from specs import Environment, Located, decode, load_file
from specs.base import SpecModel, spec_error
from specs.diagnostic import Diagnostic, Severity, error
from specs.fields import PublicKey, Url
from specs.source import Locator, Path, SourceSpan
from specs.suggest import hint

VARIABLE = "WRIT_CONNECTIONS"


class IssuerConnection(SpecModel):
    """Where the operator finds an issuer's keys, when not where the spec says."""

    jwks_url: Url | None = None
    """A JSON Web Key Set (RFC 7517)."""
    discovery_url: Url | None = None
    """OpenID Connect Discovery's base URL."""
    public_keys: list[PublicKey] = []
    """PEM public keys."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in ("jwks_url", "discovery_url", "public_keys") if getattr(self, name)]
        if len(given) != 1:
            found = f"{' and '.join(given)} exclude each other" if given else "no source of keys"
            raise spec_error("W121", found, "one of jwks_url, discovery_url, public_keys")
        return self


class Blocks(SpecModel):
    """Connections by name."""

    systems: dict[str, dict[str, Any]] = {}
    """By system: the block of its provider."""
    issuers: dict[str, IssuerConnection] = {}


class EnvironmentConnections(Blocks):
    """What differs in one environment."""


class ConnectionsSpec(Blocks):
    """Connections of all environments, and what differs in one."""

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
        """The system's block: that of all environments, each field as the environment's own block sets it."""
        if self.file is None:
            return Located({}, _Nowhere())
        spec, shared = self.file.value.spec, ("spec", "systems", system)
        own = spec.environments.get(environment, EnvironmentConnections()).systems.get(system)
        if own is None:
            return Located(spec.systems.get(system, {}), self.file.locator, shared)
        merged = {**spec.systems.get(system, {}), **own}
        ours = ("spec", "environments", environment, "systems", system)
        return Located(merged, _Merged(self.file.locator, ours, shared, frozenset(own)))

    def strangers(
        self, name: str, environments: Mapping[str, Environment], bound: Collection[str] = ()
    ) -> tuple[Diagnostic, ...]:
        """Blocks that nothing bears the name of: an error in this environment's own, else a warning.

        ``bound``: its systems, those that left the specs and are still to be cleaned included.
        """
        if self.file is None:
            return ()
        spec, everyone = self.file.value.spec, [one.spec for one in environments.values()]
        systems = {system for one in everyone for system in one.systems} | set(bound)
        issuers = {issuer for one in everyone for issuer in one.issuers}
        found = list(self._strange(("spec",), spec, systems, issuers, Severity.WARNING))
        if name in spec.environments and name in environments:
            own, path, here = spec.environments[name], ("spec", "environments", name), environments[name].spec
            found += self._strange(path, own, here.systems.keys() | set(bound), here.issuers, Severity.ERROR)
        return tuple(found)

    def _strange(
        self, root: Path, block: Blocks, systems: Collection[str], issuers: Collection[str], severity: Severity
    ) -> Iterator[Diagnostic]:
        if self.file is None:
            return
        for kind, named, known in (("systems", block.systems, systems), ("issuers", block.issuers, issuers)):
            for name in named:
                if name not in known:
                    path = (*root, kind, name)
                    message = f"no {kind[:-1]} is named {name!r}"
                    span, help = self.file.span(*path), hint(name, known, "declared")  # noqa: A001 - the field's word
                    yield Diagnostic(severity, "W703", message, ".".join(map(str, path[1:])), help, span)

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
    if _anybody_writes(FilePath(name)):
        way_out = f"chmod o-w {name}, once you have looked at what it says"
        problem = error(
            "W704", f"anybody may write {name}, which says where to log in and what to run for it", help=way_out
        )
        return Connections(None, environ), (problem,)
    loaded = load_file(FilePath(name))
    if loaded.diagnostics:
        return Connections(None, environ), loaded.diagnostics
    if len(loaded.documents) != 1:
        count = len(loaded.documents)
        message = f"{name} must hold one document of kind Connections, it has {count}"
        problem = error("W701", message, help="keep one; environments differ under spec.environments")
        return Connections(None, environ), (problem,)
    document = loaded.documents[0]
    decoded, diagnostics = decode(ConnectionsFile, Located(document.data, document.locator))
    if decoded is None:
        return Connections(None, environ), diagnostics
    return Connections(Located(decoded, document.locator), environ), diagnostics


def _anybody_writes(file: FilePath) -> bool:
    try:
        found = file.stat()
    except OSError:
        return False  # whoever reads it says what is wrong
    return stat.S_ISREG(found.st_mode) and bool(found.st_mode & stat.S_IWOTH)


class _Merged:
    """The places of a block of two: of a field, the one that sets it."""

    def __init__(self, locator: Locator, own: Path, shared: Path, fields: frozenset[str]) -> None:
        self._locator, self._own, self._shared, self._fields = locator, own, shared, fields

    def span(self, path: Path) -> SourceSpan:
        base = self._own if not path or path[0] in self._fields else self._shared
        return self._locator.span((*base, *path))


class _Nowhere:
    """The place of a block that no file holds."""

    def span(self, path: tuple[str | int, ...]) -> SourceSpan:  # noqa: ARG002
        return SourceSpan("<no connections file>", 1, 1)
