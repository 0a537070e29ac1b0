"""What IAM returned, as objects in normal form: the same from a bulk reading and from a single one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from providers.aws.document import normalise
from providers.aws.naming import (
    ATTACHMENT,
    PROFILE_ROLE,
    PROVIDER,
    ROLE,
    ROLE_POLICY,
    attachment_key,
    policy_key,
    profile_role_key,
)
from providers.aws.settings import AwsSettings
from providers.aws.tags import from_tags
from reconciler.model import Live, Ownership, Resource, Value
from reconciler.provider import Scope, owner_by_fields

_TAKEN_PROVIDER = "to trust it as it is, list the issuer under existing_oidc_providers"


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """A role with all that hangs on it, however it was read."""

    name: str
    path: str
    arn: str
    trust: str
    description: str
    max_session_duration: int
    boundary: str | None
    tags: Mapping[str, str]
    policies: Mapping[str, str] = field(default_factory=dict)
    """Inline policies, name to document."""
    attached: Sequence[str] = ()
    """ARNs of managed policies."""
    profiles: Sequence[str] = ()
    """Names of instance profiles."""
    number: str = ""
    """RoleId: another role of the same name has another."""


def role_facts(detail: Mapping[str, Any], listed: Mapping[str, Any]) -> RoleFacts:
    """A role from GetAccountAuthorizationDetails (or GetRole) and ListRoles (or GetRole): neither has it all."""
    return RoleFacts(
        name=detail["RoleName"],
        path=detail["Path"],
        arn=detail["Arn"],
        trust=normalise(detail["AssumeRolePolicyDocument"]),
        description=listed.get("Description") or "",
        max_session_duration=int(listed.get("MaxSessionDuration") or 3600),
        boundary=(detail.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
        tags=from_tags(detail.get("Tags", ())),
        policies={p["PolicyName"]: normalise(p["PolicyDocument"]) for p in detail.get("RolePolicyList", ())},
        attached=tuple(p["PolicyArn"] for p in detail.get("AttachedManagedPolicies", ())),
        profiles=tuple(p["InstanceProfileName"] for p in detail.get("InstanceProfileList", ())),
        number=detail.get("RoleId", ""),
    )


def under_path(scope: Scope[AwsSettings], path: str) -> bool:
    """Whether a role at this path is within the scope."""
    return path.startswith(scope.settings.role_path)


def role_live(scope: Scope[AwsSettings], role: RoleFacts) -> Live:
    """The role itself."""
    ownership, note = owner_by_fields(role.tags, scope)
    inside = under_path(scope, role.path)
    if not inside:
        mark = "it carries this system's marker" if ownership is Ownership.OURS else note
        note = f"{mark} and is at path {role.path}; role names are unique in an account: choose another role_prefix"
    attributes: dict[str, Value] = {
        "name": role.name,
        "path": role.path,
        "assume_role_policy": role.trust,
        "description": role.description,
        "max_session_duration": role.max_session_duration,
        "permissions_boundary": role.boundary,
        "tags": role.tags,
        "arn": role.arn,
    }
    resource = Resource(scope.address(ROLE, role.name), attributes)
    return Live(resource, ownership, note=note, in_scope=inside, native_id=role.number)


def role_objects(scope: Scope[AwsSettings], role: RoleFacts, *, wanted: bool) -> Iterator[Live]:
    """The role, then all that hangs on it, which is whose the role is.

    What hangs on a role of ours is in the scope wherever the role lies: it was ours before role_path was changed.
    Of a role under our path that is wanted or recorded it is ours whatever its tags say: whoever puts another's tag on
    it can hide nothing there. (A wanted role that we never made is an error, so its policies are safe; one that the
    specs take over shows what they don't say of it.)
    """
    owner = role_live(scope, role)
    ours = owner.ownership is Ownership.OURS
    others = owner.ownership is Ownership.OTHER
    retagged = wanted and others and owner.in_scope
    yield owner
    for kind, key, attributes in _hanging(role):
        yield Live(
            Resource(scope.address(kind, key), attributes),
            Ownership.UNMARKED if retagged else owner.ownership,
            depends_on=(owner.resource.address,),
            note="" if retagged else owner.note,
            in_scope=ours or retagged or (wanted and not others) or (owner.in_scope and not others),
            native_id=role.number,
        )


def _hanging(role: RoleFacts) -> Iterator[tuple[str, str, dict[str, Value]]]:
    for name, document in role.policies.items():
        yield ROLE_POLICY, policy_key(role.name, name), {"role": role.name, "name": name, "policy": document}
    for arn in role.attached:
        yield ATTACHMENT, attachment_key(role.name, arn), {"role": role.name, "policy_arn": arn}
    for profile in role.profiles:
        key = profile_role_key(profile, role.name)
        yield PROFILE_ROLE, key, {"instance_profile": profile, "role": role.name}


def provider_live(scope: Scope[AwsSettings], arn: str, found: Mapping[str, Any]) -> Live:
    """An OIDC provider from GetOpenIDConnectProvider. It has no path, so only its marker can say that it is ours."""
    tags = from_tags(found.get("Tags", ()))
    ownership, note = owner_by_fields(tags, scope)
    key = arn.partition(":oidc-provider/")[2]
    attributes: dict[str, Value] = {
        "url": f"https://{key}",
        "client_id_list": sorted(found.get("ClientIDList", ())),
        "thumbprint_list": sorted(text.lower() for text in found.get("ThumbprintList", ())),
        "tags": tags,
        "arn": arn,
    }
    return Live(
        Resource(scope.address(PROVIDER, key), attributes),
        ownership,
        note=note and f"{note}; {_TAKEN_PROVIDER}",
        in_scope=ownership is Ownership.OURS,
    )
