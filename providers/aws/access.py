"""What an intent asks of AWS, and what a guardrail forbids there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from providers.aws.conditions import Conditions
from providers.aws.glob import meet, parse
from providers.aws.patterns import Action, ActionPattern, Resource, ResourcePattern
from providers.aws.refusal import KEY, refuse
from providers.aws.width import too_wide
from specs.base import SpecModel, spec_error

T = TypeVar("T")
_UNSUPPORTED = {
    "notaction": "name the actions that are needed under actions",
    "notactions": "name the actions that are needed under actions",
    "notresource": "name the resources that are needed under resources",
    "notresources": "name the resources that are needed under resources",
    "principal": "the role's trust is made from the agent's identity",
    "notprincipal": "the role's trust is made from the agent's identity",
    "effect": "every statement allows; what must never be allowed belongs in a Guardrail",
    "action": "write actions, a list",
    "resource": "write resources, a list",
    "condition": "write conditions: {Operator: {key: value}}",
}


def check_sid(text: str) -> str:
    """A statement's id: ASCII letters and digits."""
    if not re.fullmatch(r"[A-Za-z0-9]*", text):
        raise spec_error("W435", f"sid {text!r} must be A-Z a-z 0-9", "leave it out, or use letters and digits")
    return text


def check_some(items: tuple[T, ...]) -> tuple[T, ...]:
    """At least one item."""
    if not items:
        raise spec_error("W435", "the list must not be empty", "leave the whole block out, or say what is needed")
    return items


class Statement(SpecModel):
    """One Allow statement of an identity policy."""

    actions: Annotated[tuple[Action, ...], AfterValidator(check_some)]
    """``service:Action``; wildcards in the action only."""
    resources: Annotated[tuple[Resource, ...], AfterValidator(check_some)]
    """ARNs; ``*`` only for exact actions, since many actions know no resource."""
    conditions: Conditions = Field(default_factory=dict)
    """Operator, then key, then one value or a list of which one must match."""
    sid: Annotated[str, AfterValidator(check_sid)] = ""

    @model_validator(mode="before")
    @classmethod
    def _explain_unsupported(cls, raw: Any) -> Any:
        for name in raw if isinstance(raw, Mapping) else ():
            hint = _UNSUPPORTED.get(str(name).lower().replace("_", ""))
            if hint:
                raise refuse((str(name), KEY), "W435", f"{name} is not supported in a statement", hint)
        return raw

    @model_validator(mode="after")
    def _refuse_everything_everywhere(self) -> Self:
        for index, action in enumerate(self.actions):
            for resource in self.resources:
                hint = too_wide(action, resource)
                if hint:
                    raise refuse(("actions", index), "W432", f"{action} on resource {resource} is too wide", hint)
        return self


class AwsAccess(SpecModel):
    """The least privilege of one intent on one account."""

    statements: Annotated[tuple[Statement, ...], AfterValidator(check_some)]


class AwsNever(SpecModel):
    """Requests that no agent may ever be allowed."""

    actions: Annotated[tuple[ActionPattern, ...], AfterValidator(check_some)]
    """Patterns with ``*`` and ``?``, compared without regard to case."""
    resources: Annotated[tuple[ResourcePattern, ...], AfterValidator(check_some)] = ("*",)
    """Patterns with ``*`` and ``?``."""


def overlap(access: AwsAccess, never: AwsNever) -> str | None:
    """A request that both describe, as ``action on resource``. Conditions count as met."""
    for statement in access.statements:
        action = _first(statement.actions, never.actions, ignore_case=True)
        if action is None:
            continue
        resource = _first(statement.resources, never.resources, ignore_case=False)
        if resource is not None:
            return f"{action} on {resource or '*'}"
    return None


def _first(allowed: tuple[str, ...], forbidden: tuple[str, ...], *, ignore_case: bool) -> str | None:
    for left in allowed:
        for right in forbidden:
            variables = not ignore_case
            found = meet(parse(left, variables=variables), parse(right, variables=variables), ignore_case=ignore_case)
            if found is not None:
                return found
    return None
