"""``aws_iam_role``: one for each pair, trusting exactly one workload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from providers.aws.errors import NoSuchEntity
from providers.aws.live import role_facts, role_live
from providers.aws.naming import PROVIDER, ROLE
from providers.aws.resource_type import IamType, changed, fields, text
from providers.aws.tags import tag_changes, to_tags
from reconciler.model import Address, Live, Ownership, Resource, Value
from reconciler.provider import Attribute, Conflict

if TYPE_CHECKING:
    from providers.aws.client import AwsClient


_WORDS = frozenset({"description", "tags"})


class Role(IamType):
    """A role. Its key is its name, unique in the account whatever the path."""

    name = ROLE
    attributes = {
        "name": Attribute("The role's name.", replaces=True),
        "path": Attribute("Where it lies; everything under the system's role_path is Writ's.", replaces=True),
        "assume_role_policy": Attribute(
            "Whom it trusts: one issuer's audience and subject.", admits=True, sessions=True
        ),
        "description": Attribute("Declared and enforced TTL, agent, intent and purpose.", words=True),
        "max_session_duration": Attribute("Seconds; IAM takes 3600 to 43200."),
        "permissions_boundary": Attribute("ARN of the managed policy that bounds it, if any.", bounds=True),
        "tags": Attribute("Ownership marker, agent, intent and owner.", words=True),
        "arn": Attribute("The role's ARN.", computed=True),
    }

    def read_once(self, client: AwsClient, key: str) -> Live | None:
        """GetRole has it all."""
        found = client.read("get_role", RoleName=key)["Role"]
        role = role_facts(found, found)
        client.territory.identify(role)
        return role_live(client.scope, role)

    def guard(self, client: AwsClient, key: str, desired: Resource | None, *, new: bool = False) -> None:
        """Under the role path, with the prefix and the marker. Of a name that is taken IAM itself makes no other."""
        if desired is not None and new:
            client.territory.check_new_role(desired)
        elif desired is not None:
            client.territory.check_kept_role(desired)
        if not new:
            client.territory.check_role(client, key)

    def update(self, client: AwsClient, before: Live, desired: Resource) -> None:
        """Of one that isn't ours yet nothing but words, so that no plan takes over more than a name."""
        if before.ownership is not Ownership.FOREIGN or not set(_changed(before, desired)) <= _WORDS:
            super().update(client, before, desired)
            return
        client.territory.check_kept_role(desired)
        with client.settling.writing(desired.address, desired.attributes):
            try:
                self.change(client, before.resource.attributes, desired)
            except NoSuchEntity as gone:
                raise Conflict(f"{desired.address} is gone", help="plan again") from gone

    def make(self, client: AwsClient, desired: Resource) -> None:
        """CreateRole."""
        wanted = desired.attributes
        parameters: dict[str, Any] = {
            "RoleName": desired.address.key,
            "Path": wanted["path"],
            "AssumeRolePolicyDocument": wanted["assume_role_policy"],
            "Description": wanted["description"],
            "MaxSessionDuration": wanted["max_session_duration"],
            "Tags": to_tags(fields(wanted, "tags")),
        }
        if wanted["permissions_boundary"]:
            parameters["PermissionsBoundary"] = wanted["permissions_boundary"]
        client.write_when_visible("create_role", fresh=_trusts_fresh(client, desired), **parameters)
        client.territory.made_role(desired)

    def change(self, client: AwsClient, before: Mapping[str, Value], desired: Resource) -> None:
        """A boundary comes first and goes last: what it bounds is never open without it."""
        name, wanted = desired.address.key, desired.attributes
        bounding = changed(before, desired, "permissions_boundary")
        if bounding and wanted["permissions_boundary"]:
            client.write(
                "put_role_permissions_boundary", RoleName=name, PermissionsBoundary=wanted["permissions_boundary"]
            )
        if changed(before, desired, "assume_role_policy"):
            client.write_when_visible(
                "update_assume_role_policy",
                fresh=_trusts_fresh(client, desired),
                RoleName=name,
                PolicyDocument=text(wanted, "assume_role_policy"),
            )
        if changed(before, desired, "description", "max_session_duration"):
            client.write(
                "update_role",
                RoleName=name,
                Description=wanted["description"],
                MaxSessionDuration=wanted["max_session_duration"],
            )
        if changed(before, desired, "tags"):
            _tag(client, name, fields(before, "tags"), fields(wanted, "tags"))
        if bounding and not wanted["permissions_boundary"]:
            client.write("delete_role_permissions_boundary", RoleName=name)

    def remove(self, client: AwsClient, key: str) -> None:
        """DeleteRole: refused while anything hangs on it."""
        client.write("delete_role", RoleName=key)


def _changed(before: Live, desired: Resource) -> list[str]:
    return [name for name in desired.attributes if changed(before.resource.attributes, desired, name)]


def _tag(client: AwsClient, name: str, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    changes, removed = tag_changes(before, after)
    if removed:
        client.write("untag_role", RoleName=name, TagKeys=removed)
    if changes:
        client.write("tag_role", RoleName=name, Tags=to_tags(changes))


def _trusts_fresh(client: AwsClient, desired: Resource) -> bool:
    """Whether this run has just made the provider that the role trusts."""
    document = text(desired.attributes, "assume_role_policy")
    key = document.partition(":oidc-provider/")[2].partition('"')[0]
    return client.settling.made(Address(desired.address.system, PROVIDER, key))
