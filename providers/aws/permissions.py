"""The least privilege that plan and apply need, as an identity policy for the operator's principal.

Source: Service Authorization Reference, AWS Identity and Access Management.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from providers.aws.settings import AwsSettings
from reconciler.provider import Rights, Scope

# Most of these know no resource. GetCallerIdentity needs no permission.
_READS = """
    GetAccountAuthorizationDetails GetInstanceProfile GetOpenIDConnectProvider GetPolicy GetPolicyVersion GetRole
    GetRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole ListOpenIDConnectProviders ListRolePolicies
    ListRoles
"""
_STANDING = """
    GetAccessKeyLastUsed GetAccountAuthorizationDetails GetAccountSummary GetLoginProfile GetPolicy GetPolicyVersion
    GetUser ListAccessKeys ListMFADevices ListRoles ListUsers
"""
_ROLES = """
    DeleteRole DeleteRolePolicy DetachRolePolicy TagRole UntagRole UpdateAssumeRolePolicy UpdateRole
"""
_GIVING = "CreateRole PutRolePermissionsBoundary PutRolePolicy"
"""What a permissions boundary is for."""
_PROVIDERS = """
    AddClientIDToOpenIDConnectProvider CreateOpenIDConnectProvider DeleteOpenIDConnectProvider
    RemoveClientIDFromOpenIDConnectProvider TagOpenIDConnectProvider UntagOpenIDConnectProvider
    UpdateOpenIDConnectProviderThumbprint
"""
_FREE = "without permissions_boundary in the specs, whoever may write roles' inline policies can give itself everything"
_SLOW = "without iam:GetAccountAuthorizationDetails roles are read one by one (W438)"
_LISTED = "without iam:GetAccountAuthorizationDetails users and roles are listed, and what they may do isn't known"
_MANAGED = "iam:GetPolicy and iam:GetPolicyVersion read managed policies that somebody attached, and the boundary's"


def rights(scope: Scope[AwsSettings], *, writing: bool) -> Rights:
    """The policy for a scope."""
    settings = scope.settings
    statements = [_statement("Read", _READS, "*")]
    notes = [_SLOW, _MANAGED]
    if writing:
        statements += _writing(settings)
        notes += [] if settings.permissions_boundary else [_FREE]
    document = {"Version": "2012-10-17", "Statement": statements}
    return Rights("IAM policy", json.dumps(document, indent=2) + "\n", tuple(notes))


def inventory_rights() -> Rights:
    """The policy with which an inventory sees everything. It reads nothing but IAM."""
    document = {"Version": "2012-10-17", "Statement": [_statement("Inventory", _STANDING, "*")]}
    return Rights("IAM policy", json.dumps(document, indent=2) + "\n", (_LISTED,))


def _writing(settings: AwsSettings) -> Iterable[dict[str, Any]]:
    home = f"arn:{settings.partition}:iam::{settings.account}"
    roles, boundary = f"{home}:role{settings.role_path}*", settings.permissions_boundary
    yield _statement("Roles", _ROLES, roles)
    if boundary:
        bounded = {"Condition": {"StringEquals": {"iam:PermissionsBoundary": boundary}}}
        yield _statement("BoundedRoles", _GIVING, roles) | bounded
    else:
        yield _statement("UnboundedRoles", f"{_GIVING} DeleteRolePermissionsBoundary", roles)
    # Only to take a role out of a profile; the profile may have any name.
    yield _statement("InstanceProfiles", "RemoveRoleFromInstanceProfile", f"{home}:instance-profile/*")
    yield _statement("Issuers", _PROVIDERS, f"{home}:oidc-provider/*")


def _statement(sid: str, actions: str, resource: str) -> dict[str, Any]:
    names = sorted(f"iam:{name}" for name in actions.split())
    return {"Sid": sid, "Effect": "Allow", "Action": names, "Resource": resource}
