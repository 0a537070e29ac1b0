"""An environment's issuers as one system sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.compile.systems import SystemBinding
from reconciler.provider import Issuer
from specs import Environment, Located


@dataclass(frozen=True, slots=True)
class IssuerKeys:
    """Where an issuer's keys are: exactly one is set."""

    jwks_url: str = ""
    discovery_url: str = ""
    public_keys: tuple[str, ...] = ()


def bind_issuers(
    environment: Located[Environment], binding: SystemBinding, overrides: Mapping[str, IssuerKeys]
) -> tuple[Issuer, ...]:
    """Issuers that have an audience for the system: under its name, or under its provider's."""
    issuers: list[Issuer] = []
    for name, issuer in environment.value.spec.issuers.items():
        audience = issuer.audiences.get(binding.name) or issuer.audiences.get(binding.record.provider)
        if audience is None:
            continue
        keys = overrides.get(name) or IssuerKeys(
            issuer.jwks_url or "", issuer.discovery_url or "", tuple(issuer.public_keys or ())
        )
        if keys == IssuerKeys():
            # OpenID Connect Discovery 1.0: the configuration lies under the issuer's own URL.
            keys = IssuerKeys(discovery_url=issuer.issuer)
        issuers.append(
            Issuer(
                name,
                issuer.issuer,
                audience,
                jwks_url=keys.jwks_url,
                discovery_url=keys.discovery_url,
                public_keys=keys.public_keys,
                span=environment.span("spec", "issuers", name),
            )
        )
    return tuple(issuers)
