"""The least privilege that plan and apply need, as an identity policy for the operator's principal.

Source: Service Authorization Reference, AWS Identity and Access Management.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from providers.aws.naming import ROLE
from providers.aws.settings import AwsSettings
from reconciler.model import Resource
from reconciler.provider import NOTHING_BEYOND, Beyond, Retiring, Rights, Scope

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
_GIVING = "PutRolePermissionsBoundary PutRolePolicy"
"""What a permissions boundary is for."""
_PROVIDERS = """
    AddClientIDToOpenIDConnectProvider CreateOpenIDConnectProvider DeleteOpenIDConnectProvider
    RemoveClientIDFromOpenIDConnectProvider TagOpenIDConnectProvider UntagOpenIDConnectProvider
    UpdateOpenIDConnectProviderThumbprint
"""
_LEAVING = """
    GetAccessKeyLastUsed GetLoginProfile GetUser GetUserPolicy ListAccessKeys ListAttachedUserPolicies ListGroupsForUser
    ListMFADevices ListSSHPublicKeys ListSigningCertificates ListUserPolicies
"""
_LOCKING = """
    DeactivateMFADevice DeleteAccessKey DeleteLoginProfile DeleteUser DeleteUserPolicy DetachUserPolicy PutUserPolicy
    UpdateAccessKey
"""
_TEMPORARY = "users that are retired are outside of every scope: take these statements away once they are gone"
_FREE = "without permissions_boundary in the specs, whoever may write roles' inline policies can give itself everything"
_SLOW = "without iam:GetAccountAuthorizationDetails roles are read one by one (W438)"
_LISTED = "without iam:GetAccountAuthorizationDetails users and roles are listed, and what they may do isn't known"
_MANAGED = "iam:GetPolicy and iam:GetPolicyVersion read managed policies that somebody attached, and the boundary's"


def rights(scope: Scope[AwsSettings], *, writing: bool, beyond: Beyond = NOTHING_BEYOND) -> Rights:
    """The policy for a scope."""
    settings = scope.settings
    statements = [_statement("Read", _READS, "*")]
    notes = [_SLOW, _MANAGED]
    if writing:
        statements += _writing(settings)
        statements += _writing_named(settings, beyond.named)
        notes += [] if settings.permissions_boundary else [_FREE]
    if beyond.retiring:
        statements += _retiring(settings, beyond.retiring, writing=writing)
        notes.append(_TEMPORARY)
    document = {"Version": "2012-10-17", "Statement": statements}
    return Rights("IAM policy", json.dumps(document, indent=2) + "\n", tuple(notes))


def inventory_rights() -> Rights:
    """The policy with which an inventory sees everything. It reads nothing but IAM."""
    document = {"Version": "2012-10-17", "Statement": [_statement("Inventory", _STANDING, "*")]}
    return Rights("IAM policy", json.dumps(document, indent=2) + "\n", (_LISTED,))


def _home(settings: AwsSettings) -> str:
    return f"arn:{settings.partition}:iam::{settings.account}"


def _writing(settings: AwsSettings) -> Iterable[dict[str, Any]]:
    home = _home(settings)
    yield from _roles(settings, "", f"CreateRole {_GIVING}", f"{home}:role{settings.role_path}*")
    # Only to take a role out of a profile; the profile may have any name.
    yield _statement("InstanceProfiles", "RemoveRoleFromInstanceProfile", f"{home}:instance-profile/*")
    yield _statement("Issuers", _PROVIDERS, f"{home}:oidc-provider/*")


def _roles(settings: AwsSettings, which: str, giving: str, roles: str | list[str]) -> Iterable[dict[str, Any]]:
    boundary = settings.permissions_boundary
    yield _statement(f"{which}Roles", _ROLES, roles)
    if boundary:
        bounded = {"Condition": {"StringEquals": {"iam:PermissionsBoundary": boundary}}}
        yield _statement(f"{which}BoundedRoles", giving, roles) | bounded
    else:
        yield _statement(f"{which}UnboundedRoles", f"{giving} DeleteRolePermissionsBoundary", roles)


def _writing_named(settings: AwsSettings, named: Iterable[Resource]) -> Iterable[dict[str, Any]]:
    """Roles that stood before Writ, elsewhere: one that is gone isn't made again there."""
    roles = [one for one in named if one.address.type == ROLE]
    found = [f"{_home(settings)}:role{one.attributes['path']}{one.address.key}" for one in roles]
    elsewhere = sorted(arn for arn in found if not arn.startswith(f"{_home(settings)}:role{settings.role_path}"))
    return _roles(settings, "Named", _GIVING, elsewhere) if elsewhere else ()


def _retiring(settings: AwsSettings, found: Iterable[Retiring], *, writing: bool) -> Iterable[dict[str, Any]]:
    """Users by their names, whatever their path."""
    home = _home(settings)
    users = [f"{home}:user/{place}{one.principal}" for one in found for place in ("", "*/")]
    yield _statement("RetiringUsers", _LEAVING, users)
    if writing:
        yield _statement("RetiredUsers", _LOCKING, users)
        # Whose group it is isn't known before.
        yield _statement("RetiredUsersGroups", "RemoveUserFromGroup", f"{home}:group/*")


def _statement(sid: str, actions: str, resource: str | list[str]) -> dict[str, Any]:
    names = sorted(f"iam:{name}" for name in actions.split())
    return {"Sid": sid, "Effect": "Allow", "Action": names, "Resource": resource}
