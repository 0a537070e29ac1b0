"""``aws_iam_openid_connect_provider``: an issuer that roles of the account may trust."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from providers.aws.document import normalise
from providers.aws.live import provider_live, under_path
from providers.aws.naming import PROVIDER, provider_arn
from providers.aws.resource_type import IamType, changed, fields, text, texts
from providers.aws.tags import tag_changes, to_tags
from reconciler.model import Live, Resource, Value
from reconciler.provider import Attribute, Rejected

if TYPE_CHECKING:
    from providers.aws.client import AwsClient


class OpenIdConnectProvider(IamType):
    """An OIDC provider. Its key is its URL without https://, unique in the account."""

    name = PROVIDER
    attributes = {
        "url": Attribute("The exact iss of its tokens.", replaces=True),
        "client_id_list": Attribute("Audiences that the account accepts from it."),
        "thumbprint_list": Attribute("SHA-1 of its CA's certificate (oidc_thumbprints); 40 f: public CAs only."),
        "tags": Attribute("Ownership marker."),
        "arn": Attribute("The provider's ARN.", computed=True),
    }

    def read_once(self, client: AwsClient, key: str) -> Live | None:
        """GetOpenIDConnectProvider."""
        arn = provider_arn(client.scope.settings, key)
        found = client.read("get_open_id_connect_provider", OpenIDConnectProviderArn=arn)
        return provider_live(client.scope, arn, found)

    def guard(self, client: AwsClient, key: str, desired: Resource | None, *, new: bool = False) -> None:  # noqa: ARG002
        """With the marker, which is all that tells ours."""
        if desired is not None:
            client.territory.check_new_provider(desired)

    def make(self, client: AwsClient, desired: Resource) -> None:
        """CreateOpenIDConnectProvider."""
        wanted = desired.attributes
        parameters: dict[str, Any] = {
            "Url": text(wanted, "url"),
            "ClientIDList": texts(wanted, "client_id_list"),
            "ThumbprintList": texts(wanted, "thumbprint_list"),
            "Tags": to_tags(fields(wanted, "tags")),
        }
        client.write("create_open_id_connect_provider", **parameters)

    def change(self, client: AwsClient, before: Mapping[str, Value], desired: Resource) -> None:
        """Audiences that nobody declared go first."""
        arn, wanted = provider_arn(client.scope.settings, desired.address.key), desired.attributes
        have, want = set(texts(before, "client_id_list")), set(texts(wanted, "client_id_list"))
        for audience in sorted(have - want):
            operation = "remove_client_id_from_open_id_connect_provider"
            client.write(operation, OpenIDConnectProviderArn=arn, ClientID=audience)
        for audience in sorted(want - have):
            operation = "add_client_id_to_open_id_connect_provider"
            client.write(operation, OpenIDConnectProviderArn=arn, ClientID=audience)
        if changed(before, desired, "thumbprint_list"):
            operation = "update_open_id_connect_provider_thumbprint"
            prints = texts(wanted, "thumbprint_list")
            client.write(operation, OpenIDConnectProviderArn=arn, ThumbprintList=prints)
        if changed(before, desired, "tags"):
            _tag(client, arn, fields(before, "tags"), fields(wanted, "tags"))

    def remove(self, client: AwsClient, key: str) -> None:
        """DeleteOpenIDConnectProvider. IAM deletes it even while roles trust it, so they go first.

        It belongs to the whole account: raises Rejected while a role outside the scope trusts it.
        """
        arn = provider_arn(client.scope.settings, key)
        if others := _trusting(client, arn):
            more = f" and {len(others) - 1} more" if len(others) > 1 else ""
            raise Rejected(
                f"OIDC provider {key} stays: role {others[0]}{more} outside of {client.scope.system}'s scope trusts it",
                help="remove those roles, or list the issuer under existing_oidc_providers and destroy again",
            )
        client.write("delete_open_id_connect_provider", OpenIDConnectProviderArn=arn)


def _trusting(client: AwsClient, arn: str) -> list[str]:
    """Roles outside the scope whose trust policy names a provider. Ours have gone, though IAM may list them still."""
    details = client.pages("get_account_authorization_details", "RoleDetailList", Filter=["Role"])
    return sorted(
        str(role["RoleName"])
        for role in details
        if not under_path(client.scope, role["Path"]) and f'"{arn}"' in normalise(role["AssumeRolePolicyDocument"])
    )


def _tag(client: AwsClient, arn: str, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    changes, removed = tag_changes(before, after)
    if removed:
        client.write("untag_open_id_connect_provider", OpenIDConnectProviderArn=arn, TagKeys=removed)
    if changes:
        client.write("tag_open_id_connect_provider", OpenIDConnectProviderArn=arn, Tags=to_tags(changes))
