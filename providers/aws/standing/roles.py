"""Roles: who may become them, what they may do, and when they were last used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from providers.aws.document import normalise
from providers.aws.live import under_path
from providers.aws.naming import ROLE
from providers.aws.standing.access import Policies, reach
from providers.aws.standing.trust import trust_of
from providers.aws.tags import from_tags
from reconciler.model import Ownership, Standing, Value, Whose
from reconciler.provider import owner_by_fields

if TYPE_CHECKING:
    from providers.aws.client import AwsClient

_OF_SERVICES = "/aws-service-role/"
"""Path of the roles that AWS's services keep for themselves."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Makes facts of an account's roles."""

    client: AwsClient
    policies: Policies

    def one(self, detail: Mapping[str, Any]) -> Standing:
        """A role of GetAccountAuthorizationDetails; of ListRoles, without its policies."""
        trust = trust_of(normalise(detail["AssumeRolePolicyDocument"]))
        principal = self.policies.of(detail, "RolePolicyList") if "RolePolicyList" in detail else None
        used = detail.get("RoleLastUsed")
        facts: dict[str, Value] = {"trusts": list(trust.users)}
        facts |= {"trust": trust.note} if trust.note else {}
        profiles = sorted(one["InstanceProfileName"] for one in detail.get("InstanceProfileList", ()))
        facts |= {"instance_profiles": profiles} if profiles else {}
        return Standing(
            self.client.scope.address(ROLE, detail["RoleName"]),
            "IAM role",
            detail["Arn"],
            whose=self._whose(detail),
            created=detail.get("CreateDate"),
            last_used=(used or {}).get("LastUsedDate"),
            # AWS tells it for the last 400 days; who may not see it, or a server that doesn't keep it, leaves it out.
            use_is_known=used is not None,
            widths=(*trust.widths, *(() if principal is None else reach(principal))),
            users=trust.users,
            facts=facts,
            access=principal,
        )

    def _whose(self, detail: Mapping[str, Any]) -> Whose:
        if detail["Path"].startswith(_OF_SERVICES):
            return Whose.SYSTEM
        if f":assumed-role/{detail['RoleName']}/" in self.client.arn:
            return Whose.OPERATOR
        scope = self.client.scope
        ours = owner_by_fields(from_tags(detail.get("Tags", ())), scope)[0] is Ownership.OURS
        return Whose.DYNAMIC if ours and under_path(scope, detail["Path"]) else Whose.STANDING
