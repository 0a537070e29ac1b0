"""Access by which an agent would change what gives agents access: Writ's own roles, their boundary, their issuers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache

from providers.aws.access import AwsAccess, Statement
from providers.aws.glob import meet, parse
from providers.aws.issuers import IssuerPlace
from providers.aws.settings import AwsSettings
from specs.diagnostic import Diagnostic, error
from specs.source import Located

_ROLES, _BOUNDARY, _ISSUERS = "role", "policy", "oidc-provider"
_TAGS = ("Tag", "Untag")
_CHANGES: Mapping[str, tuple[str, ...]] = {
    _ROLES: (
        *("CreateRole", "DeleteRole", "UpdateRole", "UpdateRoleDescription", "UpdateAssumeRolePolicy"),
        *(f"{verb}RolePolicy" for verb in ("Put", "Delete", "Attach", "Detach")),
        *(f"{verb}RolePermissionsBoundary" for verb in ("Put", "Delete")),
        *("AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile"),
        *(f"{verb}Role" for verb in _TAGS),
    ),
    _BOUNDARY: (
        *("CreatePolicyVersion", "DeletePolicyVersion", "SetDefaultPolicyVersion", "CreatePolicy", "DeletePolicy"),
        *(f"{verb}Policy" for verb in _TAGS),
    ),
    _ISSUERS: (
        *(f"{verb}OpenIDConnectProvider" for verb in ("Create", "Delete", *_TAGS)),
        *("AddClientIDToOpenIDConnectProvider", "RemoveClientIDFromOpenIDConnectProvider"),
        "UpdateOpenIDConnectProviderThumbprint",
    ),
}
"""Actions that write an object of a kind (Service Authorization Reference: actions of AWS IAM)."""
_PATTERNS = {
    kind: tuple(parse(f"iam:{name}".lower(), variables=False) for name in names) for kind, names in _CHANGES.items()
}
_HELP = "an agent that can change these gives itself any access: name what is needed, outside of Writ's scope"


def changes_own(
    settings: Sequence[AwsSettings], places: Collection[IssuerPlace], access: Sequence[Located[AwsAccess]], intent: str
) -> Iterator[Diagnostic]:
    """One error for each action on a resource that may be Writ's own, in any scope of this account."""
    for block in access:
        for number, statement in enumerate(block.value.statements):
            for position, action in enumerate(statement.actions):
                kinds = _written(action)
                found = _reached(kinds, _own(settings, places), statement) if kinds else None
                if found is not None:
                    yield error(
                        "W439",
                        f"{action} on {found[0]} may change {found[1]}, by which agents get their access",
                        subject=f"intents.{intent}.spec.access[{block.path[-1]}].statements[{number}].actions[{position}]",
                        help=_HELP,
                        span=block.span("statements", number, "actions", position),
                    )


@lru_cache(maxsize=4096)
def _written(action: str) -> tuple[str, ...]:
    """The kinds of objects that an action may write."""
    if action.partition(":")[0].lower() != "iam":
        return ()
    wanted = parse(action.lower(), variables=False)
    return tuple(kind for kind, patterns in _PATTERNS.items() if any(meet(wanted, one) is not None for one in patterns))


def _own(settings: Sequence[AwsSettings], places: Collection[IssuerPlace]) -> dict[str, dict[str, None]]:
    """Patterns of the ARNs of what is ours, by kind."""
    roles = (f"arn:{one.partition}:iam::{one.account}:role{one.role_path}*" for one in settings)
    boundaries = (one.permissions_boundary for one in settings if one.permissions_boundary)
    arns = (place.arn for place in places)
    return {_ROLES: dict.fromkeys(roles), _BOUNDARY: dict.fromkeys(boundaries), _ISSUERS: dict.fromkeys(arns)}


def _reached(
    kinds: Collection[str], own: Mapping[str, Collection[str]], statement: Statement
) -> tuple[str, str] | None:
    for resource in statement.resources:
        wanted = parse(resource, variables=True)
        for kind in kinds:
            for arn in own[kind]:
                if meet(wanted, parse(arn, variables=False)) is not None:
                    return resource, arn
    return None
