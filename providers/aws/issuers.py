"""Issuers to OIDC providers, ours or somebody else's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import urlsplit

from providers.aws.naming import PROVIDER, PROVIDER_USE, provider_arn, provider_key, use_key
from providers.aws.settings import MOST_THUMBPRINTS, AwsSettings
from reconciler.model import Address, Desired, Origin, Resource, Value
from reconciler.provider import Issuer, Scope, marker_fields
from specs.diagnostic import Diagnostic, error

_LONGEST = 255
"""Characters of a provider's URL and of a client id (CreateOpenIDConnectProvider)."""
NO_CA = "f" * 40
"""The thumbprint of no certificate: with it, IAM trusts an issuer's certificate by its own list of public CAs only.

IAM looks at thumbprints only where a certificate isn't of a public CA (IAM User Guide: Obtain the thumbprint for an
OIDC provider). Left to itself it fetches one when the provider is made: nobody reviewed it, and no plan can compare it.
"""


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
    stated = scope.settings.oidc_thumbprints
    thumbprints = {one for issuer in sharing for one in stated.get(issuer.name, ())}
    attributes: dict[str, Value] = {
        "url": url,
        "client_id_list": sorted({issuer.audience for issuer in sharing}),
        "thumbprint_list": sorted(thumbprints) or [NO_CA],
        "tags": marker_fields(scope),
    }
    names = ", ".join(issuer.name for issuer in sharing)
    address = scope.address(PROVIDER, provider_key(url))
    return Desired(Resource(address, attributes), Origin(f"issuer {names}", span=sharing[0].span))


def _use_address(scope: Scope[AwsSettings], issuer: Issuer) -> Address:
    return scope.address(PROVIDER_USE, use_key(provider_key(issuer.url), issuer.audience))


def _use(scope: Scope[AwsSettings], issuer: Issuer) -> Desired:
    resource = Resource(_use_address(scope, issuer), {"url": issuer.url, "client_id": issuer.audience})
    return Desired(resource, Origin(f"issuer {issuer.name}, managed by somebody else", span=issuer.span))


def _problems(scope: Scope[AwsSettings], issuers: Sequence[Issuer]) -> Iterator[Diagnostic]:
    names = [issuer.name for issuer in issuers]
    settings = scope.settings
    for field, named in (
        ("existing_oidc_providers", settings.existing_oidc_providers),
        ("oidc_thumbprints", tuple(settings.oidc_thumbprints)),
    ):
        yield from (_unknown(scope, field, name, names) for name in named if name not in names)
    for issuer in issuers:
        yield from _problems_of(scope, issuer, issuers)


def _problems_of(scope: Scope[AwsSettings], issuer: Issuer, issuers: Sequence[Issuer]) -> Iterator[Diagnostic]:
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
    prints = scope.settings.oidc_thumbprints
    shared = {one for other in issuers if other.url == issuer.url for one in prints.get(other.name, ())}
    if len(shared) > MOST_THUMBPRINTS:
        message = f"{issuer.name}: {len(shared)} thumbprints at one URL, AWS takes {MOST_THUMBPRINTS}"
        yield error("W437", message, subject=subject, help="leave out those of former CAs", span=issuer.span)


def _unknown(scope: Scope[AwsSettings], field: str, name: str, names: Sequence[str]) -> Diagnostic:
    close = get_close_matches(name, names, n=1)
    hint = f"did you mean {close[0]}?" if close else "name an issuer that has an audience for this system"
    message = f"{field}: no issuer {name} has an audience for {scope.system}"
    return error("W437", message, subject=scope.system, help=hint, span=scope.span)
