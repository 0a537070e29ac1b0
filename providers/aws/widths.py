"""Forms of AWS access that a guardrail can forbid altogether."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from providers.aws.access import AwsAccess
from providers.aws.patterns import VARIABLE, has_wildcard
from reconciler.provider import Wide

WIDTHS: Mapping[str, str] = {
    "wildcard-action": "actions with wildcards",
    "wildcard-resource": "resources with wildcards",
    "every-resource": "the resource *",
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
    if resource == "*":
        yield "every-resource"
    if has_wildcard(VARIABLE.sub("", resource)):
        yield "wildcard-resource"
    if VARIABLE.search(resource):
        yield "policy-variable"
