"""``aws_iam_role_policy``: what a role allows, and any inline policy that somebody added to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from providers.aws.document import normalise
from providers.aws.errors import AlreadyExists
from providers.aws.naming import ROLE, ROLE_POLICY, split_policy_key
from providers.aws.resource_type import IamType, text
from providers.aws.values import holds
from reconciler.model import Live, Ownership, Resource, Value
from reconciler.provider import Attribute

if TYPE_CHECKING:
    from providers.aws.client import AwsClient


class RolePolicy(IamType):
    """An inline policy. Its key is ``role:name``."""

    name = ROLE_POLICY
    attributes = {
        "role": Attribute("The role that it is part of.", replaces=True),
        "name": Attribute("The policy's name.", replaces=True),
        "policy": Attribute("What the role allows.", allows=True),
    }

    def read_once(self, client: AwsClient, key: str) -> Live | None:
        """GetRolePolicy."""
        role, name = split_policy_key(key)
        found = client.read("get_role_policy", RoleName=role, PolicyName=name)
        attributes: dict[str, Value] = {"role": role, "name": name, "policy": normalise(found["PolicyDocument"])}
        address = client.scope.address(ROLE_POLICY, key)
        parent = client.scope.address(ROLE, role)
        number = client.territory.number(role)
        return Live(Resource(address, attributes), Ownership.UNMARKED, depends_on=(parent,), native_id=number)

    def guard(self, client: AwsClient, key: str, desired: Resource | None, *, new: bool = False) -> None:  # noqa: ARG002
        """On a role of ours."""
        client.territory.check_role(client, split_policy_key(key)[0])

    def make(self, client: AwsClient, desired: Resource) -> None:
        """PutRolePolicy replaces in silence, so unless the role is new, a policy of this name is looked for first."""
        role, _ = split_policy_key(desired.address.key)
        new = client.settling.fresh(client.scope.address(ROLE, role)) and not client.settling.made(desired.address)
        if not new:
            found = self._found(client, desired.address.key)
            if found is not None and not holds(found.resource.attributes, desired.attributes):
                raise AlreadyExists(f"{desired.address} exists already")
        self._put(client, desired)

    def change(self, client: AwsClient, before: Mapping[str, Value], desired: Resource) -> None:  # noqa: ARG002
        """PutRolePolicy replaces the whole document."""
        self._put(client, desired)

    def remove(self, client: AwsClient, key: str) -> None:
        """DeleteRolePolicy."""
        role, name = split_policy_key(key)
        client.write("delete_role_policy", RoleName=role, PolicyName=name)

    def _put(self, client: AwsClient, desired: Resource) -> None:
        role, name = split_policy_key(desired.address.key)
        client.write_when_visible(
            "put_role_policy",
            fresh=client.settling.made(client.scope.address(ROLE, role)),
            RoleName=role,
            PolicyName=name,
            PolicyDocument=text(desired.attributes, "policy"),
        )
