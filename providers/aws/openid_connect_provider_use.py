"""``aws_iam_openid_connect_provider_use``: that somebody else's OIDC provider is there, with our audience.

Nothing is ever written: it is an object so that roles can wait for it, and so that drift sees it go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from providers.aws.naming import PROVIDER_USE, provider_arn, split_use_key
from providers.aws.resource_type import IamType
from reconciler.model import Live, Ownership, Resource, Value
from reconciler.provider import Attribute, Rejected

if TYPE_CHECKING:
    from providers.aws.client import AwsClient

MISSING_HELP = "have its owner make it and add the audience, or take the issuer out of existing_oidc_providers"


class OpenIdConnectProviderUse(IamType):
    """Our use of a provider. Its key is the provider's key, a space, and the audience."""

    name = PROVIDER_USE
    borrowed = True
    attributes = {
        "url": Attribute("The exact iss of its tokens.", replaces=True),
        "client_id": Attribute("Our audience, which must be among its client ids.", replaces=True),
    }

    def read_once(self, client: AwsClient, key: str) -> Live | None:
        """GetOpenIDConnectProvider: there only while the provider accepts our audience."""
        provider, audience = split_use_key(key)
        arn = provider_arn(client.scope.settings, provider)
        found = client.read("get_open_id_connect_provider", OpenIDConnectProviderArn=arn)
        if audience not in found.get("ClientIDList", ()):
            return None
        return use_live(client, key)

    def guard(self, client: AwsClient, key: str, desired: Resource | None, *, new: bool = False) -> None:
        """Nothing is written, so nothing is outside of the scope."""

    def make(self, client: AwsClient, desired: Resource) -> None:
        """Refused unless it is there, soon: another system may be making it in this very run."""
        key = desired.address.key
        if client.settling.wait(lambda: self._found(client, key)) is None:
            raise Rejected(missing(key), help=MISSING_HELP)

    def change(self, client: AwsClient, before: Mapping[str, Value], desired: Resource) -> None:  # noqa: ARG002
        """Never called: every attribute replaces."""
        raise Rejected(f"{desired.address} can't be changed in place")

    def delete(self, client: AwsClient, before: Live) -> None:
        """We stop using it; the provider stays as it is."""

    def remove(self, client: AwsClient, key: str) -> None:
        """The provider is somebody else's."""


def use_live(client: AwsClient, key: str) -> Live:
    """The use as found. Never undeclared: what nobody wants isn't looked for."""
    provider, audience = split_use_key(key)
    attributes: dict[str, Value] = {"url": f"https://{provider}", "client_id": audience}
    return Live(Resource(client.scope.address(PROVIDER_USE, key), attributes), Ownership.UNMARKED, in_scope=False)


def missing(key: str) -> str:
    """What to say where it isn't there."""
    provider, audience = split_use_key(key)
    return f"OIDC provider {provider} isn't there yet with client id {audience}: existing_oidc_providers names it"
