"""What may hang on a role though no spec can ask for it: managed policies, and instance profiles.

Both are only ever removed by a plan; making them is here so that a removal can be undone.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

from providers.aws.naming import ATTACHMENT, PROFILE_ROLE, ROLE, split_slash
from providers.aws.resource_type import IamType
from reconciler.model import Live, Ownership, Resource, Value
from reconciler.provider import Attribute, Rejected

if TYPE_CHECKING:
    from providers.aws.client import AwsClient


class _Membership(IamType):
    """An object that is there or not, and has nothing to change."""

    def change(self, client: AwsClient, before: Mapping[str, Value], desired: Resource) -> None:  # noqa: ARG002
        """Never called: every attribute replaces."""
        raise Rejected(f"{desired.address} can't be changed in place")

    def guard(self, client: AwsClient, key: str, desired: Resource | None, *, new: bool = False) -> None:  # noqa: ARG002
        """On a role of ours."""
        client.territory.check_role(client, self.role_of(key))

    @abstractmethod
    def role_of(self, key: str) -> str:
        """The role's name in a key."""

    def _live(self, client: AwsClient, key: str, role: str, attributes: Mapping[str, Value]) -> Live:
        address, parent = client.scope.address(self.name, key), client.scope.address(ROLE, role)
        number = client.territory.number(role)
        return Live(Resource(address, attributes), Ownership.UNMARKED, depends_on=(parent,), native_id=number)


class RolePolicyAttachment(_Membership):
    """A managed policy attached to a role. Its key is ``role/policy-arn``."""

    name = ATTACHMENT
    attributes = {
        "role": Attribute("The role.", replaces=True),
        "policy_arn": Attribute("The managed policy.", replaces=True),
    }

    def role_of(self, key: str) -> str:
        """Before the slash."""
        return split_slash(key)[0]

    def read_once(self, client: AwsClient, key: str) -> Live | None:
        """ListAttachedRolePolicies."""
        role, arn = split_slash(key)
        attached = client.pages("list_attached_role_policies", "AttachedPolicies", RoleName=role)
        if all(policy["PolicyArn"] != arn for policy in attached):
            return None
        return self._live(client, key, role, {"role": role, "policy_arn": arn})

    def make(self, client: AwsClient, desired: Resource) -> None:
        """AttachRolePolicy."""
        role, arn = split_slash(desired.address.key)
        client.write("attach_role_policy", RoleName=role, PolicyArn=arn)

    def remove(self, client: AwsClient, key: str) -> None:
        """DetachRolePolicy; the policy itself stays."""
        role, arn = split_slash(key)
        client.write("detach_role_policy", RoleName=role, PolicyArn=arn)


class InstanceProfileRole(_Membership):
    """A role's place in an instance profile. Its key is ``profile/role``."""

    name = PROFILE_ROLE
    attributes = {
        "instance_profile": Attribute("The instance profile.", replaces=True),
        "role": Attribute("The role in it.", replaces=True),
    }

    def role_of(self, key: str) -> str:
        """After the slash."""
        return split_slash(key)[1]

    def read_once(self, client: AwsClient, key: str) -> Live | None:
        """GetInstanceProfile."""
        profile, role = split_slash(key)
        found = client.read("get_instance_profile", InstanceProfileName=profile)["InstanceProfile"]
        if all(member["RoleName"] != role for member in found["Roles"]):
            return None
        return self._live(client, key, role, {"instance_profile": profile, "role": role})

    def make(self, client: AwsClient, desired: Resource) -> None:
        """AddRoleToInstanceProfile."""
        profile, role = split_slash(desired.address.key)
        client.write("add_role_to_instance_profile", InstanceProfileName=profile, RoleName=role)

    def remove(self, client: AwsClient, key: str) -> None:
        """RemoveRoleFromInstanceProfile; the profile itself stays."""
        profile, role = split_slash(key)
        client.write("remove_role_from_instance_profile", InstanceProfileName=profile, RoleName=role)
