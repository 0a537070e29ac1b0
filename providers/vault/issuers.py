"""Which issuer logs in at which auth mount."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from providers.vault.settings import VaultSettings
from reconciler.provider import Issuer, Scope
from specs.diagnostic import Diagnostic, error


@dataclass(frozen=True, slots=True)
class IssuerMounts:
    """Mounts and audiences by issuer, for the issuers that have one."""

    by_issuer: Mapping[str, str]
    audiences: Mapping[str, str]
    declared: frozenset[str]
    diagnostics: tuple[Diagnostic, ...] = ()
    existing: Mapping[str, str] = field(default_factory=dict)
    """Of by_issuer, the mounts that somebody else keeps."""


def resolve_mounts(scope: Scope[VaultSettings], issuers: Sequence[Issuer]) -> IssuerMounts:
    """``auth_mount`` for each issuer: Vault configures one issuer to a mount."""
    existing = scope.settings.existing_auth_mounts
    found = _own_mounts(scope, [issuer for issuer in issuers if issuer.name not in existing])
    known = {issuer.name: issuer for issuer in issuers}
    theirs = {name: mount for name, mount in existing.items() if name in known}
    return replace(
        found,
        by_issuer={**found.by_issuer, **theirs},
        audiences={name: issuer.audience for name, issuer in known.items()},
        declared=frozenset(known),
        existing=theirs,
        diagnostics=(*found.diagnostics, *_wrong_existing(scope, existing, known)),
    )


def _wrong_existing(
    scope: Scope[VaultSettings], existing: Mapping[str, str], known: Mapping[str, Issuer]
) -> Iterator[Diagnostic]:
    declared = f"remove it, or add {scope.system} to the issuer's audiences"
    first: dict[str, Issuer] = {}
    for name, mount in existing.items():
        if name not in known:
            message = f"existing_auth_mounts names {name}, which is no issuer for this system"
            yield _problem(scope, message, declared)
        elif first.setdefault(mount, known[name]).url != known[name].url:
            yield _problem(scope, f"two issuers share the auth mount {mount}", "give each a mount of its own")


def _own_mounts(scope: Scope[VaultSettings], issuers: Sequence[Issuer]) -> IssuerMounts:
    setting = scope.settings.auth_mount
    names = [issuer.name for issuer in issuers]
    audiences = {issuer.name: issuer.audience for issuer in issuers}
    if isinstance(setting, str):
        if len(names) > 1:
            suggestion = ", ".join(f"{name}: {setting}-{name}" for name in sorted(names))
            found = [_problem(scope, f"{len(names)} issuers, but one auth mount", f"write a map: {{{suggestion}}}")]
            return IssuerMounts({}, audiences, frozenset(names), tuple(found))
        return IssuerMounts(dict.fromkeys(names, setting), audiences, frozenset(names))
    return IssuerMounts(
        {name: mount for name, mount in setting.items() if name in audiences},
        audiences,
        frozenset(names),
        tuple(_wrong(scope, setting, names)),
    )


def _wrong(scope: Scope[VaultSettings], setting: Mapping[str, str], names: Sequence[str]) -> list[Diagnostic]:
    declared = f"remove it, or add {scope.system} to the issuer's audiences"
    mounts = list(setting.values())
    return [
        *(
            _problem(scope, f"auth_mount names {name}, which is no issuer for this system", declared)
            for name in sorted(set(setting) - set(names))
        ),
        *(
            _problem(scope, f"auth_mount has no mount for issuer {name}", f"add {name}: jwt-{name}")
            for name in sorted(set(names) - set(setting))
        ),
        *(
            _problem(scope, f"two issuers share the auth mount {mount}", "give each a mount of its own")
            for mount in sorted({mount for mount in mounts if mounts.count(mount) > 1})
        ),
    ]


def _problem(scope: Scope[VaultSettings], message: str, help: str) -> Diagnostic:
    return error("W423", message, subject=f"systems.{scope.system}.auth_mount", help=help, span=scope.span)
