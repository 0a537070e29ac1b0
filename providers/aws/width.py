"""When an action on a resource is too wide to be anybody's least privilege."""

from __future__ import annotations

from functools import lru_cache

from providers.aws.glob import meet, parse
from providers.aws.patterns import VARIABLE, has_wildcard

_NAMED = "name the actions, or the resources that they are needed on"
_ESCALATES_HELP = (
    "whoever may do this everywhere can give itself any access: "
    "name the roles or policies, such as arn:aws:iam::123456789012:role/app/*"
)
_ESCALATING = (
    *(f"iam:{name}" for name in ("PassRole", "CreateRole", "UpdateAssumeRolePolicy", "AddRoleToInstanceProfile")),
    *(f"iam:{name}" for name in ("CreatePolicyVersion", "SetDefaultPolicyVersion", "AddUserToGroup")),
    *(
        f"iam:{verb}{whose}Policy"
        for verb in ("Put", "Attach", "Detach", "Delete")
        for whose in ("User", "Role", "Group")
    ),
    *(f"iam:{verb}{whose}PermissionsBoundary" for verb in ("Put", "Delete") for whose in ("User", "Role")),
    *(f"iam:{name}" for name in ("CreateAccessKey", "CreateLoginProfile", "UpdateLoginProfile")),
    *(f"iam:{name}ServiceSpecificCredential" for name in ("Create", "Reset")),
    *(f"iam:{name}" for name in ("DeactivateMFADevice", "UploadSigningCertificate", "UploadSSHPublicKey")),
    *(f"iam:{name}" for name in ("CreateOpenIDConnectProvider", "AddClientIDToOpenIDConnectProvider")),
    *(f"iam:{name}" for name in ("UpdateOpenIDConnectProviderThumbprint", "CreateSAMLProvider", "UpdateSAMLProvider")),
    *("sts:AssumeRole", "sts:AssumeRoot"),
)
"""What gives access, or takes on somebody else's."""
_UNSPELLED = "\ue000" * 20
"""A name that no ARN spells: only wildcards match it."""
_KINDS = ("role", "user", "group", "policy", "instance-profile", "oidc-provider", "saml-provider")
_PATTERNS = tuple(parse(action.lower(), variables=False) for action in _ESCALATING)
_IAM_OBJECTS = tuple(f"{kind}/{_UNSPELLED}" for kind in _KINDS)
_ANY_OBJECTS = (_UNSPELLED, f"{_UNSPELLED}/{_UNSPELLED}")


def too_wide(action: str, resource: str) -> str:
    """The way out where this action on this resource is too wide; else nothing."""
    if _escalates(action) and _covers(resource, "iam", _IAM_OBJECTS):
        return _ESCALATES_HELP
    service = action.partition(":")[0].lower()
    if has_wildcard(action) and _everywhere(resource) and _covers(resource, service, _ANY_OBJECTS):
        return _NAMED
    return ""


@lru_cache(maxsize=4096)
def _escalates(action: str) -> bool:
    """Few different ones, asked for again and again."""
    wanted = parse(action.lower(), variables=False)
    return any(meet(wanted, pattern) is not None for pattern in _PATTERNS)


def _everywhere(resource: str) -> bool:
    """Whether neither a region nor an account bounds the resource."""
    return resource == "*" or not "".join(resource.split(":", 5)[3:5]).strip("*?")


def _covers(resource: str, service: str, objects: tuple[str, ...]) -> bool:
    """Whether the resource takes in objects of the service that it doesn't spell."""
    if resource == "*":
        return True
    # A variable stands for one value, which nobody knows: not for all.
    _, _, found, _, _, rest = VARIABLE.sub("v", resource).split(":", 5)
    pattern = parse(rest, variables=False)
    return found == service and any(meet(pattern, tuple(text)) is not None for text in objects)
