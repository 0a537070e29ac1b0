"""Issuers to OIDC providers, ours or somebody else's."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import urlsplit

from providers.aws.naming import PROVIDER, PROVIDER_USE, provider_arn, provider_key, use_key
from providers.aws.settings import AwsSettings
from reconciler.model import Address, Desired, Origin, Resource, Value
from reconciler.provider import Issuer, Scope, marker_fields
from specs.diagnostic import Diagnostic, error

_LONGEST = 255
"""Characters of a provider's URL and of a client id (CreateOpenIDConnectProvider)."""


@dataclass(frozen=True, slots=True)
class IssuerPlace:
    """An issuer as roles name it."""

    arn: str
    key: str
    """The prefix of its condition keys."""
    audience: str
    address: Address
    """What a role that trusts it depends on."""


@dataclass(frozen=True, slots=True)
class LoweredIssuers:
    """Places by issuer name, and the objects for them."""

    places: Mapping[str, IssuerPlace]
    resources: tuple[Desired, ...]
    diagnostics: tuple[Diagnostic, ...]


def lower_issuers(scope: Scope[AwsSettings], issuers: Sequence[Issuer]) -> LoweredIssuers:
    """One provider for each URL, with the audiences of all issuers that share it."""
    by_url: dict[str, list[Issuer]] = {}
    for issuer in issuers:
        by_url.setdefault(issuer.url, []).append(issuer)
    existing = set(scope.settings.existing_oidc_providers)
    places: dict[str, IssuerPlace] = {}
    resources: list[Desired] = []
    for url, sharing in by_url.items():
        if existing & {issuer.name for issuer in sharing}:
            resources.extend(_use(scope, issuer) for issuer in sharing)
            places |= {issuer.name: _place(scope, issuer, _use_address(scope, issuer)) for issuer in sharing}
        else:
            resources.append(_provider(scope, url, sharing))
            places |= {i.name: _place(scope, i, scope.address(PROVIDER, provider_key(url))) for i in sharing}
    return LoweredIssuers(places, tuple(resources), tuple(_problems(scope, issuers)))


def _place(scope: Scope[AwsSettings], issuer: Issuer, address: Address) -> IssuerPlace:
    key = provider_key(issuer.url)
    return IssuerPlace(provider_arn(scope.settings, key), key, issuer.audience, address)


def _provider(scope: Scope[AwsSettings], url: str, sharing: Sequence[Issuer]) -> Desired:
    attributes: dict[str, Value] = {
        "url": url,
        "client_id_list": sorted({issuer.audience for issuer in sharing}),
        "tags": marker_fields(scope),
    }
    thumbprints = sorted({thumbprint(issuer.jwks_ca_pem) for issuer in sharing if _is_pem(issuer.jwks_ca_pem)})
    if thumbprints:
        # Without a CA of the issuer's own, AWS trusts its own list of CAs and fills in a thumbprint that means nothing.
        attributes["thumbprint_list"] = thumbprints
    names = ", ".join(issuer.name for issuer in sharing)
    address = scope.address(PROVIDER, provider_key(url))
    return Desired(Resource(address, attributes), Origin(f"issuer {names}", span=sharing[0].span))


def _use_address(scope: Scope[AwsSettings], issuer: Issuer) -> Address:
    return scope.address(PROVIDER_USE, use_key(provider_key(issuer.url), issuer.audience))


def _use(scope: Scope[AwsSettings], issuer: Issuer) -> Desired:
    resource = Resource(_use_address(scope, issuer), {"url": issuer.url, "client_id": issuer.audience})
    return Desired(resource, Origin(f"issuer {issuer.name}, managed by somebody else", span=issuer.span))


def thumbprint(pem: str) -> str:
    """The SHA-1 of a certificate, in hex: what IAM calls a thumbprint."""
    return hashlib.sha1(ssl.PEM_cert_to_DER_cert(pem.strip()), usedforsecurity=False).hexdigest()


def _is_pem(pem: str) -> bool:
    if not pem:
        return False
    try:
        thumbprint(pem)
    except ValueError:
        return False
    return True


def _problems(scope: Scope[AwsSettings], issuers: Sequence[Issuer]) -> Iterator[Diagnostic]:
    names = [issuer.name for issuer in issuers]
    for name in scope.settings.existing_oidc_providers:
        if name not in names:
            close = get_close_matches(name, names, n=1)
            hint = f"did you mean {close[0]}?" if close else "name an issuer that has an audience for this system"
            message = f"existing_oidc_providers: no issuer {name} has an audience for {scope.system}"
            yield error("W437", message, subject=scope.system, help=hint, span=scope.span)
    for issuer in issuers:
        yield from _problems_of(scope, issuer)


def _problems_of(scope: Scope[AwsSettings], issuer: Issuer) -> Iterator[Diagnostic]:
    url = urlsplit(issuer.url)
    subject = f"issuer {issuer.name}"
    if url.scheme != "https" or not url.hostname or url.query or url.fragment or url.username:
        message = f"AWS trusts only https issuers without query or credentials, {issuer.name} is {issuer.url}"
        hint = f"leave {scope.system} out of the issuer's audiences, or serve it over https"
        yield error("W437", message, subject=subject, help=hint, span=issuer.span)
    if len(issuer.url) > _LONGEST or len(issuer.audience) > _LONGEST or not issuer.audience:
        message = f"{issuer.name}: AWS takes an issuer URL and an audience of 1 to {_LONGEST} characters"
        yield error("W437", message, subject=subject, help="shorten them", span=issuer.span)
    if " " in issuer.audience:
        message = f"{issuer.name}: AWS takes no audience with a space"
        yield error("W437", message, subject=subject, help="choose another audience", span=issuer.span)
    if issuer.jwks_ca_pem and not _is_pem(issuer.jwks_ca_pem):
        message = f"{issuer.name}: the CA is not one PEM certificate"
        hint = "give the top certificate of the issuer's chain"
        yield error("W437", message, subject=subject, help=hint, span=issuer.span)
