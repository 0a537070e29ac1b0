"""Forms of AWS access that a guardrail can forbid altogether."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from providers.aws.access import AwsAccess
from providers.aws.patterns import VARIABLE, has_wildcard
from reconciler.provider import Wide

WIDTHS: Mapping[str, str] = {
    "wildcard-action": "actions with wildcards",
    "wildcard-resource": "resources with wildcards",
    "every-resource": "the resource *, and ARNs of all of a service",
    "policy-variable": "resources that hang on a policy variable",
}


def wide(access: AwsAccess) -> Iterator[Wide]:
    """Each action and resource that has one of the forms."""
    for index, statement in enumerate(access.statements):
        for at, action in enumerate(statement.actions):
            if has_wildcard(action):
                yield Wide("wildcard-action", ("statements", index, "actions", at), action)
        for at, resource in enumerate(statement.resources):
            path = ("statements", index, "resources", at)
            yield from (Wide(width, path, resource) for width in _of(resource))


def _of(resource: str) -> Iterator[str]:
    if _takes_in_all(resource):
        yield "every-resource"
    if has_wildcard(VARIABLE.sub("", resource)):
        yield "wildcard-resource"
    if VARIABLE.search(resource):
        yield "policy-variable"


def _takes_in_all(resource: str) -> bool:
    """Whether it is ``*``, or an ARN that names nothing after its fifth colon (``arn:aws:s3:::*``)."""
    named = resource.split(":", 5)[-1]
    return "*" in named and not named.strip("*?/:")
